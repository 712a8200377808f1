"""How much stored mail still waits for its turn, known in memory where receiver and intake share a process.

The receiver holds back its ``250`` while more mails wait than a gauge's ``limit``: senders slow down instead of filling
the disk, and whoever writes beside a flood waits for the flood's share in hand, not for all of it.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otklik.channels.email.ahead import Awaited
    from otklik.channels.email.models import Inbound

LIMIT = 75
"""Where intake is beside the receiver: a group being written, one that was read and one being read. More would not make
intake faster, and every mail that was taken would wait for it; the open sessions keep the next group ready."""
LIMIT_APART = 200
"""Where intake is in other processes: there may be several, and what they have done is known a moment later."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A mail that was just committed, claimed already for the intake of this process; ``raw`` unless it is large.

    ``read`` is what was understood of it meanwhile, or soon will be, when somebody began to read it.
    """

    row: "Inbound"
    raw: bytes | None
    read: "Awaited | None" = None


class Backlog:
    """Hands mails from the store to intake and counts what is not finished; safe between threads."""

    limit = LIMIT

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fresh: deque[Fresh] = deque()
        self._unfinished: set[int] = set()
        self._listeners: list[Callable[[], None]] = []
        self.worker = ""  # the intake of this process, to which mails are born claimed; empty when there is none

    def add(self, mails: Iterable[Fresh]) -> None:
        """Offer mails that were just committed and are claimed for the intake of this process."""
        with self._lock:
            for mail in mails:
                self._fresh.append(mail)
                self._unfinished.add(mail.row.pk)

    def take(self, limit: int) -> list[Fresh]:
        """Return up to ``limit`` offered mails, oldest first; never waits."""
        with self._lock:
            return [self._fresh.popleft() for _ in range(min(limit, len(self._fresh)))]

    def attach(self, worker: str) -> None:
        """Say that an intake runs in this process under this name, or (empty) no longer does."""
        with self._lock:
            self.worker = worker
            self._unfinished.clear()
            if worker:
                self._fresh.clear()

    def drain(self) -> list[Fresh]:
        """Return everything offered and not taken, when intake ends."""
        return self.take(len(self._fresh))

    def finish(self, ids: Iterable[int]) -> None:
        """Count mails as done (or put off); tells the listeners."""
        with self._lock:
            self._unfinished.difference_update(ids)
        for listener in list(self._listeners):
            listener()

    @property
    def waiting(self) -> int:
        """How many offered mails are not finished."""
        return len(self._unfinished)

    @property
    def offered(self) -> int:
        """How many mails lie ready."""
        return len(self._fresh)

    def on_progress(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` (from the intake thread) whenever mails were finished."""
        self._listeners.append(listener)

    def forget(self, listener: Callable[[], None]) -> None:
        """Stop calling a listener."""
        if listener in self._listeners:
            self._listeners.remove(listener)


class DatabaseGauge:
    """Counts waiting mails in the database, at most every quarter of a second; for receivers without intake beside."""

    limit = LIMIT_APART

    def __init__(self, count: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._count = count
        self._clock = clock
        self._at = -1.0
        self._last = 0

    @property
    def waiting(self) -> int:
        """Return the last count, refreshed when it is older than a quarter of a second."""
        if self._clock() - self._at > 0.25:
            self._last, self._at = self._count(), self._clock()
        return self._last


backlog = Backlog()
