"""Who wrote: the From address; Reply-To only where From is our own or a list has put itself there."""

from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.models import InboundState
from otklik.channels.email.parse.model import Mailbox
from otklik.core.text import normal_address


def name_author(case: Case, facts: Facts) -> Stop | None:
    """Set ``author``; a mail that names nobody is held for a person to look at."""
    mail = case.mail
    author, by = mail.from_, "from"
    if author is not None and normal_address(author.address) in facts.own_addresses:
        # a web form of our own site writes in our name and puts the visitor into Reply-To
        other = mail.reply_to
        if other is not None and normal_address(other.address) not in facts.own_addresses:
            author, by = other, "reply_to"
    elif mail.list is not None and mail.original_from is not None:
        author, by = mail.original_from, "original_from"
    if author is None or not author.address:
        sender = str(case.row.envelope.get("from") or "")
        author, by = (Mailbox("", sender), "envelope") if "@" in sender else (None, "")
    if author is None:
        if mail.kind == "bounce":
            case.author = Mailbox("", "mailer-daemon@invalid")
            return None
        return Stop(InboundState.QUARANTINED, "no_sender")
    case.author, case.author_by = author, by
    if by != "from":
        case.tell("author", by=by, address=author.address)
    elif mail.reply_to is not None and normal_address(mail.reply_to.address) != normal_address(author.address):
        case.tell("reply_to_differs", address=mail.reply_to.address)
    return None
