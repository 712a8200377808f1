"""Replays a life as the actions of tickets would have written it: the facts on the row, the events, the rows beside it.

The rules here are those of ``tickets.actions``; a test holds the two together by rebuilding every fact from the rows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from otklik.core.actor import Actor
from otklik.core.events import DomainEvent
from otklik.core.text import normal_form
from otklik.demo.lives import (
    Assigned,
    Edited,
    Joined,
    Life,
    Numbered,
    Said,
    Snoozed,
    StatusSet,
    Step,
    Tagged,
    Woken,
)
from otklik.tickets import events
from otklik.tickets.models import OPEN_CATEGORIES, Category, Message, Status, Ticket

PREVIEW = 200
_SYSTEM = Actor.system()
_SPOKEN_TO_US = frozenset({Category.PENDING, Category.ON_HOLD, Category.SOLVED})

type Told = Callable[[], DomainEvent]


@dataclass(slots=True)
class Replayed:
    """A ticket with everything that belongs to it, not yet saved; events are made once numbers are known."""

    life: Life
    ticket: Ticket
    said: list[tuple[Said, Message]] = field(default_factory=list)
    told: list[tuple[datetime, Actor, Told]] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)
    numbered: list[Numbered] = field(default_factory=list)


def preview_of(text: str) -> str:
    """Return the first words on one line; the same as the actions make."""
    line = " ".join(text[: PREVIEW * 4].split())
    return line if len(line) <= PREVIEW else f"{line[: PREVIEW - 1]}…"


def replay(life: Life) -> Replayed:
    """Walk through the steps of a life and return the ticket as it is at their end."""
    done = _Replay(life)
    for step in life.steps:
        done.take(step)
    return done.result


def _names(status: Status) -> dict[str, str]:
    return {"ru": status.name_ru, "en": status.name_en}


class _Replay:
    """The state while walking."""

    def __init__(self, life: Life) -> None:
        first = life.steps[0]
        assert isinstance(first, Said)
        self.life = life
        self.ticket = Ticket(
            subject=life.subject,
            subject_key=normal_form(life.subject)[:300],
            language=life.language,
            status=life.status,
            category=life.status.category,
            is_open=True,
            priority=life.priority,
            type=life.type,
            channel=life.channel,
            requester=life.requester,
            organization_id=life.requester.organization_id,
            team=life.channel.team,
            created_at=first.at,
            updated_at=first.at,
            activity_at=first.at,
            last_message_at=first.at,
            message_count=0,
        )
        self.result = Replayed(life, self.ticket)
        channel = life.channel
        self._tell(
            first.at,
            life.opened_by,
            lambda: events.TicketOpened(
                subject_id=self.ticket.pk, team_id=channel.team_id, channel=channel.name, channel_kind=channel.kind
            ),
        )

    def take(self, step: Step) -> None:
        """Apply one step."""
        ticket, told = self.ticket, len(self.result.told)
        match step:
            case Said():
                self._said(step)
            case Assigned():
                self._assigned(step)
            case StatusSet():
                self._set_status(step.at, step.by, step.status, automatic=step.automatic)
            case Tagged():
                ticket.tags_shown = [*ticket.tags_shown, *step.tags]
                ticket.version += 1
                self._tell(step.at, step.by, self._event(events.TicketTagged, added=list(step.tags)))
            case Edited():
                self._edited(step)
            case Snoozed():
                ticket.snoozed_until, ticket.woke_at = step.until, None
                ticket.version += 1
                self._tell(step.at, step.by, self._event(events.TicketSnoozed, until=step.until.isoformat()))
            case Woken():
                ticket.snoozed_until, ticket.woke_at, ticket.activity_at = None, step.at, step.at
                ticket.version += 1
                self._tell(step.at, _SYSTEM, self._event(events.TicketWoken, why="time"))
            case Joined():
                self._joined(step)
            case Numbered():
                self.result.numbered.append(step)
                self._tell(step.at, step.by, self._event(events.ReferencesChanged, added=[step.number]))
        if len(self.result.told) > told:  # what changes nothing leaves no trace
            ticket.updated_at = step.at

    def _tell(self, at: datetime, by: Actor, told: Told) -> None:
        self.result.told.append((at, by, told))

    def _event(self, kind: type[events.TicketEvent], **facts: Any) -> Told:
        team = self.ticket.team_id
        return lambda: kind(subject_id=self.ticket.pk, team_id=team, **facts)

    def _said(self, said: Said) -> None:
        ticket = self.ticket
        message = Message(
            ticket=ticket,
            kind=said.kind,
            author_kind=said.by.kind,
            author_id=said.by.id,
            author_name=said.by.name[:200],
            created_at=said.at,
            body_text=said.text,
            body_html=said.html,
            visible_text=said.visible or said.text,
            folded=said.folded,
            recipients=said.recipients,
            channel=self.life.channel,
            is_automatic=said.automatic,
        )
        self.result.said.append((said, message))
        ticket.message_count += 1
        team = ticket.team_id
        if said.kind == "note":
            self._tell(
                said.at, said.by, lambda: events.NoteAdded(subject_id=ticket.pk, team_id=team, message_id=message.pk)
            )
            return
        if said.kind == "incoming":
            self._heard(said, message)
            return
        self._front(said, message)
        ticket.awaits_us, ticket.woke_at, ticket.snoozed_until = False, None, None
        self._tell(
            said.at, said.by, lambda: events.MessageSent(subject_id=ticket.pk, team_id=team, message_id=message.pk)
        )
        wanted = said.status
        if wanted is not None:
            self._set_status(said.at, said.by, wanted)

    def _front(self, said: Said, message: Message) -> None:
        ticket = self.ticket
        ticket.activity_at = ticket.last_message_at = said.at
        ticket.last_author_kind = said.by.kind if said.kind == "reply" else "contact"
        ticket.last_author_name = (said.by.name if said.kind == "reply" else self._speaker(said))[:200]
        ticket.preview = preview_of(message.visible_text)

    def _speaker(self, said: Said) -> str:
        return said.by.name if said.by.kind == "contact" else self.life.requester.name

    def _heard(self, said: Said, message: Message) -> None:
        """The customer spoke: what his words do to a ticket, automatic ones nothing."""
        ticket, team = self.ticket, self.ticket.team_id
        message.author_kind, message.author_name = "contact", self._speaker(said)[:200]
        message.author_id = said.by.id if said.by.kind == "contact" else self.life.requester.pk
        automatic = said.automatic
        told: Told = lambda: events.MessageReceived(  # noqa: E731 - the number of the message is not known yet
            subject_id=ticket.pk, team_id=team, message_id=message.pk, automatic=automatic
        )
        if automatic:
            self._tell(said.at, said.by, told)
            return
        self._front(said, message)
        ticket.awaits_us = True
        if ticket.snoozed_until is not None:
            ticket.snoozed_until = None
            self._tell(said.at, said.by, self._event(events.TicketWoken, why="reply"))
        if ticket.category in _SPOKEN_TO_US:
            if ticket.category == Category.SOLVED:
                self._tell(said.at, said.by, self._event(events.TicketReopened))
            self._set_status(said.at, _SYSTEM, STATUSES["open"], automatic=True)
        self._tell(said.at, said.by, told)

    def _set_status(self, at: datetime, by: Actor, status: Status, *, automatic: bool = False) -> None:
        ticket, before = self.ticket, self.ticket.status
        if before.pk == status.pk:
            return
        ticket.status, ticket.category = status, status.category
        ticket.is_open = status.category in OPEN_CATEGORIES
        if ticket.is_open:
            ticket.solved_at = ticket.closed_at = None
        else:
            ticket.snoozed_until = None
            ticket.solved_at = at if status.category == Category.SOLVED else ticket.solved_at
            ticket.closed_at = at if status.category == Category.CLOSED else None
        ticket.woke_at = None
        ticket.version += 1
        told = self._event(
            events.StatusChanged, before_key=before.key, after_key=status.key, category=status.category,
            before_category=before.category, before=_names(before), after=_names(status), automatic=automatic,
        )  # fmt: skip
        self._tell(at, by, told)

    def _assigned(self, step: Assigned) -> None:
        ticket = self.ticket
        old_user, old_team = ticket.assignee, ticket.team
        if (old_user, old_team) == (step.assignee, step.team):
            return
        ticket.assignee, ticket.team, ticket.woke_at = step.assignee, step.team, None
        ticket.version += 1
        told = self._event(
            events.TicketAssigned,
            before_user=old_user.name if old_user else None,
            after_user=step.assignee.name if step.assignee else None,
            after_user_id=step.assignee.pk if step.assignee else None,
            before_team=old_team.name if old_team else None,
            after_team=step.team.name if step.team else None,
        )
        self._tell(step.at, step.by, told)

    def _edited(self, step: Edited) -> None:
        ticket = self.ticket
        changes: dict[str, list[Any]] = {}
        if step.priority is not None and step.priority != ticket.priority:
            changes["priority"] = [int(ticket.priority), int(step.priority)]
            ticket.priority = step.priority
        if step.type is not None and step.type != ticket.type:
            old = {"ru": ticket.type.name_ru, "en": ticket.type.name_en} if ticket.type else None
            changes["type"] = [old, {"ru": step.type.name_ru, "en": step.type.name_en}]
            ticket.type = step.type
        if changes:
            ticket.version += 1
            self._tell(step.at, step.by, self._event(events.TicketEdited, changes=changes))

    def _joined(self, step: Joined) -> None:
        person = {"contact_id": step.contact.pk, "name": step.contact.name, "address": step.address}
        self.ticket.people = [*self.ticket.people, person]
        self.result.joined.append(step)
        told = self._event(events.PersonAdded, name=step.contact.name, contact_id=step.contact.pk)
        self._tell(step.at, step.by, told)


STATUSES: dict[str, Status] = {}
"""The built-in statuses by key, filled by ``bulk.write`` before it replays."""
