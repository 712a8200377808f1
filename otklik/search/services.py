"""The loop that reads what changed, and its health."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from otklik.core.claims import worker_name
from otklik.core.engine import register_service, wait_for_wake
from otklik.core.health import register_queue
from otklik.core.leases import hold
from otklik.search.actions import READING, READING_FOR, begin_where_nothing_is, read_pending
from otklik.search.documents import ALL
from otklik.search.models import Pending

GATHER = 0.2
"""Seconds that a change waits for others, so that they are read and written together."""
_SURE_FOR = READING_FOR.total_seconds() / 3


class Turn:
    """Whose turn it is to read: one process of all, until it has not asked for a minute."""

    def __init__(self) -> None:
        self._holder = f"{worker_name()}:search"
        self._asked_at = -_SURE_FOR

    def is_ours(self) -> bool:
        """Tell whether this process reads; the lease is asked for anew only every twenty seconds."""
        if time.monotonic() - self._asked_at < _SURE_FOR:
            return True
        held = bool(hold(READING, READING_FOR, self._holder))
        if held:
            self._asked_at = time.monotonic()
        return held

    def pass_on(self) -> None:
        """Let another process read at once."""
        hold(READING, READING_FOR, self._holder).release()
        self._asked_at = -_SURE_FOR


def search(stop: threading.Event) -> None:
    """Read what changed into the index."""
    begin_where_nothing_is()
    turn = Turn()
    try:
        while not stop.is_set():
            # A round costs a commit however little it reads: while mail streams in, the next one waits for more.
            if not (Pending.objects.exists() and turn.is_ours() and read_pending()):
                wait_for_wake("search", 5.0)
            stop.wait(GATHER)
    finally:
        turn.pass_on()


def catch_up(tell: Callable[[Pending], None] | None = None) -> Pending | None:
    """Read here and now until no rebuild is left, taking turns with the engine of a running desk.

    ``tell`` hears where it is. Returns the rebuild that failed three times, if one did.
    """
    turn, pause = Turn(), threading.Event()
    try:
        while row := Pending.objects.filter(topic=ALL, attempts__lt=3).order_by("id").first():
            if tell is not None:
                tell(row)
            if not turn.is_ours() or not read_pending():
                pause.wait(0.2)
    finally:
        turn.pass_on()
    return Pending.objects.filter(topic=ALL).first()


def _oldest() -> datetime | None:
    waiting = Pending.objects.filter(attempts=0, topic__in=("whole", "part"))
    return waiting.order_by("id").values_list("at", flat=True).first()


register_service("search", search)
register_queue("search", _("texts to be found"), _oldest, timedelta(minutes=1))
