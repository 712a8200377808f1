"""Opening a ticket by hand or by a program: the customer's words are recorded as an incoming message."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.accounts.models import Team, User
from otklik.contacts.actions import add_contact, clean_address, ensure_contacts
from otklik.contacts.models import Contact
from otklik.contacts.queries import primary_address
from otklik.core.actor import Actor
from otklik.core.bulk import insert_rows
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid
from otklik.core.events import record
from otklik.core.text import normal_address
from otklik.tickets import events
from otklik.tickets.actions.assigning import KEEP, apply_assignment
from otklik.tickets.actions.base import clean_subject
from otklik.tickets.actions.files import take_files
from otklik.tickets.actions.receiving import Incoming, new_ticket_row, receive
from otklik.tickets.actions.references import Reference, clean_reference
from otklik.tickets.actions.replying import clean_body, not_empty, reply
from otklik.tickets.actions.saving import NUMBER_LATER
from otklik.tickets.actions.sending import schedule_reply
from otklik.tickets.actions.status import apply_status
from otklik.tickets.actions.tagging import apply_tags, clean_tags
from otklik.tickets.models import Channel, Priority, Ticket, TicketType
from otklik.tickets.queries.directories import check_type, chosen_status, default_channel, status_by_key


def open_ticket(
    *,
    subject: str,
    requester: Contact | None = None,
    requester_email: str = "",
    requester_name: str = "",
    requester_phone: str = "",
    body_html: str = "",
    body_text: str = "",
    channel: Channel,
    priority: int = Priority.NORMAL,
    kind: TicketType | None = None,
    status: str | None = None,
    team: Team | None = KEEP,
    assignee: User | None = KEEP,
    tags: Iterable[str] = (),
    foreign_refs: Sequence[Reference] = (),
    fields: dict[str, Any] | None = None,
    attachments: Sequence[int] = (),
    by: Actor,
) -> Ticket:
    """Open a ticket for a person, known or named by address or name; return it.

    Records ``ticket.opened`` and ``message.received`` (and what else is set). Raises ``Invalid`` naming the field:
    ``subject``, ``requester``, ``body``, ``priority``, ``status``, ``tags``, ``foreign_refs``, ``attachments``.
    """
    if not rights.can(by, "tickets.open"):
        raise Forbidden(_("You have no right to do this."))
    line = _head(subject, priority)
    html, text = clean_body(body_html, body_text)
    not_empty(text, html, attachments)
    wanted_status = chosen_status(status) if status else None
    wanted_tags = clean_tags(tags)
    references = [clean_reference(*reference) for reference in foreign_refs]
    if requester is None:
        say_who(requester_email, requester_name, requester_phone)
    with transaction.atomic():
        person = requester or person_of(requester_email, requester_name, requester_phone, by=by)
        item = Incoming(
            author=person,
            channel=channel,
            at=now(),
            subject=line,
            body_html=html,
            body_text=text,
            visible_text=text,
            created_by=by,
            foreign_refs=references,
            priority=priority,
            fields=fields or {},
        )
        received = receive([item])[0]
        ticket = received.ticket
        take_files(received.message, attachments, by=by)
        _set_rest(ticket, kind=kind, by=by, tags=wanted_tags, team=team, assignee=assignee)
        if wanted_status is not None:
            apply_status(ticket, wanted_status, by=by)
    return ticket


def write_first(
    *,
    subject: str,
    requester: Contact | None = None,
    requester_email: str = "",
    requester_name: str = "",
    body_html: str = "",
    body_text: str = "",
    channel: Channel | None = None,
    status: str | None = "pending",
    team: Team | None = KEEP,
    assignee: User | None = KEEP,
    tags: Iterable[str] = (),
    kind: TicketType | None = None,
    priority: int = Priority.NORMAL,
    attachments: Sequence[int] = (),
    cc: Sequence[str] = (),
    not_before: datetime | None = None,
    send_at: datetime | None = None,
    by: Actor,
) -> Ticket:
    """Begin by writing to a customer: open a ticket whose first message is ours, and send it; return the ticket.

    ``channel`` is the mailbox it leaves from, the first one when none is given; ``cc`` become participants. Where the
    text says ``{{ ticket.number }}`` it gets the number. Mails leave not before ``not_before``; with ``send_at`` the
    letter waits on the ticket until then. Records ``ticket.opened`` and ``message.sent`` or ``reply.scheduled``.
    Raises ``Invalid`` naming the field; nothing is kept then.
    """
    if not (rights.can(by, "tickets.open") and rights.can(by, "tickets.reply")):
        raise Forbidden(_("You have no right to do this."))
    line = _head(subject, priority)
    box = _mailbox(channel)
    wanted_tags = clean_tags(tags)
    copies = _copies(cc)
    html, _text = clean_body(body_html, body_text)
    if not requester_email.strip() and requester is None:
        raise Invalid(_("Enter an address to write to."), field="email")
    with transaction.atomic():
        person = requester or person_of(requester_email, requester_name, "", by=by)
        address = clean_address(requester_email) if requester_email.strip() else primary_address(person)
        if not address:
            raise Invalid(_("Enter an address to write to."), field="email")
        item = Incoming(author=person, channel=box, at=now(), subject=line, visible_text=body_text, priority=priority)
        ticket = new_ticket_row(item, status_by_key("open"))
        ticket.message_count, ticket.awaits_us, ticket.preview = 0, False, ""
        insert_rows([ticket])
        opened = events.TicketOpened(
            subject_id=ticket.pk, team_id=ticket.team_id, channel=box.name, channel_kind=box.kind, outgoing=True
        )
        record(opened, by=by)
        _set_rest(ticket, kind=kind, by=by, tags=wanted_tags, team=team, assignee=assignee)
        words: dict[str, Any] = {
            "body_html": html.replace(NUMBER_LATER, str(ticket.pk)), "attachments": list(attachments),
            "to": [address], "cc": copies, "status": status, "by": by,
        }  # fmt: skip
        if send_at is not None:
            schedule_reply(ticket, send_at=send_at, **words)
        else:
            reply(ticket, not_before=not_before, **words)
    return ticket


def _head(subject: str, priority: int) -> str:
    """Return the subject as it is kept; raises ``Invalid`` when it or the priority cannot be taken."""
    if not (line := clean_subject(subject)):
        raise Invalid(_("Enter a subject."), field="subject")
    if priority not in Priority.values:
        raise Invalid(_("There is no such priority."), field="priority")
    return line


def _mailbox(channel: Channel | None) -> Channel:
    box = channel or default_channel("email")
    if box is None or box.kind != "email":
        raise Invalid(_("Choose a mailbox to write from."), field="channel")
    return box


def _copies(addresses: Sequence[str]) -> list[str]:
    try:
        return [clean_address(address) for address in addresses if address.strip()]
    except Invalid as error:
        raise Invalid(str(error.message), field="cc") from error


def say_who(email: str, name: str, phone: str) -> None:
    """Raise ``Invalid`` when nothing says who asks."""
    if not (email.strip() or name.strip() or phone.strip()):
        raise Invalid(_("Say who asks: a name, an address or a phone."), field="requester")


def person_of(email: str, name: str, phone: str, *, by: Actor) -> Contact:
    """Return the contact with the address, or add one with what is known."""
    if email.strip():
        address = clean_address(email)
        known = ensure_contacts([(address, name)], by=by)
        return known[normal_address(address)]
    return add_contact(name=name or phone, phone=phone, by=by)


def _set_rest(
    ticket: Ticket,
    *,
    kind: TicketType | None,
    tags: dict[str, str],
    team: Team | None,
    assignee: User | None,
    by: Actor,
) -> None:
    """Set what was asked for besides, on a ticket that this transaction has just made."""
    check_type(kind)
    if kind is not None:
        ticket.type = kind
        ticket.save(update_fields=["type"])
    if tags:
        apply_tags(ticket, tags, by=by)
    if team is not KEEP or assignee is not KEEP:
        if assignee is not KEEP and assignee is not None and (not assignee.is_active or assignee.role == "observer"):
            raise Invalid(_("This person cannot be given tickets."), field="assignee")
        apply_assignment(ticket, assignee=assignee, team=team, by=by)
