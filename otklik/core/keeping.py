"""What a process made and may need again, found by everything it was made of.

Such a key needs no invalidation: whatever changes asks for another value, and the old one goes when room is needed.
What is kept must therefore be a function of its key alone; whoever keeps something says why it is.
"""

import secrets
import threading
from collections.abc import Hashable
from typing import Final

from django.utils.safestring import SafeString

_LARGEST: Final = 0.02
"""The part of the room that one value may take: a huge mail shall not push out what everybody reads."""


class Keep[V]:
    """Values by key, with room for ``most`` characters of keys and values; those that came first go first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._values: dict[Hashable, tuple[int, V]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> V | None:
        """Return what is kept under a key."""
        found = self._values.get(key)
        return None if found is None else found[1]

    def put(self, key: Hashable, value: V, size: int) -> None:
        """Keep a value of so many characters, key included, unless it is too large to be worth it."""
        if size > self._most * _LARGEST:
            return
        with self._lock:
            self._held += size - self._values.get(key, (0, None))[0]
            self._values[key] = (size, value)
            while self._held > self._most:
                first = next(iter(self._values))
                self._held -= self._values.pop(first)[0]

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._values.clear()
            self._held = 0


def late_mark() -> SafeString:
    """Return a mark for what differs on every page and is put into kept HTML at last.

    Text that somebody wrote is never taken for it: it is escaped, and nobody can guess the mark.
    """
    return SafeString(f"<!--{secrets.token_hex(16)}-->")
