"""What a person reads when a colleague was faster: of a property, and of new messages before his answer goes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from otklik.accounts.queries import colleagues, teams
from otklik.contacts.models import Contact
from otklik.core import shown
from otklik.core.clock import now
from otklik.core.events import StoredEvent
from otklik.tickets.actions import Clash, Unseen
from otklik.tickets.models import Message, MessageKind, Priority
from otklik.tickets.queries import statuses, types

Item = dict[str, Any]


def _names() -> dict[str, str]:
    return {
        "status": _("Status"), "assignee": _("Assignee"), "team": _("Team"), "type": _("Type"),
        "priority": _("Priority"), "subject": _("Subject"), "requester": _("Requester"),
        "until": pgettext("property", "Snoozed"), "shelf": _("Folder"),
    }  # fmt: skip


def value_shown(name: str, value: Any) -> str:
    """Return a property's value as people read it; what is not there any more is a dash."""
    if name == "subject":
        return str(value) or "—"
    if name == "until":
        return _("until %(time)s") % {"time": shown.moment(value, now())} if value else pgettext("snoozed", "no")
    if name == "shelf":
        return {"spam": _("Spam"), "bin": _("Bin")}.get(value, "—")
    if name == "requester":
        return Contact.objects.filter(pk=value).values_list("name", flat=True).first() or "—"
    if name == "priority":
        return str(Priority(value).label)
    rows: Sequence[Any] = {"assignee": colleagues, "team": teams, "type": types, "status": statuses}[name]()
    for row in rows:
        if (row.key if name == "status" else row.pk) == value:
            return row.name if name in {"assignee", "team"} else str(row)
    return _("nobody") if name == "assignee" and value is None else "—"


def present_clash(clash: Clash, change: StoredEvent | None, at: datetime) -> Item:
    """Return what the property was, what it became, by whom, and what was wanted."""
    return {
        "name": clash.name,
        "property": _names()[clash.name],
        "was": value_shown(clash.name, clash.seen),
        "now": value_shown(clash.name, clash.now),
        "wanted": value_shown(clash.name, clash.wanted),
        "who": change.actor.name if change else "",
        "time": shown.moment(change.at, at) if change else "",
        "exact": shown.exact(change.at) if change else "",
        "now_value": _sent(clash.now),
        "wanted_value": _sent(clash.wanted),
    }


def _sent(value: Any) -> Any:
    """Return a value as a form sends it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else value


def clash_sentence(clash: Item) -> str:
    """Return the same as one sentence, for a page without script."""
    words = _("%(property)s is “%(now)s” by now, not “%(was)s” (%(who)s). “%(wanted)s” is not saved.")
    return words % ({name: clash[name] for name in ("property", "now", "was", "wanted")} | {"who": clash["who"] or "—"})


def present_unseen(unseen: Unseen, at: datetime) -> Item:
    """Return the messages that an author has not seen, and the newest as the place up to which he has now."""
    return {"messages": [_message(message, at) for message in unseen.messages], "seen": unseen.messages[-1].pk,
            "of_side": unseen.messages[-1].side_id is not None}  # fmt: skip


def _message(message: Message, at: datetime) -> Item:
    return {
        "from": message.author_name or _("Unknown sender"),
        "initials": shown.initials(message.author_name),
        "hue": shown.hue_class(message.author_id),
        "kind": {
            MessageKind.NOTE: _("note"), MessageKind.REPLY: _("reply to the customer"),
            MessageKind.SIDE_OUT: _("letter to the third party"),
        }.get(MessageKind(message.kind), ""),
        "time": shown.moment(message.created_at, at),
        "exact": shown.exact(message.created_at),
        "text": message.visible_text[:2000],
    }  # fmt: skip
