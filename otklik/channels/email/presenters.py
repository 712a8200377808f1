"""Ready strings for the mail pages."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from otklik.channels.email.models import Delivery, DeliveryState, MailboxCheck
from otklik.channels.email.outbox.queries import can_retry
from otklik.channels.email.outbox.reasons import advice, sentence
from otklik.channels.email.outbox.servers import Servers
from otklik.channels.email.probe import hints
from otklik.channels.email.probe import report as reports
from otklik.channels.models import Connection, Health
from otklik.core import shown
from otklik.tickets.models import Channel

_CHIPS = {
    DeliveryState.QUEUED: "",
    DeliveryState.SENDING: "chip--accent",
    DeliveryState.UNCERTAIN: "chip--warn",
    DeliveryState.FAILED: "chip--bad",
    DeliveryState.BOUNCED: "chip--bad",
}
_HEALTH = {Health.OK: "chip--good", Health.FAILING: "chip--bad", Health.UNCHECKED: "chip--warn", Health.OFF: ""}


def present_delivery(delivery: Delivery, servers: Servers, at: datetime) -> dict[str, Any]:
    """Return one line of the outbox."""
    outgoing = delivery.outgoing
    waits = delivery.state in {DeliveryState.QUEUED, DeliveryState.UNCERTAIN} and delivery.run_at is not None
    homeless = delivery.state == DeliveryState.QUEUED and servers.of(delivery.channel_id) is None
    code = servers.trouble if homeless else delivery.error_code
    following = ""
    if waits and not homeless and delivery.run_at is not None:
        following = shown.exact(delivery.run_at) if delivery.run_at > at else _("now")
    return {
        "id": delivery.pk,
        "time": shown.age(delivery.first_queued_at, at),
        "exact": shown.exact(delivery.first_queued_at),
        "recipient": delivery.recipient,
        "subject": outgoing.subject or _("(no subject)"),
        "box": outgoing.channel.name if outgoing.channel else outgoing.from_address,
        "kind": str(outgoing.get_kind_display()),
        "ticket": outgoing.ticket_id,
        "ticket_url": reverse("tickets:card", args=[outgoing.ticket_id]) if outgoing.ticket_id else "",
        "state": str(DeliveryState(delivery.state).label),
        "chip": _CHIPS.get(DeliveryState(delivery.state), ""),
        "reason": sentence(code) or (_("Nothing is wrong: it leaves in a moment") if waits else ""),
        "advice": advice(code),
        "response": delivery.response,
        "attempts": delivery.attempts,
        "next": following,
        "message_id": outgoing.message_id,
        "repeated": delivery.doubts > 0,
        "can_retry": can_retry(delivery),
        "can_end": can_retry(delivery),
        "came_back": delivery.state == DeliveryState.BOUNCED,
        "failed": delivery.state in {DeliveryState.FAILED, DeliveryState.BOUNCED},
    }


@dataclass(frozen=True, slots=True)
class MailboxLine:
    """One mailbox in the list of the settings."""

    address: str
    name: str
    team: str
    url: str
    state: str
    chip: str
    trouble: str
    waiting: str


def present_mailbox(channel: Channel, connection: Connection | None, waiting: int) -> MailboxLine:
    """Return one line of the list of mailboxes; ``waiting`` counts what has not left by it."""
    state = Health(connection.state) if connection else Health.UNCHECKED
    if connection is not None and not connection.enabled:
        state = Health.OFF
    failing = connection is not None and state == Health.FAILING
    step = reports.Step("imap", connection.last_error, reports.BAD) if failing and connection else None
    return MailboxLine(
        address=channel.address,
        name=channel.name,
        team=channel.team.name if channel.team else _("no team"),
        url=reverse("email:mailbox", args=[channel.pk]),
        state=str(state.label),
        chip=_HEALTH[state],
        trouble=reports.title(step) if step else "",
        waiting=_("waiting to be sent: %(count)s") % {"count": "99+" if waiting > 99 else waiting} if waiting else "",
    )


def present_check(check: MailboxCheck | None, *, imap_host: str, smtp_host: str, at: datetime) -> dict[str, Any] | None:
    """Return the last connection test: its steps, and for a failure what to do about it."""
    if check is None:
        return None
    report = reports.Report.load(check.report)
    failure = report.failure()
    provider = None
    if failure is not None and failure.code in {"password", "login_off"}:
        provider = hints.by_host(imap_host if failure.part == "imap" else smtp_host)
    return {
        "when": shown.moment(check.at, at),
        "exact": shown.exact(check.at),
        "took": reports.shown_seconds(report.seconds),
        "steps": [_step(step) for step in report.steps],
        "failure": failure
        and {
            "title": str(provider.title) if provider else reports.title(failure),
            "why": str(provider.why) if provider else reports.text(failure),
            "steps": [str(line) for line in provider.steps] if provider else [],
            "response": failure.response,
            "icon": "key" if failure.code in {"password", "login_off", "login_letters"} else "alert",
            "field": "imap_password" if failure.code == "password" and failure.part == "imap" else "",
        },
    }


def _step(step: reports.Step) -> dict[str, Any]:
    facts = dict(step.facts)
    if until := facts.get("until"):
        facts["until"] = date_format(date.fromisoformat(until), "j E Y")
    step = reports.Step(step.part, step.code, step.state, facts, step.response, step.seconds)
    icons = {reports.OK: "check", reports.BAD: "x", reports.WARN: "alert"}
    return {
        "title": reports.title(step),
        "text": reports.text(step),
        "state": step.state,
        "icon": icons.get(step.state, ""),
        "time": reports.shown_seconds(step.seconds) if step.state != reports.LATER and step.seconds else "",
        "part": _("Receiving") if step.part != "smtp" else _("Sending"),
    }
