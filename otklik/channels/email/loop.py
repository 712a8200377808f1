"""The intake loop of the engine: claims and reads in one thread, judges and writes in another, side by side.

Ids come in memory from the store of this process, so that nothing waits for a look at the table; the table is looked at
too, at least every second, for what other processes stored and for what a crash left.
"""

import logging
import queue
import threading
import time
from collections.abc import Sequence

from django.db import InterfaceError, OperationalError, close_old_connections, connection, connections

from otklik.channels.email.ahead import Reader
from otklik.channels.email.backlog import Backlog, Fresh, backlog
from otklik.channels.email.intake import GROUP, LEASE, ReadMail, read, settle, take, wait_for_database
from otklik.channels.email.models import Inbound, InboundState
from otklik.core.claims import worker_name
from otklik.core.clock import now
from otklik.core.engine import beat, wait_for_wake

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
WINDOW = 0.02
STREAM_SECONDS = 0.04
AHEAD = 1


class IntakeLoop:
    """One intake of one process. ``run`` returns when ``stop`` is set and what was claimed is written."""

    def __init__(self, reader: Reader, *, shared: Backlog = backlog) -> None:
        self._reader = reader
        self._backlog = shared
        self._worker = f"{worker_name()}:intake"
        self._ready: queue.Queue[list[ReadMail] | None] = queue.Queue(AHEAD)
        self._looked = float("-inf")
        self._streamed = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Take mail in until ``stop``."""
        release_leftovers(self._worker)
        self._backlog.attach(self._worker)
        writer = threading.Thread(target=self._write_all, name="otklik-intake-write", daemon=True)
        writer.start()
        try:
            while not stop.is_set():
                beat()
                rows, held = self._next()
                if rows:
                    self._put(read(rows, self._reader, held), writer)
                elif not self._backlog.offered and wait_for_wake("mail", LOOK_SECONDS) and not self._backlog.offered:
                    self._looked = float("-inf")  # another process has stored something: look at once
        finally:
            self._put(None, writer)
            writer.join(30)
            self._give_back()

    def _put(self, readings: list[ReadMail] | None, writer: threading.Thread) -> None:
        while writer.is_alive():
            try:
                self._ready.put(readings, timeout=1.0)
            except queue.Full:
                beat()
            else:
                return
        if readings is not None:
            raise RuntimeError("The writing half of intake has ended.")

    def _next(self) -> tuple[list[Inbound], dict[int, Fresh]]:
        """Return the next group with what is still in memory of it; empty when there is nothing to do now."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            self._fill_up()
            fresh = self._backlog.take(GROUP)
            if len(fresh) > 1:
                self._streamed = time.monotonic()
            return [mail.row for mail in fresh], {mail.row.pk: mail for mail in fresh}
        rows = take(self._worker)
        if len(rows) < GROUP:
            self._looked = time.monotonic()
        return rows, {}

    def _fill_up(self) -> None:
        """When mail streams in, let the group grow: up to 25 mails or 20 milliseconds. A lone mail does not wait.

        A group costs nearly the same whatever its size, and what it saves is there for receiving. Mails that come one
        after the other, each when the last was taken already, are no stream: waiting would only make them late.
        """
        began = time.monotonic()
        streaming = began - self._streamed < STREAM_SECONDS or self._backlog.offered > 1 or not self._ready.empty()
        while streaming and 0 < self._backlog.offered < GROUP and time.monotonic() - began < WINDOW:
            time.sleep(0.002)

    def _give_back(self) -> None:
        """When intake ends, make what was handed over and not begun due for the next one."""
        self._backlog.attach("")
        left = [mail.row.pk for mail in self._backlog.drain()]
        if left:
            Inbound.objects.filter(pk__in=left, worker=self._worker).update(run_at=now(), worker="")

    def _write_all(self) -> None:
        try:
            while (readings := self._ready.get()) is not None:
                self._write(readings)
        finally:
            connections.close_all()

    def _write(self, readings: list[ReadMail]) -> None:
        """Settle a group; while the database is away it is tried again until the lease nears its end, then put off."""
        until = time.monotonic() + LEASE.total_seconds() * 0.8
        ids = [mail.row.pk for mail in readings]
        while True:
            try:
                settle(readings)
                break
            except (OperationalError, InterfaceError) as error:
                log.warning("intake waits for the database: %s", type(error).__name__)
                close_old_connections()
                if time.monotonic() > until:
                    _put_off(_still_waiting(readings))
                    break
                time.sleep(0.5)
                readings = _still_waiting(readings)
            except Exception:
                log.exception("a group of mails could not be settled; its lease brings it back")
                break
        self._backlog.finish(ids)


def _put_off(readings: list[ReadMail]) -> None:
    try:
        wait_for_database(readings)
    except (OperationalError, InterfaceError) as error:
        log.warning("mails come back with their leases: %s", type(error).__name__)


def _still_waiting(readings: list[ReadMail]) -> list[ReadMail]:
    """Leave out what was settled or put off before the database went away."""
    ours = [mail for mail in readings if mail.row.worker]
    try:
        waiting = set(
            Inbound.objects.filter(pk__in=[mail.row.pk for mail in ours], state=InboundState.WAITING).values_list(
                "pk", flat=True
            )
        )
    except (OperationalError, InterfaceError):
        return ours
    return [mail for mail in ours if mail.row.pk in waiting]


def release_leftovers(worker: str) -> None:
    """Make due at once what an intake of this name held when the database went away from under it.

    On SQLite, which has one engine, also what a dead engine had claimed.
    """
    held = Inbound.objects.filter(state=InboundState.WAITING).exclude(worker="")
    if connection.vendor != "sqlite":
        held = held.filter(worker=worker)
    held.update(run_at=now(), worker="")


def settle_now(ids: Sequence[int] | None, reader: Reader) -> int:
    """Take in due mails (or those of ``ids``) in this thread until none is due; return how many."""
    worker, count = f"{worker_name()}:now", 0
    while rows := take(worker, ids):
        settle(read(rows, reader))
        count += len(rows)
    return count
