"""What of a ticket goes along to a third party: chosen words as quotes, chosen files; nothing by itself."""

import html
from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _

from otklik.core import shown
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.core.markup import text_to_html
from otklik.tickets.actions.files import MOST
from otklik.tickets.models import Attachment, Message, MessageKind, Ticket

MOST_FORWARDED: Final = 100


def without_marks(subject: str) -> str:
    """Return a subject without our marks: ``[#1042]`` would lead an answer to the ticket itself."""
    while (start := subject.find("[#")) >= 0 and (end := subject.find("]", start)) >= 0:
        subject = f"{subject[:start]} {subject[end + 1 :]}"
    return " ".join(subject.split())


def quote_of(ticket: Ticket, message_ids: Sequence[int]) -> str:
    """Return the words of chosen messages of a ticket as HTML, oldest first, with who said them when; no addresses.

    Raises ``Invalid`` for a message that is not of this ticket or of a side conversation.
    """
    wanted = list(dict.fromkeys(message_ids))
    if len(wanted) > MOST_FORWARDED:
        raise Invalid(_("Too many messages at once."), field="forward")
    there = Message.objects.filter(pk__in=wanted, ticket=ticket, side__isnull=True, removed_at__isnull=True)
    rows = list(there.order_by("created_at", "pk"))
    if len(rows) != len(wanted):
        raise Invalid(_("One of the messages is not on this ticket any more."), field="forward")
    return "".join(quote_html(row, named=True) for row in rows)


def quote_html(message: Message, *, named: bool) -> str:
    """Return the words of a message as a quote; ``named`` puts its author and time above."""
    own = message.kind in {MessageKind.REPLY, MessageKind.NOTE, MessageKind.SIDE_OUT}
    words = message.body_html if own and message.body_html else text_to_html(message.visible_text or message.body_text)
    head = f"{message.author_name}, {shown.exact(message.created_at)}" if named else ""
    above = f"<p>{html.escape(head)}:</p>" if head else ""
    return f"{above}<blockquote>{words}</blockquote>"


def copy_chosen(ticket: Ticket, message: Message, file_ids: Sequence[int]) -> None:
    """Let chosen files of a ticket stand at a message too; raises ``Invalid`` for one that is not there any more."""
    wanted = list(dict.fromkeys(file_ids))
    if len(wanted) > MOST:
        raise Invalid(_("A message has at most 50 files."), field="files")
    there = Attachment.objects.filter(pk__in=wanted, ticket=ticket, message__ticket=ticket)
    rows = list(there.filter(message__removed_at__isnull=True, blob__isnull=False).order_by("pk"))
    if len(rows) != len(wanted):
        raise Invalid(_("One of the files is not on this ticket any more."), field="files")
    copy_files(rows, message=message, user_id=None)


def copy_files(files: Sequence[Attachment], *, message: Message | None, user_id: int | None) -> list[Attachment]:
    """Let files stand a second time: at a message, or as uploads of somebody. The bytes are the same."""
    at = now()
    return [
        Attachment.objects.create(
            message=message, ticket_id=message.ticket_id if message else None, blob_id=row.blob_id, name=row.name,
            content_type=row.content_type, size=row.size, uploaded_by_id=user_id, created_at=at,
        )
        for row in files
    ]  # fmt: skip
