"""What a ticket tells of its messages as a whole, set anew where messages came or went in a lump."""

from django.db.models import Sum

from otklik.tickets.actions.base import preview_of
from otklik.tickets.models import Message, MessageKind, Ticket


def newest_of(ticket: Ticket) -> list[str]:
    """Set what lists show of the newest message that is left; return the fields, none where nothing was said."""
    said = Message.objects.filter(ticket=ticket, kind__in=[MessageKind.INCOMING, MessageKind.REPLY], is_automatic=False)
    newest = said.order_by("-created_at", "-id").first()
    if newest is None:
        return []
    ticket.last_message_at = newest.created_at
    ticket.last_author_kind = "contact" if newest.kind == MessageKind.INCOMING else "user"
    ticket.last_author_name = newest.author_name
    ticket.preview = preview_of(newest.visible_text or newest.body_text)
    ticket.awaits_us = newest.kind == MessageKind.INCOMING
    return ["last_message_at", "last_author_kind", "last_author_name", "preview", "awaits_us"]


def time_of(ticket: Ticket) -> list[str]:
    """Set the time that the messages of a ticket cost together; return the field."""
    total = Message.objects.filter(ticket=ticket).aggregate(total=Sum("spent_seconds"))["total"]
    ticket.spent_seconds = total or None
    return ["spent_seconds"]
