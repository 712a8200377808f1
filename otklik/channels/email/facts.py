"""What a mail said of itself, as the row that is kept beside its message."""

from collections.abc import Iterable
from typing import Any

from otklik.channels.email.case import Case
from otklik.channels.email.models import EmailFact
from otklik.channels.email.parse.model import Mailbox
from otklik.core.bulk import new_row
from otklik.tickets.models import Message

_MOST = 200
INVITATION, CANCELLED = "Invitation", "Cancelled invitation"  # kept beside the headers: what, when and where


def boxes(items: Iterable[Mailbox]) -> list[dict[str, str]]:
    """Return addresses as the public JSON has them."""
    return [{"name": box.name, "address": box.address} for box in list(items)[:_MOST]]


def make_fact(case: Case, message: Message) -> EmailFact:
    """Build the row; the caller saves it."""
    return new_row(EmailFact, message=message, inbound=case.row, sender_state=case.sender_state, **derived(case))


def derived(case: Case) -> dict[str, Any]:
    """Return what is read off the mail alone; "process again" refreshes exactly this."""
    mail = case.mail
    verdict = mail.auth[0] if mail.auth else None
    headers = {"Thread-Index": mail.thread_index, "Thread-Topic": mail.thread_topic}
    if mail.calendar is not None:
        headers[CANCELLED if mail.calendar.method == "CANCEL" else INVITATION] = mail.calendar.line()
    return {
        "mail_id": case.row.mail_id,
        "in_reply_to": case.row.in_reply_to,
        "references": [value[:400] for value in mail.references[:50]],
        "sender": boxes([mail.from_])[0] if mail.from_ else {},
        "reply_to": boxes(mail.reply_to_all or ([mail.reply_to] if mail.reply_to else [])),
        "to": boxes(mail.to),
        "cc": boxes(mail.cc),
        "auto_reply": mail.auto_reply,
        "is_list": mail.list is not None,
        "bounce": None,
        "auth": {
            "server": verdict.authserv_id, "spf": verdict.spf, "dkim": verdict.dkim, "dmarc": verdict.dmarc
        } if verdict else {},
        "headers": {name: value[:1000] for name, value in headers.items() if value},
        "problems": [problem.code for problem in mail.problems],
        "sent_at": mail.date if mail.date and mail.date.tzinfo else None,
    }  # fmt: skip
