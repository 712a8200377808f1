"""What a stream still has to tell, gathered until it may be told, and how it is written as server-sent events."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from otklik.core.events import Live
from otklik.tickets.queries import LEAVES_SIGHT

TICKET = 1
MOST = 200
"""Changed tickets in one frame; a page that missed more is loaded anew."""

Presence = Mapping[int, Mapping[int, bool]]
"""Tickets, the ids of the others who have them open, and whether each is writing."""


@dataclass(slots=True)
class News:
    """Gathered news: changed tickets, the newest counters, who looks at what. Never grows past ``MOST`` tickets.

    ``reset`` says that what was missed is too much, or no longer known: the page has to be loaded anew. ``moved`` says
    that something may have left the reader's sight, without a word which: the page looks again at what it shows.
    """

    tickets: set[int] = field(default_factory=set)
    counters: Mapping[str, str] | None = None
    presence: Presence | None = None
    reset: bool = False
    moved: bool = False

    def __bool__(self) -> bool:
        """Tell whether there is anything to tell."""
        return bool(self.tickets) or self.counters is not None or self.presence is not None or self.reset or self.moved

    def add(self, other: "News") -> None:
        """Take in later news: tickets are gathered, of counters and presence the newest count."""
        self.tickets |= other.tickets
        self.reset = self.reset or other.reset
        self.moved = self.moved or other.moved
        if other.counters is not None:
            self.counters = other.counters
        if other.presence is not None:
            self.presence = other.presence
        if self.reset or len(self.tickets) > MOST:
            self.reset = True
            self.tickets.clear()


def changed(tickets: Iterable[int], *, moved: bool = False) -> News:
    """Return the news that these tickets changed, and whether others may have left the reader's sight."""
    news = News()
    news.add(News(tickets=set(tickets), moved=moved))
    return news


def moved_away(rows: Iterable[Live]) -> set[int]:
    """Return the tickets of live lines that may have left somebody's sight; one that is only being opened has not."""
    of_tickets = [row for row in rows if row.subject_kind == TICKET]
    fresh = {row.subject_id for row in of_tickets if row.topic == "ticket.opened"}
    return {row.subject_id for row in of_tickets if row.topic in LEAVES_SIGHT} - fresh


def others_at(here: Presence, tickets: Iterable[int], user_id: int | None) -> Presence:
    """Return who is at the tickets that a reader sees, without himself."""
    others = {
        ticket: {user: writes for user, writes in here.get(ticket, {}).items() if user != user_id} for ticket in tickets
    }
    return {ticket: people for ticket, people in others.items() if people}


def presence_data(presence: Presence) -> dict[str, list[list[int]]]:
    """Return who is where as browsers get it: by ticket, pairs of a person's id and whether he is writing."""
    return {
        str(ticket): [[user, int(writes)] for user, writes in sorted(people.items())]
        for ticket, people in presence.items()
    }


def frame(news: News, seq: int) -> bytes:
    """Write news as one event; ``seq`` is the place in the stream up to which everything is told with it."""
    data: dict[str, object] = {}
    if news.tickets:
        data["tickets"] = sorted(news.tickets)
    if news.moved:
        data["moved"] = True
    if news.counters is not None:
        data["counters"] = dict(news.counters)
    if news.presence is not None:
        data["presence"] = presence_data(news.presence)
    return event("reset" if news.reset else "news", json.dumps(data, separators=(",", ":")), seq)


def beat(seq: int) -> bytes:
    """Write the sign of life that also moves the place of a stream with nothing to tell."""
    return event("beat", "0", seq)


def event(name: str, data: str, seq: int | None = None) -> bytes:
    """Write one server-sent event; ``data`` has no line breaks."""
    place = "" if seq is None else f"id: {seq}\n"
    return f"{place}event: {name}\ndata: {data}\n\n".encode()


def greeting(retry_ms: int) -> bytes:
    """Write what a stream begins with: how long a browser waits before it comes back."""
    return f"retry: {retry_ms}\n\n".encode()
