"""Whom an event concerns, and why: a table of functions over the facts of one ticket. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from otklik.core.events import StoredEvent
from otklik.notifications.kinds import NEW, PLANNED, PUSH, WEIGHT
from otklik.notifications.rules import Directory


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What of a ticket decides who is told."""

    assignee_id: int | None
    team_id: int | None
    followers: frozenset[int]
    requester: str
    is_first: bool
    is_shelved: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """An event concerns a person for a reason: a kind of change, or ``new`` with how near the new ticket is to him."""

    user_id: int
    why: str
    relation: str = ""


Causes = Callable[[StoredEvent, TicketFacts, Directory], Iterable[Cause]]


def _opened(event: StoredEvent, ticket: TicketFacts, people: Directory) -> Iterator[Cause]:
    mine = {ticket.assignee_id} - {None}
    yield from (Cause(user, NEW, "mine") for user in mine if user is not None)
    yield from (Cause(user, NEW, "teams") for user in people.new_of_team.get(ticket.team_id or 0, ()))
    yield from (Cause(user, NEW, "all") for user in people.new_of_all)


def _assigned(event: StoredEvent, ticket: TicketFacts, people: Directory) -> Iterator[Cause]:
    user = event.data.get("after_user_id")
    if user and event.data.get("before_user") != event.data.get("after_user"):
        yield Cause(user, "assigned")
    if event.data.get("before_team") != event.data.get("after_team"):
        yield from (Cause(member, "given_team") for member in people.given_to_team.get(ticket.team_id or 0, ()))


def _received(event: StoredEvent, ticket: TicketFacts, people: Directory) -> Iterator[Cause]:
    if event.data.get("automatic") or ticket.is_first:
        return  # an absence note is no news, and the first message came with the ticket
    if ticket.assignee_id:
        yield Cause(ticket.assignee_id, "message_mine")
    yield from (Cause(user, "message_followed") for user in ticket.followers)
    yield from (Cause(user, "message_teams") for user in people.messages_of_team.get(ticket.team_id or 0, ()))


def _side_answered(event: StoredEvent, ticket: TicketFacts, people: Directory) -> Iterator[Cause]:
    if not event.data.get("automatic") and ticket.assignee_id:
        yield Cause(ticket.assignee_id, "side_mine")


def _noted(event: StoredEvent, ticket: TicketFacts, people: Directory) -> Iterator[Cause]:
    if ticket.assignee_id:
        yield Cause(ticket.assignee_id, "note_mine")
    yield from _answered(event, ticket, people)


def _answered(event: StoredEvent, ticket: TicketFacts, people: Directory) -> Iterator[Cause]:
    yield from (Cause(user, "said_followed") for user in ticket.followers)


def _mentioned(event: StoredEvent, ticket: TicketFacts, people: Directory) -> Iterator[Cause]:
    yield from (Cause(user, "mention") for user in event.data.get("user_ids", ()))


def _status(event: StoredEvent, ticket: TicketFacts, people: Directory) -> Iterator[Cause]:
    if not event.data.get("automatic"):
        yield from _own(ticket, "status")


def _woken(event: StoredEvent, ticket: TicketFacts, people: Directory) -> Iterator[Cause]:
    if event.data.get("why") == "time":
        yield from _own(ticket, "woken")


def _own(ticket: TicketFacts, why: str) -> Iterator[Cause]:
    yield from (Cause(user, why) for user in {ticket.assignee_id, *ticket.followers} if user is not None)


def _failed(event: StoredEvent, ticket: TicketFacts, people: Directory) -> Iterator[Cause]:
    if ticket.assignee_id:
        yield Cause(ticket.assignee_id, "failed")


def _not_sent(event: StoredEvent, ticket: TicketFacts, people: Directory) -> Iterator[Cause]:
    yield Cause(event.data["user_id"], PLANNED)


def _overtaken(event: StoredEvent, ticket: TicketFacts, people: Directory) -> Iterator[Cause]:
    yield from (Cause(user, PLANNED) for user in event.data.get("user_ids", ()))


CAUSES: Final[dict[str, Causes]] = {
    "ticket.opened": _opened,
    "ticket.assigned": _assigned,
    "message.received": _received,
    "message.sent": _answered,
    "side.received": _side_answered,
    "note.added": _noted,
    "note.mentioned": _mentioned,
    "ticket.status_changed": _status,
    "ticket.woken": _woken,
    "mail.failed": _failed,
    "mail.bounced": _failed,
    "reply.not_sent": _not_sent,
    "reply.overtaken": _overtaken,
}
TOLD_OF_SHELVED: Final = frozenset({"reply.not_sent"})
"""What is told of tickets that lie in the bin or in spam: somebody waits for it."""
_ANYBODY: Final = frozenset({"ticket.assigned", "note.mentioned", "reply.not_sent", "reply.overtaken"})


def concerns_somebody(event: StoredEvent, ticket: TicketFacts, people: Directory) -> bool:
    """Tell quickly whether an event can concern anybody: most mails come for tickets that nobody has yet."""
    if ticket.is_shelved and event.kind not in TOLD_OF_SHELVED:
        return False
    if event.kind in _ANYBODY or ticket.assignee_id is not None or ticket.followers:
        return True
    team = ticket.team_id or 0
    if event.kind == "ticket.opened":
        return bool(people.new_of_all) or team in people.new_of_team
    return event.kind == "message.received" and team in people.messages_of_team


def ways_for(cause: Cause, people: Directory) -> frozenset[str]:
    """Return by which ways a person is told of a cause; none for somebody who is blocked."""
    person = people.people.get(cause.user_id)
    if person is None:
        return frozenset()
    ways = person.rules.ways_of_new(cause.relation) if cause.why == NEW else person.rules.ways[cause.why]
    return ways if person.has_browser else ways - {PUSH}


def weight(why: str) -> int:
    """Return the rank of a reason: the lowest is told."""
    return WEIGHT.index(why)
