"""What the pages of webhooks show."""

from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from otklik.contacts.events import SUBJECT_CONTACT, SUBJECT_ORGANIZATION
from otklik.core import shown
from otklik.tickets.events import SUBJECT_TICKET
from otklik.webhooks import catalog
from otklik.webhooks.models import Attempt, Delivery, DeliveryState, Webhook

_ERRORS: Final = {
    "unresolvable": gettext_lazy("There is no server of this name"),
    "unreachable": gettext_lazy("The server does not answer"),
    "timeout": gettext_lazy("No answer within 10 seconds"),
    "tls": gettext_lazy("The certificate is not valid"),
    "too-large": gettext_lazy("The answer is too large"),
    "bad-answer": gettext_lazy("The answer cannot be understood"),
    "redirect": gettext_lazy("It sends us to another address, which is not followed"),
    "refused": gettext_lazy("Refused"),
    "gone": gettext_lazy("It says that nobody is there any more"),
    "address": gettext_lazy("The address lies in an inner network"),
    "url": gettext_lazy("The address cannot be used"),
    "secret": gettext_lazy("The secret cannot be opened: make a new one"),
}
_CHIPS: Final = {
    DeliveryState.SENT: "chip--good",
    DeliveryState.FAILED: "chip--bad",
    DeliveryState.QUEUED: "chip--accent",
    DeliveryState.SENDING: "chip--accent",
}
_LABELS: Final = {
    **{choice.name: choice.label for choice in catalog.CHOICES},
    catalog.TEST: gettext_lazy("Test call"),
}


def present_choices(chosen: set[str]) -> list[dict[str, Any]]:
    """Return what can be chosen, by what it is about."""
    return [
        {
            "label": label,
            "choices": [(one.name, one.label, one.name in chosen) for one in catalog.CHOICES if one.group == key],
        }
        for key, label in catalog.GROUPS.items()
    ]


_PAGES: Final = {
    SUBJECT_TICKET: "/tickets/%s/", SUBJECT_CONTACT: "/contacts/%s/", SUBJECT_ORGANIZATION: "/organizations/%s/",
}  # fmt: skip


def present_webhook(hook: Webhook, at: datetime) -> dict[str, Any]:
    """Return a webhook as a line of the list and the head of its page show it."""
    if not hook.enabled:
        state, chip = pgettext("webhook", "Off"), "chip--bad" if hook.off_reason else ""
    elif hook.failing_since is not None:
        state, chip = pgettext("webhook", "Failing"), "chip--warn"
    elif hook.last_ok_at is not None:
        state, chip = pgettext("webhook", "Working"), "chip--good"
    else:
        state, chip = pgettext("webhook", "Not called yet"), ""
    why = ""
    if hook.off_reason == "gone":
        why = _("Its receiver said that nobody is there any more.")
    elif hook.off_reason:
        why = _("It was switched off after five days without one success.")
    return {
        "id": hook.pk,
        "name": hook.name,
        "url": hook.url,
        "state": state,
        "chip": chip,
        "why": why,
        "on": hook.enabled,
        "last_ok": shown.moment(hook.last_ok_at, at) if hook.last_ok_at else "",
        "page": f"/settings/webhooks/{hook.pk}/",
    }


def present_delivery(delivery: Delivery, at: datetime) -> dict[str, Any]:
    """Return one line of the log with its attempts."""
    tries = list(delivery.tries.all())
    state = DeliveryState(delivery.state)
    waits = state == DeliveryState.QUEUED and delivery.run_at is not None and delivery.run_at > at
    return {
        "id": delivery.pk,
        "key": delivery.key,
        "name": delivery.name,
        "label": _LABELS.get(delivery.name, delivery.name),
        "subject": delivery.ticket_id or "",
        "subject_page": _PAGES.get(delivery.subject_kind, "/tickets/%s/") % delivery.ticket_id,
        "time": shown.moment(delivery.created_at, at),
        "exact": shown.exact(delivery.created_at),
        "state": state.label,
        "chip": _CHIPS.get(state, ""),
        "next": shown.moment(delivery.run_at, at) if waits and delivery.run_at else "",
        "tries": [_attempt(attempt, at) for attempt in tries],
        "may_repeat": state != DeliveryState.SENDING,
        "moving": state in (DeliveryState.QUEUED, DeliveryState.SENDING) and not waits,
    }


def _attempt(attempt: Attempt, at: datetime) -> dict[str, Any]:
    words = str(_ERRORS.get(attempt.error, attempt.error))
    return {
        "time": shown.moment(attempt.at, at),
        "exact": shown.exact(attempt.at),
        "outcome": f"{attempt.status} · {words}" if attempt.status and words else words or str(attempt.status or ""),
        "bad": bool(attempt.error),
        "took": _("%(count)s ms") % {"count": attempt.milliseconds},
        "answer": attempt.answer,
    }
