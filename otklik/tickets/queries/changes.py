"""Who changed a property of a ticket last, read from its history."""

from typing import Final

from otklik.core.events import Event, StoredEvent
from otklik.tickets.events import SUBJECT_TICKET
from otklik.tickets.models import Ticket

_KINDS: Final = {
    "status": ("ticket.status_changed", "ticket.reopened"),
    "assignee": ("ticket.assigned",),
    "team": ("ticket.assigned",),
    "until": ("ticket.snoozed", "ticket.woken", "message.sent"),  # an answer of ours ends a snooze without a word
    "shelf": ("ticket.binned", "ticket.marked_spam", "ticket.restored"),
}
_NEWEST = 50


def last_change(ticket: Ticket, name: str) -> StoredEvent | None:
    """Return the newest event that changed a property, None when it is not among the newest of the ticket."""
    kinds = _KINDS.get(name, ("ticket.edited",))
    rows = Event.objects.filter(subject_kind=SUBJECT_TICKET, subject_id=ticket.pk).order_by("-id")[:_NEWEST]
    for event in (row.stored() for row in rows):
        if event.kind in kinds and _touches(event, name):
            return event
    return None


def _touches(event: StoredEvent, name: str) -> bool:
    if event.kind == "ticket.edited":
        return name in event.data.get("changes", {})
    if event.kind == "ticket.assigned":
        part = "user" if name == "assignee" else "team"
        return event.data.get(f"before_{part}") != event.data.get(f"after_{part}")
    return True
