"""Where the conversation of a request goes on: it may have been merged into another ticket, or words split from it.

What stood on the other ticket before is nobody's business here, so every place counts only from a message on.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Max, Q

from otklik.channels.webform.models import FormRequest, Post
from otklik.tickets.models import Merge, Message, MessageKind, Ticket

_MOST_HOPS: Final = 20


@dataclass(frozen=True, slots=True)
class Places:
    """``line``: the request's own ticket and those it was taken into, one after the other. ``since``: the other
    tickets, by number, where it goes on as well, each with the id of the last message before it came there."""

    line: tuple[int, ...]
    since: dict[int, int]

    @property
    def home(self) -> int:
        """Return the number of the ticket that takes what the poster says from now on."""
        return self.line[-1]


def line_of(number: int) -> tuple[int, ...]:
    """Return a ticket and those it was merged into, the last one being where it stands now."""
    line = [number]
    for _again in range(_MOST_HOPS):
        into = Ticket.objects.filter(pk=line[-1]).values_list("merged_into", flat=True).first()
        if into is None or into in line:
            break
        line.append(into)
    return tuple(line)


def places_of(request: FormRequest, own: Collection[int]) -> Places:
    """Return where a request goes on; ``own`` are the ids of what was posted to it."""
    line = line_of(request.ticket_id)
    since: dict[int, int] = {}
    if len(line) > 1:
        made = Merge.objects.filter(source__in=line, target__in=line, undone_at__isnull=True)
        since = {row.target_id: _newest_before(row) for row in made}
    away = Message.objects.filter(pk__in=own).exclude(ticket=request.ticket_id)
    for pk, number in away.values_list("pk", "ticket"):
        for place, last in _way_of(pk, number):
            if place != request.ticket_id:
                since[place] = min(last, since.get(place, last))
    return Places(line, since)


def _way_of(message_id: int, number: int) -> Iterable[tuple[int, int]]:
    """Follow a message back from where it stands: merges that brought it, then the ticket it was split to or
    said on."""
    for _again in range(_MOST_HOPS):
        merges = Merge.objects.filter(target=number, undone_at__isnull=True)
        came = next((row for row in merges if message_id in row.data.get("messages", ())), None)
        yield number, _newest_before(came) if came else message_id
        if came is None:
            return
        number = came.source_id


def _newest_before(row: Merge) -> int:
    """Return the id of the last message that was there when two tickets were merged."""
    if (kept := row.data.get("newest")) is not None:
        return int(kept)
    # rows without it: by the clock
    there = Message.objects.filter(ticket=row.target_id, created_at__lt=row.made_at)
    return there.aggregate(newest=Max("pk"))["newest"] or 0


def said_on(number: int) -> Q:
    """Return the condition for messages that were said on this ticket, wherever they stand now."""
    return Q(ticket=number, origin_number__isnull=True) | Q(origin_number=number)


def said_since(places: Places, authors: Collection[int]) -> Q:
    """Return the condition for what these people said and what was answered on the other places since it counts."""
    found = Q(pk__in=())
    for number, last in places.since.items():
        found |= said_on(number) & Q(pk__gt=last)
    return found & (Q(kind=MessageKind.REPLY) | Q(kind=MessageKind.INCOMING, author_id__in=authors))


def requests_on(number: int) -> list[FormRequest]:
    """Return the requests that may go on on a ticket: its own, those taken into it, those with words on it."""
    sources, found = {number}, {number}
    for _again in range(_MOST_HOPS):
        sources = set(Ticket.objects.filter(merged_into__in=sources).values_list("pk", flat=True)) - found
        if not sources:
            break
        found |= sources
    posted = Post.objects.filter(message__ticket=number).values("request")
    rows = FormRequest.objects.filter(Q(ticket__in=found) | Q(pk__in=posted))
    return list(rows.select_related("form__channel", "ticket__status", "ticket__channel", "ticket__requester"))
