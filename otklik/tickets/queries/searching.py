"""Finding tickets by the search line: the number first, then the newest that hold the words, of what one may see."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import log2
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.tuple_lookups import TupleLessThan

from otklik.contacts.models import Contact, Organization
from otklik.core.actor import Actor
from otklik.core.db.fields import begins_with
from otklik.core.pages import decode_cursor, encode_cursor
from otklik.search.queries import (
    EXAMINED,
    RANKED,
    Hit,
    candidates_floor,
    found_before,
    hits,
    holder_condition,
    word_for_word,
)
from otklik.tickets.documents import FACTS, MESSAGE, ROOM, organization_label, requester_label
from otklik.tickets.models import ForeignReference, Ticket
from otklik.tickets.queries.access import sees_all, visible_to
from otklik.tickets.queries.understanding import Asked, turned

LOOKED_AT: Final = 300  # documents from which a page of tickets is made: a ticket has several
SORTS: Final = ("newest", "fit")
_MOST_NUMBERED: Final = 50
_MOST_ROUNDS: Final = 5  # pages of which everything was left out are passed over so often


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found: numbers in their order, why each is there, and how the next page is asked for.

    ``count`` tickets are known to fit; there are more when ``more``. ``limited``: only the newest candidates were
    looked at, because conditions let few of them through. ``corrected`` is the line that was taken instead.
    """

    asked: Asked
    numbers: tuple[int, ...] = ()
    spots: dict[int, Hit] = field(default_factory=dict)
    next: str | None = None
    count: int = 0
    more: bool = False
    limited: bool = False
    corrected: str = ""


def search(
    actor: Actor,
    asked: Asked,
    *,
    limit: int = 50,
    cursor: str = "",
    sort: str = "newest",
    within: Contact | Organization | None = None,
    among: Sequence[int] | None = None,
) -> Found:
    """Return a page of visible tickets that fit a line: the newest first, or by fit among the newest candidates.

    ``within`` leaves only the tickets of a person or an organisation, ``among`` only these numbers. When nothing fits,
    the line is tried as if it had been typed in the other keyboard layout, and ``corrected`` says so.
    """
    if not asked:
        return Found(asked)
    place = _Place(actor, within, among)
    if not asked.match.terms:
        return _by_conditions(asked, place, limit=limit, cursor=cursor)
    found = _by_words(asked, place, limit=limit, cursor=cursor, sort=sort)
    for _round in range(_MOST_ROUNDS):
        if found.numbers or found.next is None:
            break
        found = _by_words(asked, place, limit=limit, cursor=found.next, sort=sort)
    if asked.match.exact and not found.numbers and found.next is not None:
        found = replace(found, limited=True)
    if found.numbers or cursor or among is not None:
        return found
    other = turned(asked)
    if other is None:
        return found
    second = _by_words(other, place, limit=limit, cursor="", sort=sort)
    return replace(second, corrected=other.text) if second.numbers else found


@dataclass(frozen=True, slots=True)
class _Place:
    """Where is looked: what the actor sees, perhaps only within a person's or an organisation's tickets."""

    actor: Actor
    within: Contact | Organization | None
    among: Sequence[int] | None

    @property
    def where(self) -> Q:
        """The condition on tickets besides ``visible_to``."""
        where = Q()
        if isinstance(self.within, Contact):
            where = Q(requester=self.within)
        elif self.within is not None:
            where = Q(organization=self.within)
        return where if self.among is None else where & Q(pk__in=list(self.among))

    @property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        """The words of documents that say the same."""
        if isinstance(self.within, Contact):
            return ((requester_label(self.within.pk),),)
        return ((organization_label(self.within.pk),),) if self.within is not None else ()


def _by_words(asked: Asked, place: _Place, *, limit: int, cursor: str, sort: str) -> Found:
    labels = (*place.labels, *(condition.labels for condition in asked.conditions if condition.labels))
    match = replace(asked.match, labels=labels)
    strict = [condition.where for condition in asked.conditions if not condition.labels]
    if place.among is not None:
        strict.append(Q(pk__in=list(place.among)))
    where, floor = None, 0
    if strict or not sees_all(place.actor):
        where = Q(Exists(visible_to(place.actor).filter(*strict, pk=OuterRef("holder_id"))))
        floor = candidates_floor(match)
    (start,) = decode_cursor(cursor, [int]) if cursor else (0,)
    assert isinstance(start, int)
    looking: dict[str, Any] = {"room": ROOM, "floor": floor, "where": where}
    if sort == "fit":
        most = EXAMINED if match.exact else RANKED
        rows = hits(match, limit=most, **looking)
        named = [] if start else _named(asked, place)
        limited = floor > 0 or len(rows) == most
        rows = word_for_word(match, rows, room=ROOM)
        return _best_first(asked, rows, named, limit=limit, start=start, limited=limited)
    wanted = min(max(LOOKED_AT, limit * 4), EXAMINED) if match.exact else max(LOOKED_AT, limit * 4)
    rows = hits(match, limit=wanted, before=start, **looking)
    seen: dict[int, Hit] = {}
    for row in word_for_word(match, rows, room=ROOM):
        seen.setdefault(row.holder_id, row)
    if start:
        for number in found_before(match, room=ROOM, holder_ids=list(seen), since=start):
            del seen[number]
    fitting, looked_at = _wanted(asked, list(seen), limit)
    shown = fitting[:limit]
    following = None
    if len(fitting) > limit:
        following = encode_cursor([seen[shown[-1]].place])
    elif looked_at < len(seen):
        following = encode_cursor([seen[list(seen)[looked_at - 1]].place])
    elif len(rows) == wanted:
        following = encode_cursor([rows[-1].place])
    numbers = tuple(dict.fromkeys([*([] if start else _named(asked, place)), *shown]))
    count = len(set(seen) | set(numbers)) if looked_at == len(seen) and not asked.without else len(numbers)
    more = len(rows) == wanted or bool(asked.without and following)
    return Found(asked, numbers, seen, following, count=count, more=more, limited=floor > 0)


def _wanted(asked: Asked, numbers: list[int], limit: int) -> tuple[list[int], int]:
    """Leave out tickets that hold what is not wanted; return the rest, and at how many of the numbers was looked.

    Whether a ticket holds it is asked ticket by ticket, so no more of them are looked at than a page may need.
    """
    if not asked.without:
        return numbers, len(numbers)
    looked = numbers[: limit * 2]
    unwanted = _unwanted(asked, looked)
    return [number for number in looked if number not in unwanted], len(looked)


def _unwanted(asked: Asked, numbers: list[int]) -> set[int]:
    """Return which tickets hold anything of what is not wanted."""
    each = (replace(asked.without, terms=(term,)) for term in asked.without.terms)
    return set().union(*(found_before(match, room=ROOM, holder_ids=numbers, since=0) for match in each))


def _named(asked: Asked, place: _Place) -> list[int]:
    """Return the ticket whose number was asked for, then those that another desk numbers so: from the tables, at once.

    The index knows these numbers as well, but a moment later, and a program looks for what it has just opened.
    """
    if not asked.reference:
        return []
    numbered = ForeignReference.objects.filter(begins_with("number_key", asked.reference))
    wanted = Q(pk__in=numbered.order_by("number_key").values("ticket_id")[:_MOST_NUMBERED])
    if asked.number is not None:
        wanted |= Q(pk=asked.number)
    conditions = [condition.where for condition in asked.conditions]
    rows = visible_to(place.actor).filter(wanted, place.where, *conditions).order_by("-id")
    return sorted(rows.values_list("pk", flat=True), key=lambda pk: pk != asked.number)


def _best_first(
    asked: Asked, rows: Sequence[Hit], named: Sequence[int], *, limit: int, start: int, limited: bool
) -> Found:
    """Order tickets by how well they fit: short texts before long ones, facts before talk, several hits before one."""
    marks: dict[int, list[float]] = {}
    best: dict[int, Hit] = {}
    for row in rows:
        mark = (3.0 if row.kind == FACTS else 1.0) / log2(4 + row.length / 16)
        held = marks.setdefault(row.holder_id, [])
        if row.kind == MESSAGE and (not held or mark > max(held) or best[row.holder_id].kind != MESSAGE):
            best[row.holder_id] = row
        best.setdefault(row.holder_id, row)
        held.append(mark)
    fit = {number: max(held) + 0.1 * min(sum(held), 5.0) for number, held in marks.items()}
    ordered = sorted(marks, key=lambda number: (-fit[number], -best[number].place))
    shown, looked_at = _wanted(asked, ordered[start : start + limit], limit)
    more = len(ordered) > start + looked_at
    return Found(
        asked,
        tuple(dict.fromkeys([*named, *shown])),
        best,
        encode_cursor([start + looked_at]) if more else None,
        count=len(ordered),
        more=limited,
        limited=limited,
    )


def _by_conditions(asked: Asked, place: _Place, *, limit: int, cursor: str) -> Found:
    """Return the tickets that fit conditions alone, newest activity first."""
    conditions = [condition.where for condition in asked.conditions]
    tickets = visible_to(place.actor).filter(place.where, *conditions, shelf__isnull=True)
    if asked.without.exact:
        return _without_phrases(asked, tickets, limit=limit, cursor=cursor)
    for term in asked.without.terms:
        match = replace(asked.without, terms=(term,))
        sql, values = holder_condition(match, room=ROOM, holder="tickets_ticket.id")
        tickets = tickets.extra(where=[f"NOT {sql}"], params=values)  # noqa: S610 - fixed words, values apart
    rows = _by_activity(tickets, cursor, limit + 1)
    return _page_of(asked, rows, limit)


def _by_activity(tickets: QuerySet[Ticket], cursor: str, most: int) -> list[tuple[int, datetime]]:
    if cursor:
        moment, number = decode_cursor(cursor, [datetime, int])
        tickets = tickets.filter(TupleLessThan(("activity_at", "id"), (moment, number)))
    return list(tickets.order_by("-activity_at", "-id").values_list("pk", "activity_at")[:most])


def _page_of(asked: Asked, rows: list[tuple[int, datetime]], limit: int) -> Found:
    shown = rows[:limit]
    following = encode_cursor([shown[-1][1], shown[-1][0]]) if len(rows) > limit else None
    return Found(asked, tuple(pk for pk, _at in shown), {}, following, count=len(shown), more=following is not None)


def _without_phrases(asked: Asked, tickets: QuerySet[Ticket], *, limit: int, cursor: str) -> Found:
    """Leave out the tickets that have a phrase word for word: looked at page by page, no more than a few of them."""
    kept: list[tuple[int, datetime]] = []
    for _round in range(_MOST_ROUNDS):
        rows = _by_activity(tickets, cursor, limit + 1)
        gone = _unwanted(asked, [pk for pk, _at in rows])
        kept += [row for row in rows if row[0] not in gone]
        if len(rows) <= limit or len(kept) > limit:
            return _page_of(asked, kept, limit)
        cursor = encode_cursor([rows[-1][1], rows[-1][0]])
    return replace(_page_of(asked, kept, limit), next=cursor, more=True)
