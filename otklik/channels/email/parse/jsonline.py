"""The line that ``otklik mail parse --json`` prints: the outer contract's keys, in its order."""

from datetime import datetime
from typing import Any

from otklik.channels.email.parse.model import Bounce, Mailbox, ParsedMail


def to_json(
    parsed: ParsedMail, *, visible_text: str, body_html: str, forwarded: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Build the contract's JSON object from a mail, its *cleaned* HTML, and a forward as ``forward_json`` gives it."""
    return {
        "from": box_json(parsed.from_),
        "to": [box_json(box) for box in parsed.to],
        "cc": [box_json(box) for box in parsed.cc],
        "reply_to": box_json(parsed.reply_to),
        "subject": parsed.subject,
        "date": parsed.date.isoformat() if parsed.date else None,
        "message_id": parsed.message_id,
        "in_reply_to": parsed.in_reply_to,
        "references": list(parsed.references),
        "body_text": parsed.body_text,
        "body_html": body_html,
        "visible_text": visible_text,
        "attachments": [
            {"name": part.name, "size": part.size, "content_type": part.content_type, "inline": part.inline}
            for part in parsed.attachments
        ],
        "auto_reply": parsed.auto_reply,
        "list": parsed.list is not None,
        "bounce": bounce_json(parsed.bounce),
        "forwarded": forwarded,
        "problems": [f"{problem.code}: {problem.text}" for problem in parsed.problems],
    }


def box_json(box: Mailbox | None) -> dict[str, str] | None:
    """A mailbox as the contract writes it."""
    return {"name": box.name, "address": box.address} if box else None


def bounce_json(bounce: Bounce | None) -> dict[str, Any] | None:
    """A bounce as the contract writes it."""
    if bounce is None:
        return None
    recipients = [
        {"address": item.address, "status": item.status, "action": item.action, "reason": item.reason}
        for item in bounce.recipients
    ]
    return {"recipients": recipients, "original_message_id": bounce.original_message_id}


def forward_json(name: str, address: str | None, subject: str, date: datetime | str | None) -> dict[str, Any]:
    """The inner mail of a forward as the contract writes it."""
    return {
        "from": {"name": name, "address": address or ""},
        "subject": subject,
        "date": date.isoformat() if isinstance(date, datetime) else date,
    }
