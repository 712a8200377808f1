"""The lines of a card's thread, messages and events, as HTML that is kept for whoever reads them again.

A line is made of what it is given and of nothing else: the rows that the database gave just now, what the channels
say of its deliveries, and ``Seen`` (docs/adr/0016). Exactly this finds a kept line, so that

- nothing has to be forgotten: a changed text, file, name, right, colour or day asks for another line;
- no right can leak: who gets a kept line has read the very same rows himself a moment ago;
- times stay right: a line speaks of days and hours as seen on one day (``shown.Dates``), never of "how long ago".
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any, Final, NamedTuple

from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone
from django.utils.translation import get_language

from otklik.accounts.policies import can, sees_everything
from otklik.accounts.queries import colleagues
from otklik.core import shown
from otklik.core.actor import Actor
from otklik.core.events import Event
from otklik.core.hot import render_macro
from otklik.core.keeping import Keep
from otklik.core.prepared import Found, place_of
from otklik.tickets.models import Message, Ticket
from otklik.tickets.presenters.thread import Around, present_event, present_message, tells_nothing
from otklik.tickets.queries.cards import Said

_PART: Final = "tickets/card_thread.html"
_AUTHOR_KIND, _AUTHOR_ID = place_of(Message, "author_kind"), place_of(Message, "author_id")


class Seen(NamedTuple):
    """All that shows in a line besides what was said or done. A tuple, as it is a piece of every key of a page."""

    language: str | None
    zone: tzinfo
    today: date
    around: Around
    sees_all: bool
    may_reply: bool
    may_note: bool
    may_edit: bool

    @classmethod
    def by(cls, actor: Actor, ticket: Ticket, at: datetime) -> "Seen":
        """Return how the actor sees the lines of a ticket at a moment, in the active language and zone."""
        zone = get_current_timezone()
        here = ticket.shelf is None
        return cls(
            language=get_language(),
            zone=zone,
            today=at.astimezone(zone).date(),
            around=Around.of(ticket),
            sees_all=sees_everything(actor),
            may_reply=here and can(actor, "tickets.reply"),
            may_note=here and can(actor, "tickets.note"),
            may_edit=here and can(actor, "tickets.edit"),
        )

    @property
    def dates(self) -> shown.Dates:
        """Return the words for times that a line may use."""
        return shown.Dates(self.today, self.zone)


class Line(NamedTuple):
    """One line in its place; those of one moment stand in the order in which they were written, messages first."""

    at: datetime
    is_event: bool
    number: int
    html: SafeString
    begins: bool
    """Whether it stands above all messages, however few of them are shown."""


lines: Final[Keep[Line]] = Keep(3_000_000)


def thread_html(
    said: Said, done: Found[Event], deliveries: Mapping[int, Any], seen: Seen, *, reader: int | None
) -> SafeString:
    """Return messages and events as the card shows them, oldest first, beginning with the first of the messages."""
    messages = _messages(said, deliveries, seen, reader)
    first = messages[0].at if messages else None
    events = [line for line in _events(done, seen) if first is None or line.begins or line.at >= first]
    return SafeString("".join([line.html for line in sorted(messages + events)]))


def _messages(said: Said, deliveries: Mapping[int, Any], seen: Seen, reader: int | None) -> list[Line]:
    hues: dict[int | None, str] = {user.pk: f"avatar--{user.hue}" for user in colleagues()}
    keys = []
    for row in said.rows:
        author = row[_AUTHOR_ID] if row[_AUTHOR_KIND] == "user" else None
        own = author is not None and author == reader
        told = deliveries.get(row[0])
        keys.append((seen, row, said.files.get(row[0], ()), repr(told) if told else "", hues.get(author), own))

    def make(places: list[int]) -> list[Line]:
        messages = said.messages([said.rows[place] for place in places])
        blocks, dates = {"deliveries": dict(deliveries)}, seen.dates
        made = []
        for place, message in zip(places, messages, strict=True):
            *_, hue, own = keys[place]
            item = present_message(message, seen.around, blocks, dates, hue=hue or shown.hue_class(message.author_id))
            html = render_macro(_PART, "message", item, seen, own)
            made.append(Line(message.created_at, False, message.pk, html, begins=False))
        return made

    return _kept(keys, make)


def _events(done: Found[Event], seen: Seen) -> list[Line]:
    looks = (seen.language, seen.zone, seen.today)

    def make(places: list[int]) -> list[Line]:
        dates = seen.dates
        made = []
        for row in done.objects([done.rows[place] for place in places]):
            event = row.stored()
            news = not tells_nothing(event)
            html = render_macro(_PART, "event", present_event(event, dates)) if news else SafeString("")
            made.append(Line(event.at, True, event.id, html, begins=event.kind == "ticket.opened"))
        return made

    return _kept([(looks, row) for row in done.rows], make)


def _kept(keys: Sequence[tuple[Any, ...]], make: Callable[[list[int]], list[Line]]) -> list[Line]:
    """Return the lines of the keys; ``make`` returns those of the given places that are not kept."""
    found = [lines.get(key) for key in keys]
    missing = [place for place, line in enumerate(found) if line is None]
    if missing:
        for place, line in zip(missing, make(missing), strict=True):
            found[place] = line
            lines.put(keys[place], line, _size(keys[place]) + len(line.html))
    return [line for line in found if line is not None]


def _size(value: Any) -> int:
    if isinstance(value, tuple):
        return sum(map(_size, value))
    return len(value) if isinstance(value, str) else 1
