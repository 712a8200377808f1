"""What is derived from an incoming message's source, made anew: visible text, folds, HTML, missing files."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from otklik.core.clock import now
from otklik.tickets.actions.receiving import NewAttachment
from otklik.tickets.models import Attachment, Message


def refresh_message(
    message: Message,
    *,
    body_text: str,
    body_html: str,
    visible_text: str,
    folded: list[Any],
    attachments: Sequence[NewAttachment] = (),
    sender_checked: bool | None = None,
) -> None:
    """Write the derived parts of an incoming message again; state, order and history stay as they are.

    Files that are there stay with their addresses; only those that are missing are added.
    """
    with transaction.atomic():
        Message.objects.filter(pk=message.pk).update(
            body_text=body_text,
            body_html=body_html,
            visible_text=visible_text or body_text,
            folded=folded,
            sender_checked=sender_checked,
        )
        there = set(Attachment.objects.filter(message=message).values_list("name", "size"))
        Attachment.objects.bulk_create(
            [
                Attachment(
                    message=message, ticket_id=message.ticket_id, blob_id=file.blob_id, name=file.name,
                    content_type=file.content_type[:120], size=file.size, inline=file.inline, cid=file.cid[:255],
                    created_at=now(),
                )
                for file in attachments
                if (file.name, file.size) not in there
            ]
        )  # fmt: skip
