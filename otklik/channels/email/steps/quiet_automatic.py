"""Mail of machines: kept, but never answered; an absence note or a newsletter that concerns nothing is ignored.

Nor is a mail whose sender is forged answered: what we sent would go to the one in whose name it was written.
"""

from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.models import InboundState, SenderState, Source
from otklik.channels.email.steps.find_thread import organization_of
from otklik.core.text import normal_address

_ANSWERS = (
    "auto-submitted: auto-replied", "x-autoreply", "x-autorespond", "x-auto-reply", "x-mail-autoreply", "x-vacation",
    "x-out-of-office", "x-yandex-autoreply", "x-mailru-autoreply", "precedence: auto", "x-apple-action",
    "delivered-to: autoresponder",
)  # fmt: skip
_OF_LISTS = ("list", "precedence: list", "x-loop")  # people write through them


def quiet_automatic(case: Case, facts: Facts) -> Stop | None:
    """Set ``quiet``; stop automatic answers that belong to no request, and newsletters of people we do not know.

    Machines that report a fault open requests like anybody: only an answer without a question says nothing.
    """
    if case.side is not None:
        return None
    mail = case.mail
    case.quiet = mail.quiet or mail.auto_reply or mail.list is not None or null_sender(case)
    if case.quiet:
        case.tell("automatic", signs=list(mail.kind_signs)[:5])
    case.quiet = case.quiet or case.sender_state == SenderState.FAILED
    if case.match is not None or case.previous is not None or case.forwarded_by is not None:
        return None
    if is_answer(case):
        return Stop(InboundState.IGNORED, "auto_reply")
    if is_newsletter(case) and not known(case, facts):
        return Stop(InboundState.IGNORED, "newsletter")
    return None


def null_sender(case: Case) -> bool:
    """Tell whether the mail came from the null sender, as reports and absence notes do."""
    if case.row.source == Source.SMTP:
        return not case.row.envelope.get("from")
    return case.mail.return_path == ""


def is_answer(case: Case) -> bool:
    """Tell whether a machine answered (an absence note), as against a machine that reports by itself."""
    mail = case.mail
    signs = mail.kind_signs
    if any(sign.startswith(_ANSWERS) for sign in signs):
        return mail.auto_reply
    answers = bool(mail.in_reply_to or mail.references)
    if "subject" in signs and any(sign != "subject" and sign not in _OF_LISTS for sign in signs):
        # a form may name leave in its subject, a person too: only what answers something is an absence note
        return mail.auto_reply and (answers or "x-auto-response-suppress" in signs)
    if any(sign.startswith("auto-submitted: auto-generated") for sign in signs):
        return False  # RFC 3834: no answer, an alarm that goes on in its own thread
    return null_sender(case) and answers


def is_newsletter(case: Case) -> bool:
    """Tell whether the mail went to many who can only read: it offers to unsubscribe and nothing to post to."""
    facts = case.mail.list
    return facts is not None and bool(facts.unsubscribe) and not facts.post


def known(case: Case, facts: Facts) -> bool:
    """Tell whether we know the sender or his organisation."""
    return normal_address(case.author_address) in facts.contacts or organization_of(case, facts) is not None
