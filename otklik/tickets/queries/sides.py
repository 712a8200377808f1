"""Side conversations as their readers select them: staff who see the ticket, and never its customer."""

from django.db.models import QuerySet

from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.tickets.models import Attachment, Message, SideConversation, Ticket
from otklik.tickets.queries.access import messages_visible_to, sees_all, visible_to
from otklik.tickets.queries.cards import with_files

MOST_SHOWN = 500


def sides_visible_to(actor: Actor | None) -> QuerySet[SideConversation]:
    """Return the side conversations an actor may read: those of tickets he sees; customers and strangers none."""
    if actor is None or actor.kind == "contact":
        return SideConversation.objects.none()
    if sees_all(actor):
        return SideConversation.objects.all()
    return SideConversation.objects.filter(ticket__in=visible_to(actor))


def sides_on(actor: Actor, ticket: Ticket) -> list[SideConversation]:
    """Return the side conversations of a visible ticket, oldest first; asks nothing where there are none."""
    if not ticket.side_count or actor.kind == "contact":
        return []
    kept: list[SideConversation] | None = getattr(ticket, "sides_kept", None)
    if kept is None:  # a card shows them in two places
        kept = ticket.sides_kept = list(SideConversation.objects.filter(ticket_id=ticket.pk).order_by("id"))
    return kept


def get_side(actor: Actor | None, number: int, side_id: int) -> SideConversation:
    """Return a visible side conversation of a ticket, with the ticket, or raise ``NotFound``."""
    row = None
    if 0 < side_id < 2**63 and 0 < number < 2**63:
        rows = sides_visible_to(actor).select_related("ticket", "ticket__channel", "channel")
        row = rows.filter(pk=side_id, ticket_id=number).first()
    if row is None:
        raise NotFound
    return row


def side_messages(actor: Actor | None) -> QuerySet[Message]:
    """Return the letters of side conversations an actor may read."""
    if actor is None or actor.kind == "contact":
        return Message.objects.none()
    return messages_visible_to(actor).filter(side__isnull=False)


def get_side_message(actor: Actor | None, message_id: int) -> Message:
    """Return a letter of a side conversation with its conversation and ticket, or raise ``NotFound``."""
    rows = side_messages(actor).select_related("side", "ticket")
    row = rows.filter(pk=message_id).first() if 0 < message_id < 2**63 else None
    if row is None:
        raise NotFound
    return row


def letters_of(side: SideConversation) -> list[Message]:
    """Return the newest letters of a visible side conversation, oldest first, with their files (two statements)."""
    rows = list(Message.objects.filter(side=side).order_by("-id")[:MOST_SHOWN])
    rows.reverse()
    return with_files(rows)


def offered_messages(ticket: Ticket, limit: int = 100) -> list[Message]:
    """Return the newest messages and notes of a ticket that may be forwarded, oldest first, with files."""
    rows = list(
        Message.objects.filter(ticket=ticket, side__isnull=True, removed_at__isnull=True).order_by("-id")[:limit]
    )
    rows.reverse()
    return with_files(rows)


def files_of(file_ids: list[int], user_id: int) -> list[Attachment]:
    """Return those of the files that a person uploaded and that no message has taken."""
    rows = Attachment.objects.filter(pk__in=file_ids, message__isnull=True, uploaded_by_id=user_id)
    return list(rows.order_by("pk"))
