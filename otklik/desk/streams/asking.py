"""How the event loop asks the hub, and how the hub's thread answers in the loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from otklik.desk.streams.stream import Stream


class Refused(Exception):
    """No stream: ``status`` is the HTTP status that says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Opening:
    """A browser that waits for its stream."""

    session_key: str
    since: int | None
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Stream]"


def fail(answer: "asyncio.Future[Stream]", error: Refused) -> None:
    """Answer that there is no stream, when somebody still waits for it."""
    if not answer.cancelled():
        answer.set_exception(error)


def in_loop(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Run a call in an event loop; one that is closed has no streams any more."""
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:
        if not loop.is_closed():
            raise
