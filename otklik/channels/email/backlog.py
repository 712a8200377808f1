"""How much stored mail still waits for its turn, known in memory where receiver and intake share a process.

The receiver holds back its ``250`` while more than ``LIMIT`` mails wait: senders slow down instead of filling the disk.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

LIMIT = 200


class Backlog:
    """Hands ids from the store to intake and counts what is not finished; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: deque[int] = deque()
        self._unfinished: set[int] = set()
        self._listeners: list[Callable[[], None]] = []
        self.attached = False  # whether intake runs in this process

    def add(self, ids: Sequence[int]) -> None:
        """Offer ids that were just committed; nothing happens when no intake runs in this process."""
        if not self.attached or not ids:
            return
        with self._lock:
            self._ids.extend(ids)
            self._unfinished.update(ids)

    def take(self, limit: int) -> list[int]:
        """Return up to ``limit`` offered ids, oldest first; never waits."""
        with self._lock:
            return [self._ids.popleft() for _ in range(min(limit, len(self._ids)))]

    def attach(self, attached: bool) -> None:
        """Say that intake runs in this process, or no longer does; what was offered is forgotten then."""
        with self._lock:
            self.attached = attached
            self._ids.clear()
            self._unfinished.clear()

    def finish(self, ids: Sequence[int]) -> None:
        """Count ids as done (or put off); tells the listeners."""
        with self._lock:
            self._unfinished.difference_update(ids)
        for listener in self._listeners:
            listener()

    @property
    def waiting(self) -> int:
        """How many offered mails are not finished."""
        return len(self._unfinished)

    @property
    def offered(self) -> bool:
        """Whether ids lie ready."""
        return bool(self._ids)

    def on_progress(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` (from the intake thread) whenever mails were finished."""
        self._listeners.append(listener)

    def forget(self, listener: Callable[[], None]) -> None:
        """Stop calling a listener."""
        if listener in self._listeners:
            self._listeners.remove(listener)


class DatabaseGauge:
    """Counts waiting mails in the database, at most every quarter of a second; for receivers without intake beside."""

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
