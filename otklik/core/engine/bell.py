"""Waking sleepers: within the process by a condition, on the machine by datagrams, between machines by NOTIFY.

A wake is a hint, never a message: it may be lost, repeated or come for nothing. Everything that must be done stands in
a table, and whoever sleeps here also looks by himself after his timeout.
"""

import logging
import os
import threading

from django.db import DEFAULT_DB_ALIAS, connections

from otklik.core.engine.sockets import WakeSocket, send_to_others
from otklik.core.engine.watch import Watcher

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_bells: dict[str, threading.Condition] = {}
"""One for each name, all under one lock: who waits for something else is not disturbed."""
_rung: dict[str, int] = {}
_rung_all = 0
_seen = threading.local()
_listener: "Watcher | None" = None
_listener_lock = threading.Lock()


def wake(name: str) -> None:
    """Wake whoever waits for ``name``, in this process and in all others. Cheap, never blocks, never raises."""
    ring(name)
    try:
        send_to_others(name)
        if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
            _notify(name)
    except Exception:
        logger.warning("Waking “%s” in other processes failed.", name, exc_info=True)


def ring(name: str) -> None:
    """Wake the waiters of this process; ``*`` wakes all."""
    global _rung_all
    with _lock:
        if name == "*":
            _rung_all += 1
            for bell in _bells.values():
                bell.notify_all()
        else:
            _rung[name] = _rung.get(name, 0) + 1
            if name in _bells:
                _bells[name].notify_all()


def wait_for_wake(name: str, timeout: float) -> bool:
    """Sleep until ``name`` is woken or ``timeout`` seconds (by the monotonic clock) are over; tell which it was.

    A wake that came since this thread's last wait counts: nothing that happens between looking and sleeping is lost.
    """
    from otklik.core.engine.beats import beat

    beat()
    with _lock:
        bell = _bells.get(name) or _bells.setdefault(name, threading.Condition(_lock))
        woken = bell.wait_for(lambda: _count(name) != _last(name), timeout)
        _remember(name, _count(name))
    beat()
    return woken


def _count(name: str) -> int:
    return _rung.get(name, 0) + _rung_all


def _last(name: str) -> int:
    counts: dict[str, int] = getattr(_seen, "counts", {})
    return counts.get(name, 0)


def _remember(name: str, count: int) -> None:
    if not hasattr(_seen, "counts"):
        _seen.counts = {}
    _seen.counts[name] = count


def listen() -> None:
    """Let this process hear wakes from others, from now on; a second call does nothing."""
    global _listener
    with _listener_lock:
        if _listener is None or not _listener.alive():
            _listener = Watcher(WakeSocket(), ring)
            _listener.start()


def stop_listening() -> None:
    """End the listener (at the end of the process, and in tests)."""
    global _listener
    with _listener_lock:
        if _listener is not None:
            _listener.stop()
            _listener = None


def _notify(name: str) -> None:
    if _listener is not None and _listener.alive():
        _listener.notify(name)
        return
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT pg_notify('otklik', %s)", [name])


def _after_fork() -> None:
    """Give a forked child locks of its own: a thread of the parent may have held them at that moment."""
    global _lock, _bells, _listener_lock, _listener
    _lock, _bells, _listener_lock, _listener = threading.Lock(), {}, threading.Lock(), None


os.register_at_fork(after_in_child=_after_fork)
