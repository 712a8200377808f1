"""What is derived from an incoming message's source, made anew: visible text, folds, HTML, missing files."""

from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict
from otklik.core.events import record
from otklik.tickets import events
from otklik.tickets.actions.base import locked, preview_of
from otklik.tickets.actions.receiving import NewAttachment
from otklik.tickets.models import Attachment, Message, MessageKind, SideConversation, Ticket

READ_FROM_MAIL: Final = (MessageKind.INCOMING, MessageKind.SIDE_IN)
"""The kinds whose text is what a source says; every other text is a colleague's own."""


def refresh_message(
    message: Message,
    *,
    body_text: str,
    body_html: str,
    visible_text: str,
    folded: list[Any],
    attachments: Sequence[NewAttachment] = (),
    sender_checked: bool | None = None,
    by: Actor,
) -> None:
    """Write the derived parts of an incoming message again; state, order and history stay as they are.

    Files that are there stay with their addresses; only those that are missing are added. What lists show of the ticket
    follows when it shows this message. Records ``message.reread``. Raises ``Conflict`` for a text that no source says.
    """
    with transaction.atomic():
        ticket = locked(Ticket(pk=Message.objects.values_list("ticket_id", flat=True).get(pk=message.pk)))
        changed = Message.objects.filter(pk=message.pk, ticket=ticket, kind__in=READ_FROM_MAIL).update(
            body_text=body_text,
            body_html=body_html,
            visible_text=visible_text or body_text,
            folded=folded,
            sender_checked=sender_checked,
        )
        if not changed:
            raise Conflict(_("Only what came from outside is read again."))
        there = set(Attachment.objects.filter(message=message).values_list("name", "size"))
        Attachment.objects.bulk_create(
            [
                Attachment(
                    message=message, ticket_id=ticket.pk, blob_id=file.blob_id, name=file.name,
                    content_type=file.content_type[:120], size=file.size, inline=file.inline, cid=file.cid[:255],
                    created_at=now(),
                )
                for file in attachments
                if (file.name, file.size) not in there
            ]
        )  # fmt: skip
        _show(message, ticket, preview_of(visible_text or body_text))
        record(events.MessageReread(subject_id=ticket.pk, team_id=ticket.team_id, message_id=message.pk), by=by)


def _show(message: Message, ticket: Ticket, preview: str) -> None:
    """Let lists show the new first words, where the message is the one they show."""
    if message.side_id is not None:
        if _shown_of(Message.objects.filter(side=message.side_id)) == message.pk:
            SideConversation.objects.filter(pk=message.side_id).update(preview=preview)
    elif _shown_of(Message.objects.filter(ticket=ticket, kind__in=_SAID)) == message.pk:
        Ticket.objects.filter(pk=ticket.pk).update(preview=preview, updated_at=now())


_SAID: Final = (MessageKind.INCOMING, MessageKind.REPLY)


def _shown_of(said: Any) -> int | None:
    """Return the message lists show: the newest that a person wrote and nobody forged, else the first of all."""
    moved = said.exclude(sender_checked=False).filter(is_automatic=False).order_by("-created_at", "-id")
    newest = moved.values_list("pk", flat=True).first()
    return newest if newest is not None else said.order_by("id").values_list("pk", flat=True).first()
