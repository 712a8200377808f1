"""What became of a reply on its way to each recipient, in plain words."""

from typing import Any, Final

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from otklik.core import shown

Item = dict[str, Any]
_ICONS: Final = {
    "queued": "clock", "sending": "send", "sent": "check", "delivered": "check-all", "uncertain": "question",
    "bounced": "alert", "failed": "alert",
}  # fmt: skip


_WORDS: Final = {
    "queued": gettext_noop("Waits to be sent to %(who)s"),
    "sending": gettext_noop("Being sent to %(who)s"),
    "sent": gettext_noop("Sent to %(who)s"),
    "delivered": gettext_noop("Delivered to %(who)s"),
    "uncertain": gettext_noop("Probably sent to %(who)s: the server’s answer was cut off"),
    "bounced": gettext_noop("Came back from %(who)s"),
    "failed": gettext_noop("Could not be sent to %(who)s"),
}


_OUT: Final = frozenset({"sent", "delivered"})


def _words(state: str, recipient: str) -> str:
    return _(_WORDS.get(state, _WORDS["sent"])) % {"who": recipient}


def present_deliveries(deliveries: list[dict[str, Any]], times: shown.Dates) -> list[Item]:
    """Return one line for each state of a message's deliveries; bounced and failed ones each by themselves, and those
    that are out but of which somebody says that they came back."""
    calm: dict[str, list[dict[str, Any]]] = {}
    lines = []
    for delivery in deliveries:
        state = delivery.get("state", "")
        if state in {"bounced", "failed"}:
            lines.append(_bad(delivery))
        elif state in _OUT and delivery.get("error"):
            lines.append(_doubted(delivery))
        else:
            calm.setdefault(state, []).append(delivery)
    return [_calm(state, entries, times) for state, entries in calm.items()] + lines


def _calm(state: str, entries: list[dict[str, Any]], times: shown.Dates) -> Item:
    who = ", ".join(entry.get("recipient", "") for entry in entries[:3])
    if len(entries) > 3:
        who += " …"
    later = next((entry["next_at"] for entry in entries if entry.get("next_at")), None)
    detail = ""
    error = next((entry["error"] for entry in entries if entry.get("error")), None)
    if state == "queued" and error:
        detail = str(error)
        if moment := parse_datetime(later) if isinstance(later, str) else later:
            detail = _("%(error)s. Next try at %(time)s") % {"error": error, "time": times.moment(moment)}
    return {
        "bad": False, "doubted": False, "done": state in {"sent", "delivered"}, "icon": _ICONS.get(state, "send"),
        "words": _words(state, who), "detail": detail,
    }  # fmt: skip


def _bad(delivery: dict[str, Any]) -> Item:
    return {
        "bad": True, "done": False, "icon": "alert", "words": _words(delivery["state"], delivery.get("recipient", "")),
        "detail": str(delivery.get("error") or ""), "id": delivery.get("id"), "state": delivery["state"],
    }  # fmt: skip


def _doubted(delivery: dict[str, Any]) -> Item:
    return {
        "bad": False, "done": False, "doubted": True, "icon": "question", "id": delivery.get("id"),
        "words": _words(delivery["state"], delivery.get("recipient", "")), "detail": str(delivery["error"]),
    }  # fmt: skip
