"""A fair queue of writers for one SQLite file, over threads and processes: two file locks beside the database.

SQLite itself lets waiting writers poll, so that a busy one overtakes them for seconds. Here a writer takes the door
(lock A), then the room (lock B), and opens the door again; when he has left the room, the one in the door enters,
and the leaver has to queue at the door like everybody else. The kernel lets go of both when a process dies.
"""

import contextlib
import fcntl
import os
import sqlite3
import threading
import time
import weakref
from typing import ClassVar

WAIT = 20.0
"""Seconds in the door before a writer gives up with “database is locked”."""

_live: "weakref.WeakSet[Turnstile]" = weakref.WeakSet()


class Turnstile:
    """One connection's place in the queue. Not shared between threads, as its connection is not either."""

    def __init__(self, database: str) -> None:
        self._paths = (f"{database}-door", f"{database}-room")
        self._files: tuple[int, int] | None = None
        self.held = False
        _live.add(self)

    def take(self) -> None:
        """Wait for our turn and go in.

        Raises the driver's ``OperationalError`` after ``WAIT`` seconds in the door, and when the files of the queue
        cannot be made (a full or read-only disk).
        """
        if self.held:
            return
        try:
            door, room = self._open()
        except OSError as error:
            raise sqlite3.OperationalError(f"the queue of writers cannot be opened: {error.strerror}") from error
        fcntl.flock(door, fcntl.LOCK_EX)
        try:
            self._enter(room)
        finally:
            fcntl.flock(door, fcntl.LOCK_UN)
        self.held = True

    def _enter(self, room: int) -> None:
        """Take the room. Only the one in the door ever waits here, so asking again and again harms nobody's turn."""
        deadline = 0.0
        pause = 0.00002
        while True:
            try:
                fcntl.flock(room, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                pass
            moment = time.monotonic()
            if not deadline:
                deadline = moment + WAIT
            elif moment > deadline:
                raise sqlite3.OperationalError("database is locked")
            time.sleep(pause)
            pause = min(pause * 1.3, 0.001)

    def leave(self) -> None:
        """Leave the room; does nothing when we are not in it."""
        if self.held:
            self.held = False
            if self._files is not None:
                fcntl.flock(self._files[1], fcntl.LOCK_UN)

    def close(self) -> None:
        """Leave and let go of the files."""
        self.held = False
        files, self._files = self._files, None
        for file in files or ():
            with contextlib.suppress(OSError):
                os.close(file)

    def _open(self) -> tuple[int, int]:
        if self._files is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            door = os.open(self._paths[0], flags, 0o600)
            try:
                self._files = (door, os.open(self._paths[1], flags, 0o600))
            except OSError:
                os.close(door)
                raise
        return self._files

    def __del__(self) -> None:
        """Let go of the files of a forgotten connection."""
        self.close()


class MemoryTurnstile:
    """The queue of a database that lives in the memory of this process: one lock, shared by its name."""

    _locks: ClassVar[dict[str, threading.Lock]] = {}

    def __init__(self, database: str) -> None:
        self._lock = self._locks.setdefault(database, threading.Lock())
        self.held = False

    def take(self) -> None:
        """Wait for our turn. Raises the driver's ``OperationalError`` after ``WAIT`` seconds."""
        if self.held:
            return
        if not self._lock.acquire(timeout=WAIT):
            raise sqlite3.OperationalError("database is locked")
        self.held = True

    def leave(self) -> None:
        """Let the next one in; does nothing when it is not our turn."""
        if self.held:
            self.held = False
            self._lock.release()

    close = leave


def _drop_in_child() -> None:
    """A forked child shares the parent's locks: it lets go of its copies, or a lock would outlive a killed parent."""
    for turnstile in list(_live):
        turnstile.close()


os.register_at_fork(after_in_child=_drop_in_child)
