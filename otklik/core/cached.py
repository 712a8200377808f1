"""Small directories kept in the memory of a process for a moment, so that each page does not read them again.

A change made in this process is seen at once (``forget``), one made elsewhere within the given seconds.
"""

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

_lock = threading.Lock()
_kept: dict[str, dict[Callable[..., Any], tuple[float, Any]]] = {}


def kept_for[T](seconds: float, group: str) -> Callable[[Callable[[], T]], Callable[[], T]]:
    """Keep what a function without arguments returns for so many seconds; ``group`` names what to forget together."""

    def decorate(read: Callable[[], T]) -> Callable[[], T]:
        @wraps(read)
        def reader() -> T:
            entry = _kept.get(group, {}).get(read)
            if entry is not None and time.monotonic() < entry[0]:
                value: T = entry[1]
                return value
            value = read()
            if not value:  # an empty directory is about to be filled: look again next time
                return value
            with _lock:
                _kept.setdefault(group, {})[read] = (time.monotonic() + seconds, value)
            return value

        return reader

    return decorate


def forget(group: str | None = None) -> None:
    """Drop what is kept of a group, or everything; call it after the commit that changed a directory."""
    with _lock:
        if group is None:
            _kept.clear()
        else:
            _kept.pop(group, None)
