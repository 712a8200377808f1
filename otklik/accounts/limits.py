"""How many requests a token may send: a bucket for each, in the memory of each web process, and never a write.

What a token does not use is saved up, for ten minutes at most, so that a nightly import may run at full speed for a
while; a program that runs wild is slowed down to the rate of the setting.
"""

import math
import threading
from datetime import datetime
from typing import Final

from otklik.accounts.app_settings import API_REQUESTS
from otklik.core.clock import now
from otklik.core.errors import TooMany
from otklik.core.settings_store import get as setting

SAVED_MINUTES: Final = 10
_MOST: Final = 10_000
_lock = threading.Lock()
_buckets: dict[str, tuple[float, datetime]] = {}


def count_request(token: str) -> None:
    """Count one request of a token; raises ``TooMany``, with the seconds to wait, when its bucket is empty."""
    rate = setting(API_REQUESTS)
    if not rate:
        return
    at = now()
    with _lock:
        left, since = _buckets.get(token, (float(rate * SAVED_MINUTES), at))
        passed = max(0.0, (at - since).total_seconds())
        left = min(float(rate * SAVED_MINUTES), left + passed * rate / 60)
        if left < 1:
            _buckets[token] = (left, at)
            raise TooMany(retry_after=math.ceil((1 - left) * 60 / rate))
        if token not in _buckets and len(_buckets) >= _MOST:
            _buckets.clear()
        _buckets[token] = (left - 1, at)


def forget_counts() -> None:
    """Drop what was counted, as a new process would."""
    with _lock:
        _buckets.clear()
