"""The listening thread of a process: datagrams of neighbours, NOTIFY on PostgreSQL, ``data_version`` on SQLite."""

import logging
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from otklik.core.engine.sockets import WakeSocket

logger = logging.getLogger(__name__)

_LOOK = 0.5
"""Seconds between looks at the database's own counter of changes: the net under the datagrams."""


class Watcher:
    """Rings the bell of this process for whatever comes from outside."""

    def __init__(self, ear: WakeSocket, ring: Callable[[str], None]) -> None:
        self._ear = ear
        self._ring = ring
        self._stopping = threading.Event()
        self._to_notify: set[str] = set()
        self._lock = threading.Lock()
        self._pipe = os.pipe()
        os.set_blocking(self._pipe[1], False)
        self._thread = threading.Thread(target=self._run, name="otklik-wake", daemon=True)
        self._pid = os.getpid()

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def alive(self) -> bool:
        """Tell whether the thread runs in this process (a forked child has none)."""
        return self._pid == os.getpid() and self._thread.is_alive()

    def stop(self) -> None:
        """End the thread and remove the socket."""
        self._stopping.set()
        self._poke()
        self._thread.join(5)
        self._ear.close()
        for end in self._pipe:
            os.close(end)

    def notify(self, name: str) -> None:
        """Have ``name`` sent to other machines by this thread's own connection; the caller pays nothing."""
        with self._lock:
            self._to_notify.add(name)
        self._poke()

    def _poke(self) -> None:
        try:
            os.write(self._pipe[1], b"x")
        except BlockingIOError:
            pass  # it is awake already

    def _run(self) -> None:
        pause = 0.5
        while not self._stopping.is_set():
            counter: _Outside | None = None
            try:
                counter = _outside()
                self._listen(counter)
            except Exception:
                logger.warning("Listening for wakes failed; trying again.", exc_info=True)
                self._stopping.wait(pause)
                pause = min(pause * 2, 30)
            finally:
                if counter is not None:
                    counter.close()

    def _listen(self, outside: "_Outside") -> None:
        look_at = time.monotonic() + _LOOK
        poll = select.poll()  # not select: descriptors past 1,023 are common in a process with many connections
        for source in (self._ear.fileno(), self._pipe[0], *outside.descriptors()):
            poll.register(source, select.POLLIN)
        while not self._stopping.is_set():
            left = max(0.0, look_at - time.monotonic())
            ready = {descriptor for descriptor, _event in poll.poll(left * 1000)}
            if self._ear.fileno() in ready:
                for name in self._ear.receive():
                    self._ring(name)
            if self._pipe[0] in ready:
                os.read(self._pipe[0], 4096)
                with self._lock:
                    names, self._to_notify = self._to_notify, set()
                outside.send(names)
            if not ready.isdisjoint(outside.descriptors()) or time.monotonic() >= look_at:
                for name in outside.look():
                    self._ring(name)
                look_at = time.monotonic() + _LOOK


class _Outside:
    """What a database tells by itself; the base tells nothing (a database in memory has no outside)."""

    def descriptors(self) -> list[int]:
        return []

    def look(self) -> list[str]:
        return []

    def send(self, names: set[str]) -> None:
        return None

    def close(self) -> None:
        return None


class _SqliteCounter(_Outside):
    """``PRAGMA data_version`` changes with every commit of another connection: 3 µs to ask."""

    def __init__(self, path: str) -> None:
        import sqlite3

        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._version = self._read()

    def _read(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def look(self) -> list[str]:
        before, self._version = self._version, self._read()
        return ["*"] if self._version != before else []

    def close(self) -> None:
        self._connection.close()


class _PostgresChannel(_Outside):
    """LISTEN and NOTIFY over a connection of its own."""

    def __init__(self) -> None:
        wrapper = connections.create_connection(DEFAULT_DB_ALIAS)
        wrapper.ensure_connection()
        self._wrapper = wrapper
        self._connection: Any = wrapper.connection
        self._connection.autocommit = True
        self._connection.execute("LISTEN otklik")

    def descriptors(self) -> list[int]:
        return [self._connection.fileno()]

    def look(self) -> list[str]:
        return list({note.payload: None for note in self._connection.notifies(timeout=0)})

    def send(self, names: set[str]) -> None:
        for name in sorted(names):
            self._connection.execute("SELECT pg_notify('otklik', %s)", [name])

    def close(self) -> None:
        self._wrapper.close()


def _outside() -> _Outside:
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "postgresql":
        return _PostgresChannel()
    if database.vendor == "sqlite" and not database.is_in_memory_db():  # type: ignore[attr-defined]
        return _SqliteCounter(str(database.settings_dict["NAME"]))
    return _Outside()
