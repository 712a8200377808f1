"""Rebuilds every fact that stands on a ticket from the rows beside it, independently of the writer."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from otklik.core.events import Event
from otklik.core.moments import Moment
from otklik.core.text import normal_form
from otklik.tickets.actions.base import preview_of
from otklik.tickets.models import (
    OPEN_CATEGORIES,
    Attachment,
    ForeignReference,
    Message,
    Participant,
    Ticket,
    TicketTag,
)


def differences() -> list[str]:
    """Return every fact on a ticket that its rows do not bear out."""
    rows = _Rows()
    found: list[str] = []
    for ticket in Ticket.objects.select_related("status", "requester", "channel"):
        expected = rows.facts(ticket)
        found += [
            f"{ticket.pk} {name}: {getattr(ticket, name)!r} is not {value!r}"
            for name, value in expected.items()
            if getattr(ticket, name) != value
        ]
        found += rows.beside(ticket)
    return found


class _Rows:
    def __init__(self) -> None:
        self.messages: dict[int, list[Message]] = defaultdict(list)
        for message in Message.objects.filter(side__isnull=True).order_by("id"):
            self.messages[message.ticket_id].append(message)
        self.events: dict[int, list[Event]] = defaultdict(list)
        for event in Event.objects.filter(subject_kind=1).order_by("id"):
            self.events[event.subject_id].append(event)
        self.tags: dict[int, set[str]] = defaultdict(set)
        for row in TicketTag.objects.select_related("tag"):
            self.tags[row.ticket_id].add(row.tag.name_key)
        self.people: dict[int, list[int]] = defaultdict(list)
        for person in Participant.objects.order_by("id"):
            self.people[person.ticket_id].append(person.contact_id)
        self.numbers = set(ForeignReference.objects.values_list("ticket_id", flat=True))
        self.moments = {(row.kind, row.subject_id): row.due_at for row in Moment.objects.filter(subject_kind=1)}
        self.files = dict(Attachment.objects.values_list("message_id", "ticket_id"))

    def facts(self, ticket: Ticket) -> dict[str, Any]:
        messages, events = self.messages[ticket.pk], self.events[ticket.pk]
        spoken = [row for row in messages if row.kind in {"incoming", "reply"} and not row.is_automatic]
        last = spoken[-1]
        woken = [row for row in events if row.kind == "ticket.woken" and row.data["why"] == "time"]
        status = [row for row in events if row.kind == "ticket.status_changed"]
        return {
            "message_count": len(messages),
            "last_message_at": last.created_at,
            "activity_at": max([last.created_at, *(row.at for row in woken)]),
            "last_author_kind": last.author_kind,
            "last_author_name": last.author_name,
            "preview": preview_of(last.visible_text),
            "awaits_us": last.kind == "incoming",
            "created_at": messages[0].created_at,
            "updated_at": max(row.at for row in [*events] if not row.kind.startswith("mail.")),
            "category": status[-1].data["category"] if status else "new",
            "is_open": ticket.status.category in OPEN_CATEGORIES,
            "subject_key": normal_form(ticket.subject)[:300],
            "organization_id": ticket.requester.organization_id,
            "solved_at": self._since(ticket, status, "solved"),
            "closed_at": self._since(ticket, status, "closed"),
            "snoozed_until": self.moments.get(("ticket.wake", ticket.pk)),
        } | self._assigned(ticket, events)

    @staticmethod
    def _since(ticket: Ticket, status: list[Event], category: str) -> Any:
        """When it was last solved (or closed), unless it was opened again since."""
        at = None
        for row in status:
            if row.data["category"] in OPEN_CATEGORIES:
                at = None
            elif row.data["category"] == category:
                at = row.at
        return at

    @staticmethod
    def _assigned(ticket: Ticket, events: list[Event]) -> dict[str, Any]:
        given = [row for row in events if row.kind == "ticket.assigned"]
        if not given:
            return {"assignee_id": None, "team_id": ticket.channel.team_id}
        return {
            "assignee_id": given[-1].data["after_user_id"],
            "team_id": given[-1].data["team_id"] if len(given) < 1 else ticket.team_id,
        }

    def beside(self, ticket: Ticket) -> list[str]:
        """What stands in other tables must agree with the row too."""
        found = []
        if {normal_form(name) for name in ticket.tags_shown} != self.tags[ticket.pk]:
            found.append(f"{ticket.pk} tags")
        if [person["contact_id"] for person in ticket.people] != self.people[ticket.pk]:
            found.append(f"{ticket.pk} people")
        numbered = any(row.kind == "foreign_reference.changed" for row in self.events[ticket.pk])
        if numbered != (ticket.pk in self.numbers):
            found.append(f"{ticket.pk} references")
        if ticket.category == "solved":
            assert ticket.solved_at is not None
            if self.moments.get(("ticket.close", ticket.pk)) != ticket.solved_at + timedelta(days=14):
                found.append(f"{ticket.pk} moment of closing")
        found += self._told(ticket)
        return found

    def _told(self, ticket: Ticket) -> list[str]:
        """Every message has its event, in the same order, and every event is after the opening."""
        kinds = {"message.received", "message.sent", "note.added"}
        told = [row.data["message_id"] for row in self.events[ticket.pk] if row.kind in kinds]
        said = [row.pk for row in self.messages[ticket.pk]]
        found = [] if told == said else [f"{ticket.pk} events of messages"]
        if self.events[ticket.pk][0].kind != "ticket.opened":
            found.append(f"{ticket.pk} begins with {self.events[ticket.pk][0].kind}")
        if any(self.files.get(pk, ticket.pk) != ticket.pk for pk in said):
            found.append(f"{ticket.pk} files")
        return found
