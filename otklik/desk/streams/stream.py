"""One open stream, on the side of the event loop."""

import asyncio

from otklik.accounts.web import Reader
from otklik.desk.streams.news import News, Presence


class Stream:
    """What one browser still has to be told. Belongs to the event loop; ``counters`` and ``presence``, as last told, to
    the hub."""

    __slots__ = ("counters", "ended", "loop", "pending", "presence", "reader", "ready")

    def __init__(self, reader: Reader, loop: asyncio.AbstractEventLoop) -> None:
        self.reader = reader
        self.loop = loop
        self.pending = News()
        self.ready = asyncio.Event()
        self.ended = ""
        self.counters: dict[str, str] = {}
        self.presence: Presence = {}

    def tell(self, news: News) -> None:
        """Add news to what is waiting."""
        self.pending.add(news)
        if self.pending:
            self.ready.set()

    def end(self, why: str) -> None:
        """Let the stream end as soon as it can; the first reason stays."""
        self.ended = self.ended or why
        self.ready.set()

    def take(self) -> News:
        """Return what is waiting, and begin anew."""
        news, self.pending = self.pending, News()
        if not self.ended:
            self.ready.clear()
        return news
