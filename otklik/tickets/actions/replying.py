"""Answering the customer, writing notes, and recording what he said by other ways."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.contacts.actions import clean_address, ensure_contacts
from otklik.contacts.models import Contact
from otklik.contacts.queries import contacts_by_address, primary_address
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid
from otklik.core.events import record
from otklik.core.markup import clean_reply, html_to_text, text_to_html
from otklik.core.text import normal_address
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, copy_state, end_snooze, locked, preview_of, touch
from otklik.tickets.actions.files import take_files
from otklik.tickets.actions.following import call_mentioned
from otklik.tickets.actions.meeting import look_for_unseen
from otklik.tickets.actions.people import add_people
from otklik.tickets.actions.receiving import Incoming, Received, receive
from otklik.tickets.actions.status import apply_status
from otklik.tickets.models import Category, Channel, Message, MessageKind, Ticket
from otklik.tickets.queries.directories import chosen_status, status_by_key

LONGEST = 1_000_000
_LONGEST_WORK = 24 * 3600
_LONGEST_AGO = timedelta(days=31)


def reply(
    ticket: Ticket,
    *,
    body_html: str = "",
    body_text: str = "",
    attachments: Sequence[int] = (),
    to: Sequence[str] | None = None,
    cc: Sequence[str] | None = None,
    status: str | None = None,
    seen: int | None = None,
    not_before: datetime | None = None,
    channel: Channel | None = None,
    spent: int | None = None,
    by: Actor,
) -> Message:
    """Answer the customer and, in the same transaction, queue the mails that carry the answer.

    ``to`` is the requester unless addresses are given; ``cc`` all participants unless a list is given (new addresses
    become participants). ``status`` is set along; without it a new ticket becomes open. ``seen`` is the newest message
    that the author has seen; mails leave not before ``not_before``, from the mailbox ``channel`` if one is given.
    Records ``message.sent``. Raises ``Invalid`` naming the field (an empty answer, a file that is gone, no address) and
    ``Unseen`` when others wrote after ``seen``.
    """
    html, text = clean_body(body_html, body_text)
    allowed(policies.can_reply, ticket, by)
    wanted = chosen_status(status, ticket.status_id) if status else None
    if wanted is not None:
        allowed(policies.can_change_status, ticket, by)
    to_shown = [clean_address(address) for address in to] if to else None
    cc_shown = [clean_address(address) for address in cc] if cc is not None else None
    not_empty(text, html, attachments)
    with transaction.atomic():
        current = locked(ticket)
        look_for_unseen(current, seen, by=by)
        recipients = _recipients(current, to_shown, cc_shown, by=by)
        message = _write(
            current, MessageKind.REPLY, html, text, attachments, by=by, recipients=recipients, channel=channel,
            spent=spent,
        )  # fmt: skip
        current.activity_at = current.last_message_at = message.created_at
        current.last_author_kind, current.last_author_name = "user", by.name[:200]
        current.preview, current.awaits_us, current.woke_at = preview_of(text), False, None
        touch(
            current, "activity_at", "last_message_at", "last_author_kind", "last_author_name", "preview",
            "awaits_us", "woke_at", "message_count", *end_snooze(current), versioned=False,
        )  # fmt: skip
        record(
            events.MessageSent(
                subject_id=current.pk,
                team_id=current.team_id,
                message_id=message.pk,
                not_before=not_before.isoformat() if not_before else None,
            ),
            by=by,
        )
        if wanted is None and current.category == Category.NEW:
            wanted = status_by_key("open")
        if wanted is not None:
            apply_status(current, wanted, by=by)
    copy_state(current, ticket)
    return message


def add_note(
    ticket: Ticket,
    *,
    body_html: str = "",
    body_text: str = "",
    attachments: Sequence[int] = (),
    spent: int | None = None,
    by: Actor,
) -> Message:
    """Write a note that only colleagues see; the state of the ticket stays. Those called by ``@`` follow the ticket.

    Records ``note.added`` and ``note.mentioned``.
    """
    html, text = clean_body(body_html, body_text)
    allowed(policies.can_note, ticket, by)
    not_empty(text, html, attachments)
    with transaction.atomic():
        current = locked(ticket)
        message = _write(current, MessageKind.NOTE, html, text, attachments, by=by, spent=spent)
        touch(current, "message_count", versioned=False)
        record(events.NoteAdded(subject_id=current.pk, team_id=current.team_id, message_id=message.pk), by=by)
        call_mentioned(current, message, by=by)
    copy_state(current, ticket)
    return message


def add_incoming(
    ticket: Ticket,
    *,
    body_html: str = "",
    body_text: str = "",
    attachments: Sequence[int] = (),
    channel: Channel | None = None,
    author: int | None = None,
    at: datetime | None = None,
    by: Actor,
) -> Message:
    """Record the customer's words that came by another way (a call, a visit, a messenger); they count as his message.

    ``channel`` is how they came (the ticket's own when none is given), ``author`` the id of who said them: the
    requester, or somebody who takes part; ``at`` when, now or up to ``_LONGEST_AGO`` back. Records
    ``message.received`` and what follows from a message: a ticket that waits or is solved is open again. Raises
    ``Invalid`` naming the field.
    """
    html, text = clean_body(body_html, body_text)
    allowed(policies.can_reply, ticket, by)
    not_empty(text, html, attachments)
    present = now()
    if at is not None and not present - _LONGEST_AGO <= at <= present:
        raise Invalid(_("The time lies within the last 31 days, and not ahead."), field="at")
    with transaction.atomic():
        current = locked(ticket)
        if current.category == Category.CLOSED:
            raise Invalid(_("The ticket is closed: open a new one."), field="kind")
        item = Incoming(
            author=_who_said(current, author), channel=channel or current.channel, at=at or present, ticket=current,
            body_html=html, body_text=text, visible_text=text, created_by=by, recorded=True,
        )  # fmt: skip
        received: Received = receive([item])[0]
        take_files(received.message, attachments, by=by)
    copy_state(received.ticket, ticket)
    return received.message


def _who_said(ticket: Ticket, contact_id: int | None) -> Contact:
    """Return the requester, or the person of the conversation who was named."""
    known = {ticket.requester_id} | {person["contact_id"] for person in ticket.people}
    if contact_id is not None and contact_id not in known:
        raise Invalid(_("This person does not take part in the ticket: add him first."), field="author")
    return Contact.objects.get(pk=contact_id or ticket.requester_id)


def clean_body(body_html: str, body_text: str) -> tuple[str, str]:
    """Return clean HTML and its text, whichever of the two was given; done before the transaction begins."""
    if len(body_html) > LONGEST or len(body_text) > LONGEST:
        raise Invalid(_("The text is longer than a million characters."), field="body")
    if body_html.strip():
        html = clean_reply(body_html)
        return html, html_to_text(html).strip()
    text = body_text.replace("\x00", "").replace("\r\n", "\n").strip()
    return (text_to_html(text) if text else ""), text


def not_empty(text: str, html: str, attachments: Sequence[int]) -> None:
    """Raise ``Invalid`` when nothing is said: no words, no picture and no file."""
    if not text and "<img" not in html and not attachments:
        raise Invalid(_("Write something first."), field="body")


def _write(
    ticket: Ticket,
    kind: MessageKind,
    html: str,
    text: str,
    attachments: Sequence[int],
    *,
    by: Actor,
    recipients: list[dict[str, Any]] | None = None,
    channel: Channel | None = None,
    spent: int | None = None,
) -> Message:
    if by.kind == "user" and not rights.can(by, "tickets.note"):
        raise Forbidden(_("You have no right to do this."))
    message = Message.objects.create(
        ticket=ticket,
        kind=kind,
        author_kind=by.kind,
        author_id=by.id,
        author_name=by.name[:200],
        created_at=now(),
        body_text=text,
        body_html=html,
        visible_text=text,
        channel_id=channel.pk if channel else ticket.channel_id,
        recipients=recipients or [],
        spent_seconds=clean_time(spent),
    )
    ticket.message_count += 1
    if message.spent_seconds:
        ticket.spent_seconds = (ticket.spent_seconds or 0) + message.spent_seconds
        ticket.save(update_fields=["spent_seconds"])
    take_files(message, attachments, by=by)
    return message


def clean_time(spent: int | None) -> int | None:
    """Return a time that somebody may have worked on one message: none, or up to a day. Raises ``Invalid``."""
    if not spent:
        return None
    if not 0 < spent <= _LONGEST_WORK:
        raise Invalid(_("The time spent is at most a day."), field="spent_seconds")
    return spent


def _recipients(
    ticket: Ticket, to: Sequence[str] | None, cc: Sequence[str] | None, *, by: Actor
) -> list[dict[str, Any]]:
    """Return who gets the answer, each address once; addresses in ``cc`` that are new become participants."""
    people: list[tuple[str, Contact, str]] = []
    if to:
        known = ensure_contacts([(address, "") for address in to], by=by)
        people += [("to", known[normal_address(address)], address) for address in to]
    else:
        requester = Contact.objects.prefetch_related("addresses").get(pk=ticket.requester_id)
        if address := primary_address(requester):
            people.append(("to", requester, address))
    if cc is None:
        shown = {normal_address(person["address"]): person["address"] for person in ticket.people}
        found = contacts_by_address(shown) if shown else {}
        people += [("cc", found[address], shown[address]) for address in shown if address in found]
    elif cc:
        known = ensure_contacts([(address, "") for address in cc], by=by)
        pairs = [(known[normal_address(address)], address) for address in cc]
        add_people([(ticket, pairs)], by=by)
        people += [("cc", contact, address) for contact, address in pairs]
    unique: dict[str, dict[str, Any]] = {}
    for role, contact, address in people:
        entry = {"role": role, "name": contact.name, "address": address, "contact_id": contact.pk}
        unique.setdefault(normal_address(address), entry)
    return list(unique.values())
