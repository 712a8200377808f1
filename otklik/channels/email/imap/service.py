"""The IMAP service of the engine: one thread for each connected mailbox, one process at a time for each of them."""

import logging
import threading
import time
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from otklik.channels.actions import report_failure, report_ok
from otklik.channels.email import mailbox
from otklik.channels.email.imap.client import ImapFolder
from otklik.channels.email.imap.errors import ImapError
from otklik.channels.email.imap.fetch import Fetcher
from otklik.channels.email.mailbox import KEEP, MailboxConfig
from otklik.channels.email.store import StoreUnavailable
from otklik.channels.queries import connected
from otklik.core.claims import back_off
from otklik.core.engine import beat, wait_for_wake
from otklik.core.leases import Hold, hold
from otklik.core.secrets import SecretUnreadable

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
LEASE_SECONDS = 120
IDLE_SECONDS = 300.0
POLL_SECONDS = 120.0
OK_EVERY = 60.0


@dataclass(slots=True)
class _Running:
    version: int
    stop: threading.Event
    thread: threading.Thread


def run(stop: threading.Event) -> None:
    """Keep one watcher for each connected mailbox until ``stop``; changed settings restart theirs."""
    running: dict[int, _Running] = {}
    try:
        while not stop.is_set():
            beat()
            _match(running)
            wait_for_wake("imap", LOOK_SECONDS)
    finally:
        for entry in running.values():
            entry.stop.set()
        for entry in running.values():
            entry.thread.join(5)


def _match(running: dict[int, _Running]) -> None:
    """Start and stop watchers as the connections say."""
    wanted = {}
    for connection in connected("email"):
        try:
            settings = mailbox.read(connection)
        except (SecretUnreadable, ValueError, TypeError):
            report_failure(connection.pk, "unreadable")
            continue
        if settings.imap is not None:
            wanted[connection.pk] = (connection, settings)
    for pk, entry in list(running.items()):
        if pk not in wanted or wanted[pk][0].version != entry.version or not entry.thread.is_alive():
            entry.stop.set()
            del running[pk]
    for pk, (connection, settings) in wanted.items():
        if pk not in running:
            stop = threading.Event()
            watcher = Watcher(pk, connection.channel_id, settings, stop)
            thread = threading.Thread(target=watcher.run, name=f"otklik-imap-{connection.channel_id}", daemon=True)
            running[pk] = _Running(connection.version, stop, thread)
            thread.start()


class Watcher:
    """Watches one mailbox: takes its lease, fetches, waits for news, and tells how the connection feels."""

    def __init__(
        self, connection_id: int, channel_id: int, settings: MailboxConfig, stop: threading.Event,
        *, poll_seconds: float = POLL_SECONDS,
    ) -> None:  # fmt: skip
        self._connection_id = connection_id
        self._channel_id = channel_id
        self._settings = settings
        self._stop = stop
        self._poll_seconds = poll_seconds
        self._told_ok = float("-inf")
        self._renewed = 0.0

    def run(self) -> None:
        """Watch until stopped; any trouble is told and waited out with growing pauses."""
        failures = 0
        try:
            while not self._stop.is_set():
                try:
                    close_old_connections()
                    self._hold_and_watch()
                    failures = 0
                except ImapError as error:
                    failures += 1
                    self._failed(error.code, error.detail)
                except StoreUnavailable:
                    failures += 1
                    log.error("mail of channel %d waits on its server: the store cannot take it", self._channel_id)
                except (DatabaseError, InterfaceError) as error:
                    failures += 1
                    log.warning("channel %d waits for the database: %s", self._channel_id, type(error).__name__)
                except Exception:
                    failures += 1
                    log.exception("fetching of channel %d failed", self._channel_id)
                if failures:
                    self._stop.wait(back_off(failures, base=5.0, cap=300.0).total_seconds())
        finally:
            connections.close_all()

    def _failed(self, code: str, detail: str) -> None:
        log.warning("channel %d: IMAP %s", self._channel_id, code)
        self._told_ok = float("-inf")
        try:
            report_failure(self._connection_id, code, detail)
        except (DatabaseError, InterfaceError):
            log.warning("the health of channel %d could not be written", self._channel_id)

    def _hold_and_watch(self) -> None:
        with hold(f"imap:{self._channel_id}", LEASE_SECONDS) as lease:
            if not lease:
                self._stop.wait(10)
                return
            assert self._settings.imap is not None
            self._renewed = time.monotonic()
            writable = self._settings.after_import != KEEP
            with ImapFolder(self._settings.imap, self._settings.folder, writable=writable) as folder:
                self._watch(folder, lease)

    def _watch(self, folder: ImapFolder, lease: Hold) -> None:
        fetcher = Fetcher(self._channel_id, self._settings, folder)
        while self._goes_on(lease):
            fetcher.round(lambda: self._goes_on(lease))
            self._tell_ok()
            if folder.can_idle:
                # news come by themselves; the limit is for those that get lost on the way
                folder.idle(min(self._poll_seconds, IDLE_SECONDS), lambda: not self._goes_on(lease))
            else:
                self._pause(lease)

    def _pause(self, lease: Hold) -> None:
        """Wait for the next look at a server that announces nothing, and stay the one who looks."""
        until = time.monotonic() + self._poll_seconds
        while self._goes_on(lease) and (left := until - time.monotonic()) > 0:
            self._stop.wait(min(left, LEASE_SECONDS / 8))

    def _goes_on(self, lease: Hold) -> bool:
        if self._stop.is_set():
            return False
        if time.monotonic() - self._renewed > LEASE_SECONDS / 4:
            if not lease.renew():
                return False
            self._renewed = time.monotonic()
        return True

    def _tell_ok(self) -> None:
        if time.monotonic() - self._told_ok > OK_EVERY:
            report_ok(self._connection_id)
            self._told_ok = time.monotonic()
