"""What comes back from third parties, and what becomes of it: unread, read, closed, a note, a quote, another ticket."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from otklik.contacts.models import Contact
from otklik.core.actor import Actor
from otklik.core.errors import Invalid, NotFound
from otklik.core.events import OutsideTransaction, record
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, preview_of, touch
from otklik.tickets.actions.drafting import bring_back, side_mode
from otklik.tickets.actions.forwarding import copy_files, quote_html
from otklik.tickets.actions.receiving import NewAttachment, bring_out
from otklik.tickets.actions.replying import add_note, clean_body
from otklik.tickets.actions.side_people import add_members, locked_side, open_again, recount
from otklik.tickets.actions.status import plan_closing
from otklik.tickets.models import (
    Attachment,
    Category,
    Channel,
    Draft,
    Message,
    MessageKind,
    SideConversation,
    Ticket,
)


@dataclass(slots=True)
class SideIncoming:
    """A letter of a third party (``author``), or of a colleague who wrote from his own mailbox (``colleague``).

    ``quiet`` marks automatic answers: they are kept and move nothing.
    """

    side: SideConversation
    author: Contact | None
    channel: Channel
    at: datetime
    body_text: str = ""
    body_html: str = ""
    visible_text: str = ""
    folded: list[Any] = field(default_factory=list)
    attachments: Sequence[NewAttachment] = ()
    quiet: bool = False
    sender_checked: bool | None = None
    colleague: Actor | None = None
    name: str = ""  # as he signs; stands where we know him by his address only

    @property
    def actor(self) -> Actor:
        """Return who wrote."""
        if self.colleague is not None:
            return self.colleague
        assert self.author is not None
        return Actor(kind="contact", id=self.author.pk, name=self.name or self.author.name)


def receive_side(item: SideIncoming) -> Message:
    """Write a letter into its side conversation, inside the caller's transaction.

    The ticket keeps its status, its place in the lists and what the customer sees, and comes out of the bin or spam;
    the conversation becomes unread and open. Records ``side.received``. Raises ``NotFound`` when the conversation is
    gone.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction("Messages are received only inside a transaction.")
    ticket, side = locked_side(item.side, shelved=True)
    by = item.actor
    moves = not item.quiet and item.sender_checked is not False
    if moves and ticket.shelf is not None:
        touch(ticket, *bring_out(ticket, opens=False))
        plan_closing(ticket, was=Category.CLOSED)
        record(events.TicketRestored(subject_id=ticket.pk, team_id=ticket.team_id), by=by)
    message = Message.objects.create(
        ticket=ticket, side=side, kind=MessageKind.SIDE_IN, author_kind=by.kind, author_id=by.id,
        author_name=by.name[:200], created_at=item.at, body_text=item.body_text, body_html=item.body_html,
        visible_text=item.visible_text or item.body_text, folded=item.folded, channel=item.channel,
        is_automatic=item.quiet, sender_checked=item.sender_checked,
    )  # fmt: skip
    Attachment.objects.bulk_create(
        Attachment(
            message=message, ticket=ticket, blob_id=file.blob_id, name=file.name, content_type=file.content_type[:120],
            size=file.size, inline=file.inline, cid=file.cid[:255], created_at=item.at,
        )
        for file in item.attachments
    )  # fmt: skip
    side.message_count += 1
    fields = ["message_count"]
    if item.name and by.kind == "contact":
        side.people = [{**row, "name": item.name} if row["contact_id"] == by.id else row for row in side.people]
        fields.append("people")
    if moves:
        side.is_unread, side.last_message_at = True, max(item.at, side.last_message_at)
        side.last_author_kind, side.last_author_name = by.kind, by.name[:200]
        side.preview = preview_of(message.visible_text)
        fields += ["is_unread", "last_message_at", "last_author_kind", "last_author_name", "preview"]
    side.save(update_fields=fields)
    received = events.SideMessageReceived(
        subject_id=ticket.pk, team_id=ticket.team_id, side_id=side.pk, message_id=message.pk, automatic=not moves
    )
    record(received, by=by)
    if moves:
        open_again(side, ticket, by=Actor.system())
        recount(ticket)
    return message


def let_in(side: SideConversation, address: str, *, by: Actor) -> bool:
    """Let a sender whose held letter was accepted write in a side conversation from now on, inside the caller's
    transaction; false for the customer and other participants of the ticket, who never join."""
    ticket, fresh = locked_side(side, shelved=True)
    try:
        add_members(fresh, ticket, [("cc", address)], by=by)
    except Invalid:
        return False
    return True


def read_side(side: SideConversation, *, by: Actor) -> bool:
    """Note that the answers were looked at; false when nothing was unread. Records ``side.read``."""
    allowed(policies.can_note, side.ticket, by)
    with transaction.atomic():
        ticket, fresh = locked_side(side, shelved=True)
        if not SideConversation.objects.filter(pk=fresh.pk, is_unread=True).update(is_unread=False):
            return False
        recount(ticket)
        record(events.SideRead(subject_id=ticket.pk, team_id=ticket.team_id, side_id=fresh.pk), by=by)
    return True


def close_side(side: SideConversation, *, by: Actor) -> bool:
    """End a side conversation: what comes later opens it again. One that holds nothing is taken away.

    Records ``side.closed`` or ``side.dropped``; false when it was closed already.
    """
    allowed(policies.can_reply, side.ticket, by)
    with transaction.atomic():
        ticket, fresh = locked_side(side)
        if not fresh.message_count and not Message.objects.filter(side=fresh).exists():
            Draft.objects.filter(ticket=ticket, mode=side_mode(fresh)).delete()
            fresh.delete()
            recount(ticket)
            record(events.SideDropped(subject_id=ticket.pk, team_id=ticket.team_id, side_id=side.pk), by=by)
            return True
        if not SideConversation.objects.filter(pk=fresh.pk, is_open=True).update(is_open=False, is_unread=False):
            return False
        recount(ticket)
        record(events.SideClosed(subject_id=ticket.pk, team_id=ticket.team_id, side_id=fresh.pk), by=by)
    return True


def reopen_side(side: SideConversation, *, by: Actor) -> bool:
    """Open a closed side conversation; false when it is open. Records ``side.reopened``."""
    allowed(policies.can_reply, side.ticket, by)
    with transaction.atomic():
        ticket, fresh = locked_side(side)
        return open_again(fresh, ticket, by=by)


def side_to_note(message: Message, *, by: Actor) -> Message:
    """Keep a letter of a side conversation, with its files, as a note of the ticket; the same again changes nothing.

    Records ``note.added``. The customer sees neither.
    """
    side = _of_side(message)
    allowed(policies.can_note, message.ticket, by)
    words = _("From the side conversation “%(subject)s”") % {"subject": side.subject}
    body, _text = clean_body(f"<p>{escape(words)}</p>{quote_html(message, named=True)}", "")
    with transaction.atomic():
        ticket, _side = locked_side(side)
        mine = Message.objects.filter(ticket=ticket, kind=MessageKind.NOTE, author_kind=by.kind, author_id=by.id)
        held = mine.filter(body_html=body, removed_at__isnull=True).first()
        if held is not None:
            return held
        files = copy_files(list(message.attachments.all()), message=None, user_id=by.id)
        return add_note(ticket, body_html=body, attachments=[file.pk for file in files], by=by)


def quote_side(message: Message, *, by: Actor) -> Ticket:
    """Put the words of a third party, without his name, and his files into the actor's draft of the reply.

    Nothing is sent: the agent reads it and sends it himself. A second time changes nothing.
    """
    side = _of_side(message)
    allowed(policies.can_reply, message.ticket, by)
    if by.kind != "user" or by.id is None:
        raise NotFound
    quote = f"<p></p>{quote_html(message, named=False)}"
    with transaction.atomic():
        ticket, _side = locked_side(side)
        draft = Draft.objects.select_for_update().filter(ticket=ticket, user_id=by.id, mode="reply").first()
        if draft is not None and quote in draft.text:
            return ticket
        files = copy_files(list(message.attachments.filter(inline=False)), message=None, user_id=by.id)
        bring_back(
            ticket, mode="reply", text=quote, attachments=[file.pk for file in files], user_id=by.id, behind=True
        )
    return ticket


def _of_side(message: Message) -> SideConversation:
    if message.side is None:
        raise Invalid(_("This message is not of a side conversation."), field="message")
    return message.side


def move_sides(side_ids: Sequence[int], source: Ticket, target: Ticket, *, back: bool = False) -> None:
    """Take side conversations, with all that was said in them, over to another ticket; both are locked.

    ``back`` undoes such a move: the mark of where they came from goes.
    """
    if not side_ids:
        return
    rows = SideConversation.objects.filter(pk__in=side_ids)
    if back:
        rows.filter(origin_number=target.pk).update(origin_number=None)
    else:
        rows.filter(origin_number__isnull=True).update(origin_number=source.pk)
    rows.update(ticket=target)
    said = Message.objects.filter(side__in=side_ids)
    Attachment.objects.filter(message__in=said).update(ticket=target)
    said.update(ticket=target)
    recount(source)
    recount(target)


def sides_of(ticket: Ticket) -> list[int]:
    """Return the ids of a ticket's side conversations; asks nothing where there are none."""
    if not ticket.side_count:
        return []
    return list(SideConversation.objects.filter(ticket=ticket).order_by("pk").values_list("pk", flat=True))


def sides_about(ticket: Ticket, message_id: int) -> list[int]:
    """Return the ids of the side conversations that were begun about one message alone."""
    if not ticket.side_count:
        return []
    rows = SideConversation.objects.filter(ticket=ticket).values_list("pk", "about")
    return [pk for pk, about in rows if about == [message_id]]
