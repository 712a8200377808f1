"""What follows a change of tickets and of the people behind them: search reads it anew."""

from typing import Final

from otklik.contacts.events import SUBJECT_CONTACT, SUBJECT_ORGANIZATION
from otklik.core.events import StoredEvent, subscriber
from otklik.search.actions import note_changes
from otklik.search.documents import PART, WHOLE, Change
from otklik.tickets.actions.uniting import part_people, unite_people
from otklik.tickets.documents import ROOM
from otklik.tickets.events import SUBJECT_TICKET

_NO_WORDS: Final = frozenset(
    {
        "ticket.status_changed",
        "ticket.assigned",
        "ticket.snoozed",
        "ticket.woken",
        "ticket.reopened",
        "side.opened",
        "side.read",
        "side.closed",
        "side.reopened",
    }
)
_ONE_MESSAGE: Final = frozenset(
    {"message.received", "message.reread", "message.sent", "note.added", "side.received", "side.sent"}
)
_OF_PEOPLE: Final = {SUBJECT_CONTACT: "contact", SUBJECT_ORGANIZATION: "organization"}
_NOBODY_YET: Final = frozenset({"contact.added", "contact.address_bounced", "organization.added"})


@subscriber(
    "tickets.search",
    "ticket.*",
    "message.*",
    "note.*",
    "side.*",
    "person.*",
    "foreign_reference.*",
    "contact.*",
    "organization.*",
)
def read_anew(events: list[StoredEvent]) -> None:
    """Note which tickets, messages and people's tickets search must read; a ticket as a whole covers its messages."""
    whole = {event.subject_id for event in events if _of_ticket(event) and event.kind not in _ONE_MESSAGE | _NO_WORDS}
    changes = [Change(WHOLE, ticket_id) for ticket_id in sorted(whole)]
    for event in events:
        if event.kind in _ONE_MESSAGE and event.subject_id not in whole:
            changes.append(Change(PART, event.data["message_id"]))
        elif event.subject_kind in _OF_PEOPLE and event.kind not in _NOBODY_YET:
            changes.append(Change(_OF_PEOPLE[event.subject_kind], event.subject_id))
    note_changes(ROOM, changes)


def _of_ticket(event: StoredEvent) -> bool:
    return event.subject_kind == SUBJECT_TICKET


@subscriber("tickets.people", "contact.absorbed", "contact.merge_undone", inside=True)
def follow_people(events: list[StoredEvent]) -> None:
    """Move the tickets of merged contacts, and back again when they are parted."""
    for event in events:
        if event.kind == "contact.absorbed":
            unite_people(event.data["contact_id"], event.subject_id, cause=event.id, by=event.actor)
        elif event.data["undoes"]:
            part_people(event.data["undoes"], by=event.actor)


@subscriber("tickets.stragglers", "contact.absorbed")
def fetch_stragglers(events: list[StoredEvent]) -> None:
    """Move what was opened for a merged contact while the merge was being made: intake had looked him up before."""
    for event in events:
        unite_people(event.data["contact_id"], event.subject_id, cause=event.id, by=event.actor)
