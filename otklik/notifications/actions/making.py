"""Makes notifications of events: a handful of statements for a round of the dispatcher, however many events it has."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Case, F, QuerySet, When

from otklik.accounts.models import User
from otklik.core.bulk import insert_rows
from otklik.core.clock import now
from otklik.core.deputies import recipients_of
from otklik.core.events import StoredEvent
from otklik.core.prepared import Prepared
from otklik.notifications.actions.boxes import forget_bell, plan
from otklik.notifications.causes import CAUSES, Cause, TicketFacts, concerns_somebody, ways_for, weight
from otklik.notifications.kinds import DESK, MAIL, NEW, PUSH
from otklik.notifications.models import WAITING, Box, Notification
from otklik.notifications.rules import Directory, directory
from otklik.tickets.models import Ticket
from otklik.tickets.queries import visible_numbers

_BETTER = {"note_mine": "mention", "said_followed": "mention", "given_team": NEW, NEW: "assigned"}
_FACTS = ("pk", "assignee_id", "team_id", "followers_shown", "requester__name", "message_count", "shelf")


@dataclass(slots=True)
class _Told:
    """What one person is told of one event."""

    why: str
    ways: set[str]
    in_place_of: int | None


def make_notifications(events: Sequence[StoredEvent]) -> int:
    """Tell people of events, by their own rules, inside the caller's transaction; return how many notifications began.

    Nobody is told of what he did himself, of a ticket he may not see, or twice of one event. What concerns nobody
    costs one statement for the whole round.
    """
    people = directory()
    heard = [event for event in events if event.kind in CAUSES and event.is_announced]
    tickets = _facts({event.subject_id for event in heard}, heard)
    going = [
        event for event in heard
        if event.subject_id in tickets and concerns_somebody(event, tickets[event.subject_id], people)
    ]  # fmt: skip
    if not going:
        return 0
    found = _found(going, tickets, people)
    _drop_hidden(found, people)
    _drop_doubled(found)
    return _write(found, tickets, people) if found else 0


def _facts(numbers: Collection[int], events: Sequence[StoredEvent]) -> dict[int, TicketFacts]:
    """Return what decides."""
    if not numbers:
        return {}
    opened = {event.subject_id for event in events if event.kind == "ticket.opened"}
    return {
        pk: TicketFacts(
            assignee_id=assignee,
            team_id=team,
            followers=frozenset(row["id"] for row in followers or ()),
            requester=requester,
            is_first=pk in opened or count <= 1,
            is_shelved=shelf is not None,
        )
        for pk, assignee, team, followers, requester, count, shelf in _by_number(list(numbers))
    }


_by_number: Final[Prepared[Any]] = Prepared(lambda numbers: Ticket.objects.filter(pk__in=numbers).values_list(*_FACTS))


def _found(
    events: Sequence[StoredEvent], tickets: dict[int, TicketFacts], people: Directory
) -> dict[tuple[int, int], tuple[StoredEvent, _Told]]:
    """Return what each person is told of each event, by (person, event)."""
    causes = [
        (event, cause) for event in events for cause in CAUSES[event.kind](event, tickets[event.subject_id], people)
    ]
    taken = {  # who took a new ticket himself need not hear that it is there
        (event.subject_id, event.actor.id) for event in events
        if event.kind == "ticket.assigned" and event.data.get("after_user_id") == event.actor.id
    }  # fmt: skip
    told_for = recipients_of({cause.user_id for _event, cause in causes})
    found: dict[tuple[int, int], tuple[StoredEvent, _Told]] = {}
    for event, cause in causes:
        actor_id = event.actor.id if event.actor.kind == "user" else None
        if cause.user_id == actor_id or (cause.why == NEW and (event.subject_id, cause.user_id) in taken):
            continue
        for user_id in told_for[cause.user_id]:
            if user_id == actor_id:
                continue
            ways = ways_for(Cause(user_id, cause.why, cause.relation), people)
            if not ways:
                continue
            absent = cause.user_id if user_id != cause.user_id else None
            _event, told = found.setdefault((user_id, event.id), (event, _Told(cause.why, set(), absent)))
            told.ways |= ways
            if weight(cause.why) < weight(told.why) or (told.in_place_of is not None and absent is None):
                told.why, told.in_place_of = cause.why, absent
    return found


def _drop_hidden(found: dict[tuple[int, int], tuple[StoredEvent, _Told]], people: Directory) -> None:
    """Leave out what a person may not see."""
    actors = {user_id: people.people[user_id].actor for user_id, _event in found}
    seen = visible_numbers(set(actors.values()), {event.subject_id for event, _told in found.values()})
    for (user_id, event_id), (event, _told) in list(found.items()):
        if event.subject_id not in seen[actors[user_id]]:
            del found[user_id, event_id]


def _drop_doubled(found: dict[tuple[int, int], tuple[StoredEvent, _Told]]) -> None:
    """Tell of one thing once: a note that calls somebody need not be told as a note, nor a ticket that is opened and
    given to him as a new one, nor one that is opened for his team as given to it."""
    better = {
        (told.why, user_id, _thing(event, told.why)): told for (user_id, _id), (event, told) in found.items()
        if told.why in _BETTER.values()
    }  # fmt: skip
    for (user_id, event_id), (event, told) in sorted(found.items(), key=lambda item: item[1][1].why == NEW):
        why = _BETTER.get(told.why)
        if why and (instead := better.get((why, user_id, _thing(event, why)))):
            instead.ways |= told.ways
            del found[user_id, event_id]


def _thing(event: StoredEvent, why: str) -> object:
    return event.data.get("message_id") if why == "mention" else event.subject_id


def _write(
    found: dict[tuple[int, int], tuple[StoredEvent, _Told]], tickets: dict[int, TicketFacts], people: Directory
) -> int:
    at = now()
    users = sorted({user_id for user_id, _event in found})
    # the directory is kept for a moment: nobody who was blocked meanwhile is told
    users = list(User.objects.filter(pk__in=users, is_active=True).order_by("pk").values_list("pk", flat=True))
    boxes = hold_boxes(users)
    known = set(
        Notification.objects.filter(user_id__in=users, event_id__in={event for _user, event in found})
        .values_list("user_id", "event_id")
    )  # fmt: skip
    rows = [
        _row(user_id, event, told, tickets[event.subject_id], at)
        for (user_id, event_id), (event, told) in found.items()
        if user_id in boxes and (user_id, event_id) not in known
    ]
    if not rows:
        return 0
    insert_rows(rows)
    _count(Counter(row.user_id for row in rows if row.in_desk))
    plan(boxes, rows, people, at)
    transaction.on_commit(forget_bell)
    return len(rows)


def hold_boxes(users: Sequence[int]) -> dict[int, Box]:
    """Return the boxes of people, locked in one order until the transaction ends; missing ones are made."""
    rows: QuerySet[Box] = Box.objects.filter(pk__in=users).order_by("user_id").select_for_update()
    boxes = {box.pk: box for box in rows}
    if missing := [user_id for user_id in users if user_id not in boxes]:
        Box.objects.bulk_create([Box(user_id=user_id) for user_id in missing], ignore_conflicts=True)
        boxes = {box.pk: box for box in rows.all()}
    return boxes


def _row(user_id: int, event: StoredEvent, told: _Told, ticket: TicketFacts, at: datetime) -> Notification:
    who = event.actor.name if event.actor.kind != "system" else ""
    if not who and event.kind in {"ticket.opened", "message.received"}:
        who = ticket.requester
    return Notification(
        user_id=user_id,
        ticket_id=event.subject_id,
        event_id=event.id,
        why=told.why,
        who=who[:200],
        detail=_detail(event),
        message_id=event.data.get("message_id"),
        in_place_of_id=told.in_place_of,
        made_at=at,
        in_desk=DESK in told.ways,
        mail=WAITING if MAIL in told.ways else "",
        push=WAITING if PUSH in told.ways else "",
    )


def _detail(event: StoredEvent) -> str:
    """Keep the word that a line needs besides: the key of the status, the address that could not be reached."""
    if event.kind in {"reply.overtaken", "reply.not_sent"}:
        return "overtaken" if event.kind == "reply.overtaken" else "held" if event.data.get("overtaken") else ""
    return str(event.data.get("after_key") or event.data.get("recipient") or "")[:200]


def _count(more: Counter[int]) -> None:
    """Raise the kept numbers, in one statement."""
    if more:
        steps = Case(*(When(pk=user_id, then=count) for user_id, count in more.items()))
        Box.objects.filter(pk__in=more).update(unread=F("unread") + steps)
