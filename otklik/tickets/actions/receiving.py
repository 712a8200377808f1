"""Taking in what customers say, in bulk: new tickets, messages on known ones, and what follows from them.

Intake writes a group of mails by one call inside one transaction, so a message costs a share of a statement, not a
dozen of its own. Everything else that speaks for a customer (a call entered by hand, the API) goes the same way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection

from otklik.contacts.models import Contact
from otklik.core.actor import Actor
from otklik.core.bulk import insert_rows, new_row, update_rows
from otklik.core.clock import now
from otklik.core.errors import NotFound
from otklik.core.events import DomainEvent, OutsideTransaction, record_many
from otklik.core.moments import clear_moments
from otklik.core.prepared import Prepared
from otklik.core.text import normal_form
from otklik.tickets import events
from otklik.tickets.actions.base import clean_subject, hold, off_shelf, preview_of, put_status
from otklik.tickets.actions.people import add_people
from otklik.tickets.actions.references import Reference, add_references
from otklik.tickets.actions.status import plan_closing, status_event
from otklik.tickets.models import (
    OPEN_CATEGORIES,
    Attachment,
    Category,
    Channel,
    Message,
    MessageKind,
    Priority,
    ScheduledReply,
    Status,
    Ticket,
)
from otklik.tickets.queries.directories import status_by_key

_SPOKEN_TO_US = frozenset({Category.PENDING, Category.ON_HOLD, Category.SOLVED})


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file of an incoming message: the stored blob and how the sender named it (cleaned)."""

    blob_id: int
    name: str
    content_type: str
    size: int
    inline: bool = False
    cid: str = ""


@dataclass(slots=True)
class Incoming:
    """What a customer says: on ``ticket``, or, when there is none, as a new one.

    ``quiet`` marks automatic answers and reports, which change no state. ``created_by`` is the colleague who brought
    the words in (a forward, a call); ``recorded`` ones he wrote down himself. ``people`` become participants.
    ``previous`` is the closed ticket that a new one continues. ``old_status`` marks an old message of an archive by the
    status in which its conversation is to end: it takes its place in time, on a closed ticket as well, and moves only
    what came before it.
    """

    author: Contact
    channel: Channel
    at: datetime
    subject: str = ""
    body_text: str = ""
    body_html: str = ""
    visible_text: str = ""
    folded: list[Any] = field(default_factory=list)
    ticket: Ticket | None = None
    attachments: Sequence[NewAttachment] = ()
    people: Sequence[tuple[Contact, str]] = ()
    foreign_refs: Sequence[Reference] = ()
    quiet: bool = False
    sender_checked: bool | None = None
    created_by: Actor | None = None
    recorded: bool = False
    previous: Ticket | None = None
    language: str = ""
    priority: int = Priority.NORMAL
    old_status: str = ""
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """Return who did it: the colleague who brought it in, else the person who wrote."""
        return self.created_by or Actor(kind="contact", id=self.author.pk, name=self.author.name)


@dataclass(frozen=True, slots=True)
class Received:
    """Where an incoming message ended."""

    ticket: Ticket
    message: Message
    opened: bool
    reopened: bool


def receive(items: Sequence[Incoming], *, also: Sequence[tuple[DomainEvent, Actor]] = ()) -> list[Received]:
    """Write incoming messages inside the caller's transaction and return where each ended, in the given order.

    An answer to a ticket that waits for the customer, is on hold or solved makes it open (``ticket.reopened`` for a
    solved one) and ends a snooze; one in the bin or in spam comes back (``ticket.restored``). An item that names a
    ticket must name one that is not closed otherwise, or be old. Records ``ticket.opened``, ``message.received`` and
    what else followed; before them the caller's own (``also``). Raises ``NotFound`` for a ticket that is gone.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction("Messages are received only inside a transaction.")
    if not items:
        return []
    known = _lock([item.ticket.pk for item in items if item.ticket is not None])
    tickets = [
        known[item.ticket.pk]
        if item.ticket is not None
        else new_ticket_row(item, status_by_key(item.old_status or "new"))
        for item in items
    ]
    insert_rows([ticket for ticket in tickets if ticket.pk is None])
    messages = [_message(item, ticket) for item, ticket in zip(items, tickets, strict=True)]
    insert_rows(messages)
    _write_files(items, messages)
    told, reopened = _follow(items, tickets, messages)
    update_rows(list(known.values()), [*_MOVED, "created_at"] if any(item.old_status for item in items) else _MOVED)
    record_many([*also, *told])
    _add_others(items, tickets)
    return [
        Received(ticket, message, opened=item.ticket is None, reopened=message.pk in reopened)
        for item, ticket, message in zip(items, tickets, messages, strict=True)
    ]


_MOVED = [
    "status", "category", "is_open", "solved_at", "closed_at", "snoozed_until", "woke_at", "activity_at",
    "last_message_at", "last_author_kind", "last_author_name", "preview", "message_count", "awaits_us", "updated_at",
    "version", "shelf", "shelved_at", "shelved_status",
]  # fmt: skip


def _lock(numbers: Iterable[int]) -> dict[int, Ticket]:
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    hold(wanted)
    known = {ticket.pk: ticket for ticket in _by_number(wanted)}
    if len(known) < len(wanted):
        raise NotFound
    return known


_by_number: Final = Prepared(
    lambda numbers: Ticket.objects.select_related("status", "channel").filter(pk__in=numbers).order_by("pk")
)


def new_ticket_row(item: Incoming, status: Status) -> Ticket:
    """Return the row of a new ticket, not saved yet."""
    subject = clean_subject(item.subject) or preview_of(item.visible_text or item.body_text)[:80] or "—"
    ticket = new_row(
        Ticket,
        subject=subject,
        subject_key=normal_form(subject)[:300],
        language=item.language or item.channel.language,
        status=status,
        category=status.category,
        is_open=status.category in OPEN_CATEGORIES,
        solved_at=item.at if status.category == Category.SOLVED else None,
        closed_at=item.at if status.category == Category.CLOSED else None,
        awaits_us=status.category in OPEN_CATEGORIES,
        priority=item.priority,
        channel=item.channel,
        requester=item.author,
        organization_id=item.author.organization_id,
        team_id=item.channel.team_id,
        previous=item.previous,
        created_at=item.at,
        updated_at=now(),
        activity_at=item.at,
        last_message_at=item.at,
        last_author_kind="contact",
        last_author_name=item.author.name[:200],
        preview=preview_of(item.visible_text or item.body_text),
        message_count=1,
        fields=item.fields,
    )
    if Contact.organization.is_cached(item.author):
        ticket.organization = item.author.organization
    return ticket


def _message(item: Incoming, ticket: Ticket) -> Message:
    return new_row(
        Message,
        ticket=ticket,
        kind=MessageKind.INCOMING,
        author_kind="contact",
        author_id=item.author.pk,
        author_name=item.author.name[:200],
        created_at=item.at,
        body_text=item.body_text,
        body_html=item.body_html,
        visible_text=item.visible_text or item.body_text,
        folded=item.folded,
        channel=item.channel,
        is_automatic=item.quiet,
        sender_checked=item.sender_checked,
        recorded=_recorded(item),
    )


def _recorded(item: Incoming) -> dict[str, str] | None:
    """Return who wrote the words down and how they came, as shown now."""
    if not item.recorded or item.created_by is None:
        return None
    return {"by": item.created_by.name[:200], "channel": item.channel.name, "kind": item.channel.kind}


def _write_files(items: Sequence[Incoming], messages: Sequence[Message]) -> None:
    files = [
        new_row(
            Attachment,
            message=message,
            ticket_id=message.ticket_id,
            blob_id=file.blob_id,
            name=file.name,
            content_type=file.content_type[:120],
            size=file.size,
            inline=file.inline,
            cid=file.cid[:255],
            created_at=item.at,
        )
        for item, message in zip(items, messages, strict=True)
        for file in item.attachments
    ]
    if files:
        insert_rows(files)


def _follow(
    items: Sequence[Incoming], tickets: Sequence[Ticket], messages: Sequence[Message]
) -> tuple[list[tuple[DomainEvent, Actor]], set[int]]:
    """Move known tickets as the new messages ask; return the events to record and the messages that reopened."""
    told: list[tuple[DomainEvent, Actor]] = []
    reopened: set[int] = set()
    woken: list[int] = []
    for item, ticket, message in zip(items, tickets, messages, strict=True):
        if item.ticket is None:
            told.append((_opened(item, ticket), item.actor))
        elif item.old_status:
            told += _place(item, ticket)
        elif item.quiet or item.sender_checked is False:  # a forged sender moves nothing, even when he is let in
            ticket.message_count += 1
            ticket.updated_at = now()
        else:
            told += _move(item, ticket, message, reopened, woken)
        received = events.MessageReceived(
            subject_id=ticket.pk, team_id=ticket.team_id, message_id=message.pk, automatic=item.quiet,
            recorded=item.recorded,
        )  # fmt: skip
        told.append((received, item.actor))
    clear_moments("ticket.wake", events.SUBJECT_TICKET, woken)
    return told, reopened


def _opened(item: Incoming, ticket: Ticket) -> events.TicketOpened:
    return events.TicketOpened(
        subject_id=ticket.pk,
        team_id=ticket.team_id,
        channel=item.channel.name,
        channel_kind=item.channel.kind,
        previous=item.previous.pk if item.previous else None,
    )


def _move(
    item: Incoming, ticket: Ticket, message: Message, reopened: set[int], woken: list[int]
) -> list[tuple[DomainEvent, Actor]]:
    """Bring a known ticket to the front for an answer of the customer."""
    told: list[tuple[DomainEvent, Actor]] = []
    if ticket.shelf is not None:
        bring_out(ticket)
        ticket.version += 1
        told.append((events.TicketRestored(subject_id=ticket.pk, team_id=ticket.team_id), item.actor))
    ticket.message_count += 1
    ticket.updated_at = now()
    ticket.activity_at = ticket.last_message_at = max(item.at, ticket.last_message_at)
    ticket.last_author_kind, ticket.last_author_name = "contact", item.author.name[:200]
    ticket.preview = preview_of(item.visible_text or item.body_text)
    ticket.awaits_us = True
    if ticket.reply_due_at is not None:
        overtaken = events.ReplyOvertaken(
            subject_id=ticket.pk, team_id=ticket.team_id, send_at=ticket.reply_due_at.isoformat(),
            user_ids=sorted(set(ScheduledReply.objects.filter(ticket=ticket).values_list("user_id", flat=True))),
        )  # fmt: skip
        told.append((overtaken, item.actor))
    if ticket.snoozed_until is not None:
        ticket.snoozed_until = None
        woken.append(ticket.pk)
        told.append((events.TicketWoken(subject_id=ticket.pk, team_id=ticket.team_id, why="reply"), item.actor))
    if ticket.category in _SPOKEN_TO_US:
        before, was_solved = ticket.status, ticket.category == Category.SOLVED
        after = status_by_key("open")
        put_status(ticket, after)
        ticket.version += 1
        if was_solved:
            reopened.add(message.pk)
            told.append((events.TicketReopened(subject_id=ticket.pk, team_id=ticket.team_id), item.actor))
            plan_closing(ticket, was=before.category)
        told.append((status_event(ticket, before, after, automatic=True), Actor.system()))
    return told


def _place(item: Incoming, ticket: Ticket) -> list[tuple[DomainEvent, Actor]]:
    """Put an old message where it belongs in time; it opens again only what was over before it was written."""
    ticket.message_count += 1
    ticket.updated_at = now()
    ticket.created_at = min(ticket.created_at, item.at)
    if item.at <= ticket.last_message_at or item.quiet or item.sender_checked is False:
        return []
    ticket.last_message_at, ticket.activity_at = item.at, max(item.at, ticket.activity_at)
    ticket.last_author_kind, ticket.last_author_name = "contact", item.author.name[:200]
    ticket.preview = preview_of(item.visible_text or item.body_text)
    before, after = ticket.status, status_by_key(item.old_status)
    over_at = ticket.closed_at or ticket.solved_at
    if over_at is not None and over_at < item.at and after.category in OPEN_CATEGORIES:
        put_status(ticket, after)
        ticket.version += 1
        plan_closing(ticket, was=before.category)
        ticket.awaits_us = True
        return [(status_event(ticket, before, after, automatic=True), Actor.system())]
    if over_at is not None and ticket.closed_at == over_at < item.at:
        ticket.closed_at = item.at
    ticket.awaits_us = ticket.is_open
    return []


def bring_out(ticket: Ticket, *, opens: bool = True) -> list[str]:
    """Take a locked ticket out of the bin or spam in the status it had; return the fields to save.

    With ``opens`` one that was closed before it went there is open.
    """
    held = Status.objects.filter(pk=ticket.shelved_status or 0).first()
    closed = held is not None and held.category == Category.CLOSED
    return put_status(ticket, status_by_key("open") if held is None or (closed and opens) else held) + off_shelf(ticket)


def _add_others(items: Sequence[Incoming], tickets: Sequence[Ticket]) -> None:
    for item, ticket in zip(items, tickets, strict=True):
        if item.people:
            add_people([(ticket, item.people)], by=item.actor)
    pairs = [(ticket, item.foreign_refs) for item, ticket in zip(items, tickets, strict=True) if item.foreign_refs]
    if pairs:
        add_references(pairs, by=Actor.system())
