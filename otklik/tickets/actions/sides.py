"""Writing to third parties about a ticket: side conversations, which its customer never sees.

What goes along is chosen message by message and file by file: nothing of the ticket leaves by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Invalid, NotFound
from otklik.core.events import record
from otklik.core.markup import html_to_text
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, clean_subject, locked, preview_of
from otklik.tickets.actions.drafting import bring_back, forget_draft, side_mode
from otklik.tickets.actions.files import take_files
from otklik.tickets.actions.forwarding import copy_chosen, quote_of, without_marks
from otklik.tickets.actions.meeting import look_for_unseen
from otklik.tickets.actions.replying import clean_body, not_empty
from otklik.tickets.actions.sending import undo_window
from otklik.tickets.actions.side_people import add_members, clean_people, locked_side, open_again, recount
from otklik.tickets.actions.status import apply_status
from otklik.tickets.actions.taking_back import call_back, close, free_files, held_message
from otklik.tickets.models import (
    Channel,
    Message,
    MessageKind,
    SideConversation,
    Step,
    Ticket,
)
from otklik.tickets.queries.directories import chosen_status

MOST_SIDES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What an agent writes to a third party: his words, his files, and what of the ticket goes along."""

    body_html: str = ""
    body_text: str = ""
    attachments: Sequence[int] = ()  # files the author uploaded
    forward: Sequence[int] = ()  # messages of the ticket whose words are quoted
    files: Sequence[int] = ()  # files of the ticket's messages


@dataclass(frozen=True, slots=True)
class SideSent:
    """What became of a letter: the conversation, the message, and the step that takes it back (None: not held)."""

    side: SideConversation
    message: Message
    step: Step | None


def open_side(
    ticket: Ticket,
    letter: Letter,
    *,
    subject: str,
    to: Sequence[str],
    cc: Sequence[str] = (),
    channel: Channel | None = None,
    status: str | None = None,
    hold: bool = False,
    by: Actor,
) -> SideSent:
    """Begin a side conversation with people outside, from the ticket's mailbox (or ``channel``).

    ``status`` is set along; ``hold`` keeps the letter back for the setting's seconds. Records ``side.opened`` and
    ``side.sent``. Raises ``Invalid`` naming the field: nobody to write to, an empty letter, the customer himself or
    our own mailbox among the people, a message or file that is not on this ticket.
    """
    text = clean_body(letter.body_html, letter.body_text)
    allowed(policies.can_reply, ticket, by)
    people = clean_people(to, cc)
    if not any(role == "to" for role, _address in people):
        raise Invalid(_("Enter an address to write to."), field="to")
    line = clean_subject(without_marks(subject))
    if not line:
        raise Invalid(_("Enter a subject."), field="subject")
    wanted = chosen_status(status, ticket.status_id) if status else None
    if wanted is not None:
        allowed(policies.can_change_status, ticket, by)
    with transaction.atomic():
        current = locked(ticket)
        if SideConversation.objects.filter(ticket=current).count() >= MOST_SIDES:
            raise Invalid(_("There are too many side conversations on this ticket."), field="to")
        at = now()
        side = SideConversation.objects.create(
            ticket=current, subject=line, channel=channel, last_message_at=at, created_at=at,
            begun_by_id=by.id if by.kind == "user" else None,
        )  # fmt: skip
        add_members(side, current, people, by=by)
        names = ", ".join(person["name"] or person["address"] for person in side.people)
        record(events.SideOpened(subject_id=current.pk, team_id=current.team_id, side_id=side.pk, people=names), by=by)
        sent = _send(current, side, letter, text, hold=hold, mode=side_mode(None), by=by)
        if wanted is not None:
            apply_status(current, wanted, by=by)
    return sent


def write_side(
    side: SideConversation,
    letter: Letter,
    *,
    to: Sequence[str] = (),
    cc: Sequence[str] = (),
    hold: bool = False,
    seen: int | None = None,
    by: Actor,
) -> SideSent:
    """Write on in a side conversation, to everybody in it and to the new people named; a closed one opens again.

    Records ``side.sent``. Raises as ``open_side`` does, and ``Unseen`` when others wrote in it after ``seen``.
    """
    text = clean_body(letter.body_html, letter.body_text)
    allowed(policies.can_reply, side.ticket, by)
    people = clean_people(to, cc)
    with transaction.atomic():
        current, fresh = locked_side(side)
        look_for_unseen(current, seen, side=fresh, by=by)
        add_members(fresh, current, people, by=by)
        sent = _send(current, fresh, letter, text, hold=hold, mode=side_mode(fresh), by=by)
        open_again(fresh, current, by=by)
    return sent


def _send(
    ticket: Ticket,
    side: SideConversation,
    letter: Letter,
    text: tuple[str, str],
    *,
    hold: bool,
    mode: str,
    by: Actor,
) -> SideSent:
    body, plain = text
    quoted = quote_of(ticket, letter.forward)
    not_empty(plain, body, [*letter.attachments, *letter.files, *letter.forward])
    body += quoted
    plain = "\n\n".join(part for part in (plain, html_to_text(quoted).strip() if quoted else "") if part)
    window = undo_window() if hold and by.kind == "user" and by.id is not None else timedelta(0)
    at = now()
    message = Message.objects.create(
        ticket=ticket, side=side, kind=MessageKind.SIDE_OUT, author_kind=by.kind, author_id=by.id,
        author_name=by.name[:200], created_at=at, body_text=plain, body_html=body, visible_text=plain,
        channel_id=side.channel_id or ticket.channel_id,
        recipients=[dict(person) for person in side.people],
    )  # fmt: skip
    take_files(message, letter.attachments, by=by)
    copy_chosen(ticket, message, letter.files)
    before = {name: getattr(side, name) for name in ("preview", "last_author_kind", "last_author_name")}
    held = {**before, "last_message_at": side.last_message_at.isoformat()}
    side.about = list(dict.fromkeys([*side.about, *letter.forward]))
    side.last_author_kind, side.last_author_name, side.last_message_at = "user", by.name[:200], at
    side.preview, side.is_unread, side.message_count = preview_of(text[1] or plain), False, side.message_count + 1
    side.save()
    recount(ticket)
    not_before = (at + window).isoformat() if window else None
    event = events.SideMessageSent(
        subject_id=ticket.pk, team_id=ticket.team_id, side_id=side.pk, message_id=message.pk, not_before=not_before
    )
    record(event, by=by)
    if by.kind == "user":
        forget_draft(ticket, mode=mode, by=by)
    if not window or by.id is None:
        return SideSent(side, message, None)
    data = {"side": side.pk, "message": message.pk, "before": held}
    step = Step.objects.create(kind="side", user_id=by.id, data=data, made_at=at, until=at + window)
    return SideSent(side, message, step)


def undo_side(step: Step, *, by: Actor) -> SideConversation:
    """Take a letter back before it leaves: its text and files are a draft of the conversation again.

    Records ``side.unsent``. Raises ``NotFound`` for somebody else's step, ``Conflict`` when it is too late. A second
    time changes nothing.
    """
    with transaction.atomic():
        held = SideConversation.objects.filter(pk=step.data["side"]).select_related("ticket").first()
        if held is None or step.user_id != by.id:
            raise NotFound
        allowed(policies.can_reply, held.ticket, by)
        ticket, side = locked_side(held, shelved=True)
        too_late = _("Too late: the letter is on its way.")
        fresh, message = held_message(step, too_late=too_late)
        if message is None:
            return side
        unsent = events.SideMessageUnsent(
            subject_id=ticket.pk, team_id=ticket.team_id, side_id=side.pk, message_id=message.pk
        )
        call_back(unsent, too_late=too_late, by=by)
        files = free_files(message, step.user_id)
        bring_back(ticket, mode=side_mode(side), text=message.body_html, attachments=files, user_id=step.user_id)
        message.delete()
        _restore(side, fresh.data["before"])
        close(fresh)
    return side


def _restore(side: SideConversation, before: dict[str, Any]) -> None:
    side.message_count -= 1
    newest = Message.objects.filter(side=side).order_by("-pk").first()
    if newest is None or newest.created_at <= datetime.fromisoformat(before["last_message_at"]):
        for name in ("preview", "last_author_kind", "last_author_name"):
            setattr(side, name, before[name])
        side.last_message_at = datetime.fromisoformat(before["last_message_at"])
    side.save()
