"""The words of the ledger: where a mail ended, why, and each step of its way, in the reader's language."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from otklik.channels.email.models import Inbound, InboundState
from otklik.core import shown

REASONS: Final[Mapping[str, Any]] = {
    "stranger": gettext_lazy("stranger"),
    "sender_failed": gettext_lazy("sender check failed"),
    "claimed": gettext_lazy("author not proven"),
    "no_sender": gettext_lazy("no sender"),
    "no_right": gettext_lazy("no right"),
    "shelved": gettext_lazy("ticket in the bin or in spam"),
    "not_yours": gettext_lazy("answer of somebody else"),
    "door_gone": gettext_lazy("answer too late"),
    "empty": gettext_lazy("empty answer"),
    "overtaken": gettext_lazy("kept as a draft"),
    "too_large": gettext_lazy("too large"),
    "loop_own_mail": gettext_lazy("loop: our own mail"),
    "loop_hops": gettext_lazy("loop: too many servers"),
    "loop_own_address": gettext_lazy("loop: our own address"),
    "blocked": gettext_lazy("sender blocked"),
    "bounce": gettext_lazy("delivery report"),
    "receipt": gettext_lazy("read receipt"),
    "complaint": gettext_lazy("complaint"),
    "auto_reply": gettext_lazy("automatic answer"),
    "newsletter": gettext_lazy("newsletter"),
    "by_hand": gettext_lazy("put aside by hand"),
    "error": gettext_lazy("not processed"),
    "not_fetched": gettext_lazy("not fetched from the server"),
    "colleague": gettext_lazy("note of a colleague"),
    "side": gettext_lazy("side conversation"),
}
EXPLAINED: Final[Mapping[str, Any]] = {
    "stranger": gettext_lazy(
        "The mail belongs to a ticket in which its sender does not take part. It was not added, nothing was reopened, "
        "and the sender got nothing."
    ),
    "sender_failed": gettext_lazy(
        "The receiving server says that the sender is forged. The mail was not added; ask the person another way."
    ),
    "claimed": gettext_lazy(
        "The one who takes part is named by another header than From, or beside others in it: anybody can write that. "
        "The mail was not added; ask the person another way."
    ),
    "no_sender": gettext_lazy("The mail names no sender, so nobody could be answered."),
    "no_right": gettext_lazy("The colleague who wrote may not write on this ticket."),
    "shelved": gettext_lazy(
        "The ticket lies in the bin or in spam: what colleagues write there is not added. Restore it first."
    ),
    "not_yours": gettext_lazy(
        "The mail came to the answer address of a colleague's notification, but no trusted server says that he wrote "
        "it. Nothing was posted."
    ),
    "door_gone": gettext_lazy("The notification that this answers is no longer kept. Nothing was posted."),
    "empty": gettext_lazy("The answer holds no words of its own besides what it quotes. Nothing was posted."),
    "overtaken": gettext_lazy(
        "New messages had come that the notification did not show. The answer was not sent: it is its author's draft, "
        "and a mail told him so."
    ),
    "too_large": gettext_lazy("The mail is larger than the limit and stays on the mail server; only its head is here."),
    "error": gettext_lazy("Processing ended in an error three times. The source is kept; try again after an update."),
    "not_fetched": gettext_lazy(
        "The mail server could not hand the message over in three attempts. It is still there."
    ),
    "newsletter": gettext_lazy("A mailing that one can only unsubscribe from, of a sender we do not know."),
    "auto_reply": gettext_lazy("An automatic answer that belongs to no ticket."),
    "blocked": gettext_lazy("The contact is blocked."),
}
_BY: Final[Mapping[str, Any]] = {
    "plus_address": gettext_lazy("by the signed address"),
    "our_id": gettext_lazy("by our Message-ID"),
    "reported_id": gettext_lazy("by our Message-ID"),
    "their_id": gettext_lazy("by the mail it answers"),
    "late_parent": gettext_lazy("by an answer that came before it"),
    "subject": gettext_lazy("by the number in the subject"),
    "foreign_reference": gettext_lazy("by the customer's number"),
    "door": gettext_lazy("by the answer address of a notification"),
    "hand": gettext_lazy("by hand"),
}
_AUTHOR: Final[Mapping[str, Any]] = {
    "reply_to": gettext_lazy("from Reply-To, because From is our own address"),
    "original_from": gettext_lazy("from X-Original-From, because a list had put itself into From"),
    "envelope": gettext_lazy("from the envelope, because From is missing"),
}
_UNFETCHED: Final[Mapping[str, Any]] = {
    "refused": gettext_lazy("The server refused to hand the message over"),
    "broke": gettext_lazy("The server broke the connection off at this message"),
    "slow": gettext_lazy("The server fell silent at this message"),
    "empty": gettext_lazy("The server answered without the message"),
    "garbage": gettext_lazy("The answer of the server makes no sense"),
}
_WAITED: Final[Mapping[str, Any]] = {
    "storage-full": gettext_lazy("Waited for room on the disk"),
    "store-away": gettext_lazy("Waited for the file store"),
    "database": gettext_lazy("Waited for the database"),
}
_BAD: Final = frozenset({"failed", "retry", "sender_failed", "no_right", "agent_not_believed", "oversize", "unfetched"})


def reason(code: str) -> str:
    """Return the short words of a reason; nothing for an unknown one."""
    return str(REASONS.get(code, code.replace("_", " ")))


def chip(row: Inbound) -> tuple[str, str]:
    """Return text and class of the chip that tells where a mail ended."""
    number, why = row.ticket_id, reason(row.reason) if row.reason else ""
    match row.state:
        case InboundState.TICKET:
            return _("ticket %(number)s") % {"number": number}, "chip--accent"
        case InboundState.MESSAGE if row.reason == "bounce":
            return _("delivery report on %(number)s") % {"number": number}, ""
        case InboundState.MESSAGE if row.reason == "side":
            return _("side conversation of %(number)s") % {"number": number}, ""
        case InboundState.MESSAGE:
            return _("into ticket %(number)s") % {"number": number}, ""
        case InboundState.IGNORED:
            return _("ignored: %(reason)s") % {"reason": why}, ""
        case InboundState.QUARANTINED:
            return _("quarantine: %(reason)s") % {"reason": why}, "chip--warn"
        case InboundState.FAILED:
            return _("error: %(reason)s") % {"reason": why}, "chip--bad"
    return _("in work"), ""


def _received(facts: Mapping[str, Any]) -> tuple[str, str]:
    match facts.get("source"):
        case "imap":
            place = _("folder “%(folder)s”, UID %(uid)s") % {
                "folder": facts.get("folder", ""),
                "uid": facts.get("uid", ""),
            }
            return _("Fetched by IMAP"), place
        case "pipe":
            return _("Received by the pipe"), ""
        case "file":
            return _("Imported from a file"), str(facts.get("name", ""))
    return _("Received by SMTP"), _("from %(peer)s") % {"peer": facts["peer"]} if facts.get("peer") else ""


def _automatic(facts: Mapping[str, Any]) -> tuple[str, str]:
    return _("Automatic mail: it is not answered"), ", ".join(str(sign) for sign in facts.get("signs", []))


def _people(facts: Mapping[str, Any]) -> tuple[str, str]:
    count = int(facts.get("count", 0))
    return ngettext("%(count)s person takes part now", "%(count)s people take part now", count) % {"count": count}, ""


def _waited(facts: Mapping[str, Any]) -> tuple[str, str]:
    count, code = int(facts.get("count", 1)), str(facts.get("error", ""))
    times = ngettext("%(count)s time, code: %(code)s", "%(count)s times, code: %(code)s", count)
    return str(_WAITED.get(code, _("Waited: the mail is not at fault"))), times % {"count": count, "code": code}


type Words = Callable[[Mapping[str, Any]], tuple[str, str]]

_STEPS: Final[dict[str, Words]] = {
    "received": _received,
    "automatic": _automatic,
    "people": _people,
    "author": lambda f: (
        _("The author is %(address)s") % {"address": f.get("address", "")},
        str(_AUTHOR.get(str(f.get("by")), "")),
    ),
    "reply_to_differs": lambda f: (
        _("Answers are asked for to another address"),
        _("Reply-To: %(address)s") % {"address": f.get("address", "")},
    ),
    "sender_verified": lambda f: (_("Sender verified"), _("DMARC pass, says %(server)s") % {"server": f["server"]}),
    "sender_failed": lambda f: (_("Sender check failed"), _("DMARC fail, says %(server)s") % {"server": f["server"]}),
    "sender_unchecked": lambda _f: (_("Sender not checked"), _("no trusted server has judged him")),
    "agent": lambda f: (_("A colleague: %(name)s") % {"name": f.get("name", "")}, ""),
    "agent_not_believed": lambda _f: (
        _("The address of a colleague, not believed"),
        _("without a passed sender check nobody acts as a colleague by mail"),
    ),
    "forwarded": lambda f: (
        _("Forwarded by %(name)s") % {"name": f.get("by", "")},
        _("the request is that of %(address)s") % {"address": f.get("address", "")},
    ),
    "answers": lambda _f: (
        _("A colleague’s answer, not a forward"),
        _("it names a ticket, and nothing says that it is forwarded"),
    ),
    "forward_without_address": lambda f: (
        _("Forwarded, but the address of the author is missing"),
        str(f.get("name", "")),
    ),
    "thread": lambda f: (
        _("Found ticket %(number)s") % {"number": f.get("ticket", "")},
        str(_BY.get(str(f.get("by")), "")),
    ),
    "side": lambda f: (
        _("Found a side conversation of ticket %(number)s") % {"number": f.get("ticket", "")},
        _("by its signed name"),
    ),
    "joins": lambda _f: (_("May join as a colleague"), ""),
    "closed": lambda f: (
        _("Ticket %(number)s is closed") % {"number": f.get("ticket", "")},
        _("a new one names it"),
    ),
    "flood": lambda f: (
        _("Too many mails in an hour"),
        _("%(count)s from this sender; they are kept and not answered") % {"count": f.get("count", "")},
    ),
    "repeated": lambda _f: (_("The same mail again and again"), _("it is kept and not answered")),
    "opened": lambda f: (_("Opened ticket %(number)s") % {"number": f.get("ticket", "")}, ""),
    "added": lambda f: (_("Added to ticket %(number)s") % {"number": f.get("ticket", "")}, ""),
    "reopened": lambda f: (_("Reopened ticket %(number)s") % {"number": f.get("ticket", "")}, ""),
    "noted": lambda f: (_("Added to ticket %(number)s as a note") % {"number": f.get("ticket", "")}, ""),
    "answered": lambda f: (_("Sent to the customer from ticket %(number)s") % {"number": f.get("ticket", "")}, ""),
    "related": lambda f: (
        _("The same mail came to another mailbox"),
        _("linked tickets: %(numbers)s") % {"numbers": ", ".join(str(number) for number in f.get("tickets", []))},
    ),
    "no_right": lambda _f: (_("The colleague may not write on this ticket"), ""),
    "oversize": lambda f: (_("Larger than the limit"), shown.file_size(int(f.get("size", 0)))),
    "unfetched": lambda f: (str(_UNFETCHED.get(str(f.get("why")), _UNFETCHED["refused"])), ""),
    "failed": lambda f: (
        _("Processing ended in an error"),
        _("attempts: %(attempts)s, code: %(code)s") % {"attempts": f.get("attempts", ""), "code": f.get("error", "")},
    ),
    "waited": _waited,
    "retry": lambda f: (_("An attempt ended in an error"), _("code: %(code)s") % {"code": f.get("error", "")}),
    "ended": lambda f: (reason(str(f.get("reason", ""))).capitalize(), str(EXPLAINED.get(str(f.get("reason")), ""))),
    "again": lambda f: (_("Processed again"), _("asked for by %(name)s") % {"name": f.get("by", "")}),
    "refreshed": lambda f: (_("Read again"), _("asked for by %(name)s") % {"name": f.get("by", "")}),
    "joined": lambda f: (_("Let in by %(name)s") % {"name": f.get("by", "")}, ""),
    "released": lambda f: (_("Made a ticket of its own by %(name)s") % {"name": f.get("by", "")}, ""),
    "raw_removed": lambda _f: (_("The raw source was removed"), _("It was kept as long as the settings want.")),
    "dismissed": lambda f: (_("Put aside by %(name)s") % {"name": f.get("by", "")}, ""),
}


def _digest(row: Inbound) -> str:
    """Return the digest of the raw bytes, of removed ones too."""
    if row.blob is not None:
        return row.blob.sha256
    return next((str(facts.get("sha256", "")) for code, facts, _at in reversed(row.steps) if code == "raw_removed"), "")


def removed_words(row: Inbound) -> str:
    """Return that and when the raw source went; nothing while it is there."""
    if row.raw_removed_at is None:
        return ""
    return _("The raw source was removed on %(date)s.") % {"date": shown.exact(row.raw_removed_at)}


def steps_of(row: Inbound) -> list[dict[str, Any]]:
    """Return the way of a mail as ready lines, with what is still to come when it is in work."""
    lines: list[dict[str, Any]] = []
    for code, facts, at in row.steps:
        title, small = _STEPS[code](facts) if code in _STEPS else (code.replace("_", " ").capitalize(), "")
        held = row.state in {InboundState.QUARANTINED, InboundState.FAILED}
        bad = code in _BAD or (code == "ended" and held)
        moment = shown.local(datetime.fromisoformat(at)).strftime("%H:%M:%S") if at else ""
        lines.append({"title": title, "small": small, "time": moment, "bad": bad, "icon": "x" if bad else "check"})
        if code == "received":
            size, digest = shown.file_size(row.size), _digest(row)
            proof = _("%(size)s, SHA-256 %(digest)s. From here on the mail cannot be lost") % {
                "size": size,
                "digest": f"{digest[:4]}…{digest[-4:]}",
            }
            lines.append({"title": _("Stored whole"), "small": proof, "time": moment, "bad": False, "icon": "check"})
    if row.state == InboundState.WAITING:
        lines.append({"title": _("Find the ticket"), "small": "", "time": "", "later": True})
    return lines
