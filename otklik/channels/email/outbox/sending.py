"""The service that sends: takes due deliveries, one at a time for each server, and writes down what came of it.

Between the commit of ``sending`` and that of the outcome stands one mail only, so a process killed at any moment leaves
at most one mail a server in doubt. Servers work side by side: one that hangs does not hold up the others.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from itertools import chain, repeat

from django.db import DatabaseError, connection, connections
from django.db.models import Q

from otklik.channels.email import header_values
from otklik.channels.email.actions import delivering
from otklik.channels.email.client import SmtpClient
from otklik.channels.email.mailbox import Server
from otklik.channels.email.models import Delivery, DeliveryState, Outgoing
from otklik.channels.email.outbox.assemble import FileMissing, bytes_of
from otklik.channels.email.outbox.enqueue import SERVICE, wake_sender
from otklik.channels.email.outbox.servers import read_servers
from otklik.channels.email.smtp_answers import Doubt, Passing, Refused
from otklik.core.blobs import BlobAway
from otklik.core.claims import worker_name
from otklik.core.clock import now
from otklik.core.engine import wait_for_wake

log = logging.getLogger(__name__)
SERVERS_AT_ONCE = 4
LONGEST_REST = 30.0
_AWAY_REST = 1.0
_WRITE_AGAIN = (0.2, 1.0, 3.0)
_OF_THE_LEASE = 0.5


class Drain:
    """Sends what is due for one server over one connection, until nothing is due or the server is gone."""

    def __init__(
        self,
        server: Server,
        channels: list[int | None],
        *,
        stop: threading.Event | None = None,
        lease: timedelta | None = None,
    ):
        self._server = server
        self._stop = stop or threading.Event()
        self._lease = lease or delivering.LEASE
        own = Q(channel_id__in=[channel for channel in channels if channel is not None])
        self._mine = Delivery.objects.filter(own | Q(channel__isnull=True) if None in channels else own)
        self._built: tuple[int, bytes] = (0, b"")

    def run(self, limit: int | None = None) -> int:
        """Send; return how many attempts were made."""
        client, attempts = SmtpClient(self._server, local_name=_helo_name()), 0
        try:
            while not self._stop.is_set() and (limit is None or attempts < limit):
                ready = self._mine.filter(state__in=delivering.WAITING).order_by("run_at", "id")
                delivery = delivering.claim_next(ready, worker_name(), lease=self._lease)
                if delivery is None:
                    break
                attempts += 1
                if not self._attempt(client, delivery):
                    break
        finally:
            client.close()
        return attempts

    def _attempt(self, client: SmtpClient, delivery: Delivery) -> bool:
        """Send one; false when the server cannot be used now."""
        envelope = self._prepare(delivery)
        if envelope is None:
            return True
        try:
            response = client.send(*envelope)
        except Passing as error:
            code, words = error.code, error.response
            self._write(lambda: delivering.put_off(delivery, code, words))
            if error.server_down:
                self._write(lambda: delivering.put_off_others(self._mine, code, words))
            self._told(delivery, code, words)
            return not error.server_down
        except Refused as error:
            code, words = error.code, error.response
            self._write(lambda: delivering.refused(delivery, code, words))
            self._told(delivery, code, words)
        except Doubt as error:
            code, words = error.code, error.response
            self._write(lambda: delivering.doubtful(delivery, code, words))
            self._told(delivery, code, words)
        else:
            self._write(lambda: delivering.accepted(delivery, response))
            self._told(delivery, "sent", "")
        return True

    def _prepare(self, delivery: Delivery) -> tuple[str, str, bytes] | None:
        """Return sender, recipient and bytes; a mail that cannot be put together fails by itself and stops nobody."""
        try:
            outgoing = Outgoing.objects.get(pk=delivery.outgoing_id)
            sender = header_values.wire_address(outgoing.envelope_from) if outgoing.envelope_from else ""
            return sender, header_values.wire_address(delivery.recipient), self._bytes(outgoing)
        except DatabaseError:
            log.warning("delivery %s cannot be read now", delivery.pk, exc_info=True)
            _drop_broken_connection()
            self._write(lambda: delivering.put_off(delivery, "deferred", ""))
        except header_values.BadAddress:
            self._write(lambda: delivering.refused(delivery, "bad_address", ""))
        except BlobAway:
            self._write(lambda: delivering.put_off(delivery, "store_away", ""))
        except FileMissing:
            self._write(lambda: delivering.refused(delivery, "file_missing", ""))
        except Exception:
            log.exception("delivery %s cannot be put together", delivery.pk)
            self._write(lambda: delivering.refused(delivery, "broken", ""))
        return None

    def _bytes(self, outgoing: Outgoing) -> bytes:
        # five recipients of one mail follow each other: it is put together once
        if self._built[0] != outgoing.pk:
            self._built = (outgoing.pk, bytes_of(outgoing))
        return self._built[1]

    def _write(self, outcome: Callable[[], object]) -> None:
        """Write an outcome, trying again as long as the lease lasts: a database that is away for minutes must not
        make us doubt, and then repeat, what the server took.

        When it never takes it, or we must end, the row stays ``sending`` and its lease tells the truth later: not
        certain.
        """
        until = time.monotonic() + self._lease.total_seconds() * _OF_THE_LEASE
        for pause in chain(_WRITE_AGAIN, repeat(_WRITE_AGAIN[-1])):
            try:
                outcome()
                return
            except DatabaseError:
                log.warning("the outcome of a delivery could not be written yet", exc_info=True)
                _drop_broken_connection()
            if time.monotonic() > until or self._stop.wait(pause):
                break
        try:
            outcome()
        except DatabaseError:
            log.exception("the outcome of a delivery could not be written; it will be shown as not certain")

    def _told(self, delivery: Delivery, outcome: str, words: str) -> None:
        log.info("delivery %s, attempt %s: %s", delivery.pk, delivery.attempts, outcome)
        if words:
            log.debug("delivery %s: %s", delivery.pk, words)


def _drop_broken_connection() -> None:
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _helo_name() -> str:
    name = socket.getfqdn()
    return name if name.isascii() and "." in name and " " not in name else "localhost"


def due_channels() -> list[int | None]:
    """Return the channels that have something due (``None`` stands for mails of no mailbox)."""
    return list(delivering.due(now()).order_by().values_list("channel_id", flat=True).distinct()[:500])


def send_due(*, limit: int | None = None, lease: timedelta | None = None) -> int:
    """Send what is due now, one server after the other; return the number of attempts. For tests and commands."""
    delivering.overtake_expired()
    groups = read_servers().group(due_channels())
    return sum(Drain(server, channels, lease=lease).run(limit) for server, channels in groups.items())


def free_orphans() -> int:
    """End the leases of senders of this machine that are dead; return how many.

    On SQLite there is one engine, so what a dead process held needs no waiting for the end of its lease.
    """
    if connection.vendor != "sqlite":
        return 0
    host, ended = socket.gethostname()[:40], 0
    for pk, worker in Delivery.objects.filter(state=DeliveryState.SENDING).values_list("pk", "worker"):
        name, _, rest = worker.partition(":")
        pid = rest.partition(":")[0]
        if name == host and pid.isdigit() and int(pid) != os.getpid() and not _alive(int(pid)):
            ended += Delivery.objects.filter(pk=pk, worker=worker, state=DeliveryState.SENDING).update(run_at=now())
    return ended


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def run(stop: threading.Event) -> None:
    """Run the service until ``stop``: what is in the middle of being sent is finished first."""
    free_orphans()
    busy: dict[Server, Future[int]] = {}
    pool = ThreadPoolExecutor(max_workers=SERVERS_AT_ONCE, thread_name_prefix="smtp-out")
    try:
        while not stop.is_set():
            rest = _AWAY_REST
            try:
                _start_drains(pool, busy, stop)
                rest = _rest(bool(busy))
            except DatabaseError:
                log.warning("the outbox cannot be read now", exc_info=True)
                _drop_broken_connection()
            wait_for_wake(SERVICE, rest)
    finally:
        pool.shutdown(wait=True)
        connections.close_all()


def _start_drains(pool: ThreadPoolExecutor, busy: dict[Server, Future[int]], stop: threading.Event) -> None:
    for server in [server for server, work in busy.items() if work.done()]:
        if error := busy.pop(server).exception():
            log.error("sending over %s broke off", server.name, exc_info=error)
            stop.wait(1.0)  # a full disk or a database that is away must not make the loop spin
    delivering.overtake_expired()
    waiting = due_channels()
    if not waiting:
        return
    for server, channels in read_servers().group(waiting).items():
        if server not in busy and len(busy) < SERVERS_AT_ONCE:
            busy[server] = pool.submit(_drain, server, channels, stop)
            # what was queued while the drain was ending is looked for at once, not after the rest
            busy[server].add_done_callback(lambda _ended: wake_sender())


def _drain(server: Server, channels: list[int | None], stop: threading.Event) -> int:
    try:
        return Drain(server, channels, stop=stop).run()
    finally:
        connections.close_all()


def _rest(working: bool) -> float:
    """Return how many seconds to wait at most: until the next delivery is due, not long while others work."""
    if working:
        return 0.5
    following = (
        Delivery.objects.filter(run_at__isnull=False).order_by("run_at").values_list("run_at", flat=True).first()
    )
    if following is None:
        return LONGEST_REST
    # what waits without a server is due all the time and must not make the loop spin
    return min(LONGEST_REST, max(1.0, (following - now()).total_seconds()))
