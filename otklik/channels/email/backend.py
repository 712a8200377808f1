"""Django's e-mail backend: what the framework or an app sends (password resets) leaves as deliveries, like all mail."""

import re
from collections.abc import Sequence
from email.utils import getaddresses
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from otklik.channels.email.models import OutgoingKind
from otklik.channels.email.outbox.enqueue import Draft, DraftFile, enqueue
from otklik.channels.email.outbox.freeze import Sender, sender_of
from otklik.core.blobs import Prepared, put_blobs, store
from otklik.core.clock import now
from otklik.core.text import short_token
from otklik.tickets.queries import default_channel


class DeliveryBackend(BaseEmailBackend):
    """Queues mails as deliveries; nothing is sent here, so a mail server that is away delays no page."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Freeze the mails in one transaction and return how many there were."""
        messages = [message for message in email_messages if message.recipients()]
        if not messages:
            return 0
        files = [[_prepared(item) for item in message.attachments] for message in messages]
        with transaction.atomic():
            enqueue([_draft(message, found) for message, found in zip(messages, files, strict=True)], at=now())
        return len(messages)


def _prepared(attachment: Any) -> tuple[str, str, Prepared]:
    """Return name, type and stored bytes of an attachment in any of the forms Django takes."""
    if isinstance(attachment, tuple):
        name, content, kind = (*attachment, None, None)[:3]
        data = content.encode() if isinstance(content, str) else bytes(content or b"")
        return str(name or "file"), str(kind or "application/octet-stream"), store(data)
    payload = attachment.get_payload(decode=True) or b""
    return attachment.get_filename() or "file", attachment.get_content_type(), store(payload)


def _people(addresses: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, address) for name, address in getaddresses(list(addresses)) if address]


def _sender(from_email: str) -> tuple[Sender, str]:
    """Return the mailbox a mail leaves from: the first one of the desk, when no particular sender was asked for."""
    name, address = (_people([from_email]) or [("", settings.DEFAULT_FROM_EMAIL)])[0]
    if address == settings.DEFAULT_FROM_EMAIL and (channel := default_channel("email")) and channel.address:
        return sender_of(channel, None), channel.name
    return Sender(None, name, address, "channel"), name


def _draft(message: EmailMessage, files: Sequence[tuple[str, str, Prepared]]) -> Draft:
    sender, name = _sender(message.from_email)
    html = ""
    if isinstance(message, EmailMultiAlternatives):
        html = next((str(content) for content, kind in message.alternatives if kind == "text/html"), "")
    text = str(message.body)
    if getattr(message, "content_subtype", "plain") == "html" and not html:
        html, text = text, re.sub(r"<[^>]*>", "", text)
    blobs = put_blobs([prepared for _name, _kind, prepared in files])
    return Draft(
        kind=OutgoingKind.ACCOUNT,
        message_id=f"<a-{short_token()}@{sender.host}>",
        from_name=name,
        from_address=sender.address,
        subject=str(message.subject),
        text=text,
        html=html,
        to=_people(message.to),
        cc=_people(message.cc),
        bcc=_people(message.bcc),
        headers=[
            ("Auto-Submitted", "auto-generated"),
            *((key, str(value)) for key, value in message.extra_headers.items() if key.lower() != "message-id"),
        ],
        files=[DraftFile(blob.pk, name, kind) for blob, (name, kind, _stored) in zip(blobs, files, strict=True)],
        is_automatic=True,
        channel_id=sender.channel_id,
    )
