"""Tells export and erasure of personal data what tickets hold about a person."""

from collections.abc import Iterator

from otklik.contacts.dossiers import Holder, Piece, Subject, holders
from otklik.tickets.actions.erasing import (
    erase_begun,
    erase_own,
    erase_parts,
    erase_sides,
    erase_strays,
    erase_unwelcome,
)
from otklik.tickets.models import Attachment, Message, MessageKind, SideConversation, SpamDomain, Ticket
from otklik.tickets.queries.personal import own_tickets, shared_tickets, sides_with


def collect(subject: Subject) -> Iterator[Piece]:
    """Tell every request with what was said openly on it; of tickets of others only what he said there himself."""
    for number in own_tickets(subject):
        said = Message.objects.filter(ticket=number, kind__in=[MessageKind.INCOMING, MessageKind.REPLY])
        yield _piece(number, list(said.order_by("pk")))
    for number in shared_tickets(subject):
        said = Message.objects.filter(
            ticket=number, author_kind="contact", author_id__in=subject.ids, side__isnull=True
        )
        yield _piece(number, list(said.order_by("pk")))
    for side in SideConversation.objects.filter(pk__in=sides_with(subject)).order_by("pk"):
        own = Message.objects.filter(side=side, author_kind="contact", author_id__in=subject.ids)
        yield _side_piece(side, list(own.order_by("pk")))


def _side_piece(side: SideConversation, messages: list[Message]) -> Piece:
    """Tell what a third party wrote in a side conversation, and nothing of the ticket it is about."""
    files = Attachment.objects.filter(message__in=messages).select_related("blob").order_by("pk")
    facts = {
        "subject": side.subject, "begun_at": side.created_at.isoformat(),
        "messages": [
            {"at": row.created_at.isoformat(), "author": row.author_name, "text": row.body_text or row.visible_text}
            for row in messages
        ],
    }  # fmt: skip
    return Piece("side_conversations", facts, [(file.name, file.blob) for file in files if file.blob])


def _piece(number: int, messages: list[Message]) -> Piece:
    ticket = Ticket.objects.select_related("status", "channel").get(pk=number)
    files = Attachment.objects.filter(message__in=messages).select_related("blob").order_by("pk")
    facts = {
        "number": number, "subject": ticket.subject, "status": str(ticket.status), "channel": str(ticket.channel),
        "created_at": ticket.created_at.isoformat(),
        "messages": [
            {"at": row.created_at.isoformat(), "author": row.author_name, "text": row.body_text or row.visible_text}
            for row in messages
        ],
    }  # fmt: skip
    return Piece("tickets", facts, [(file.name, file.blob) for file in files if file.blob])


def _unwelcome(subject: Subject) -> Iterator[Piece]:
    for row in SpamDomain.objects.filter(domain__in=subject.addresses).order_by("pk"):
        yield Piece("spam_senders", {"address": row.domain, "added_at": row.added_at.isoformat()})


def _nothing_more(subject: Subject) -> Iterator[Piece]:
    return iter(())


holders.register("tickets", Holder(collect, erase_own, order=100))
holders.register("tickets.parts", Holder(_nothing_more, erase_parts, order=101))
holders.register("tickets.sides", Holder(_nothing_more, erase_sides, order=99))
holders.register("tickets.begun", Holder(_nothing_more, erase_begun, order=103))
holders.register("tickets.unwelcome", Holder(_unwelcome, erase_unwelcome, order=104))
holders.register("tickets.strays", Holder(_nothing_more, erase_strays, order=102))
