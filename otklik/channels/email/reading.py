"""All that can be understood of a mail without a database: parsed, cleaned, split, forwards found. Pure.

Runs in the parser child, because every part of it works on hostile input; what comes back is plain values.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from otklik.channels.email.parse import parse
from otklik.channels.email.parse.model import AttachedMessage, Mailbox, ParsedMail, Part
from otklik.channels.email.text import clean_html, find_forward, guess_language, split_both_ways, text_to_html
from otklik.channels.email.text.forwards import Forward
from otklik.core.pictures import too_large_to_draw


@dataclass(frozen=True, slots=True)
class ForwardedMail:
    """The letter inside a forward; ``address`` is empty when only a name was left of its sender."""

    name: str
    address: str
    subject: str
    date: datetime | None
    text: str
    html: str = ""
    note: str = ""
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """A parsed mail with its cleaned HTML and both ways of folding its text: as an answer and as a new request."""

    mail: ParsedMail
    body_html: str
    visible_reply: str
    folded_reply: list[dict[str, Any]]
    visible_new: str
    folded_new: list[dict[str, Any]]
    forward: ForwardedMail | None
    language: str


def read_mail(raw: bytes) -> Reading:
    """Understand a mail; any bytes give a reading."""
    mail = parse(raw)
    answer, request = split_both_ways(mail.body_text)
    return Reading(
        mail=replace(mail, body_html="", attachments=tuple(map(_drawable, mail.attachments))),
        body_html=clean_html(mail.body_html).html if mail.body_html else "",
        visible_reply=answer.visible,
        folded_reply=answer.as_json(),
        visible_new=request.visible,
        folded_new=request.as_json(),
        forward=_forward(mail),
        language=mail.language or guess_language(mail.body_text) or "",
    )


def _drawable(part: Part) -> Part:
    """Keep a picture that nobody's browser should draw as a plain file: its bytes and its name stay."""
    if part.content_type.startswith("image/") and too_large_to_draw(part.data):
        return replace(part, content_type="application/octet-stream", inline=False)
    return part


def _forward(mail: ParsedMail) -> ForwardedMail | None:
    inner = next((part.message for part in mail.attached_messages if part.message and part.message.from_), None)
    attached = _as_forward(inner) if inner is not None else None
    found = find_forward(mail.body_text, mail.body_html, attached)
    if found is None:
        return None
    html = clean_html(inner.body_html).html if inner is not None and inner.body_html else ""
    return ForwardedMail(
        name=found.from_name,
        address=found.from_address or "",
        subject=found.subject,
        date=found.date,
        text=found.body_text,
        html=html or text_to_html(found.body_text),
        note=found.note,
        certain=found.certain,
    )


def _as_forward(inner: AttachedMessage) -> Forward:
    sender = inner.from_ or Mailbox("", "")
    return Forward(sender.name, sender.address or None, inner.subject, inner.date, inner.body_text)
