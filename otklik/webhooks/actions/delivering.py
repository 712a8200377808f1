"""What becomes of deliveries: queued by facts, claimed by the sender, ended by what receivers answer.

queued → sending → sent | queued again with a growing pause | failed after two days. A lease that ran out in ``sending``
is taken up again: receivers drop repeats by the stable id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from otklik.core import claims
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.engine import wake
from otklik.core.events import record
from otklik.core.prepared import Prepared
from otklik.tickets.events import SUBJECT_TICKET
from otklik.webhooks import events
from otklik.webhooks.catalog import name_of
from otklik.webhooks.client import Outcome
from otklik.webhooks.models import Attempt, Delivery, DeliveryState, Webhook

SERVICE: Final = "webhooks"
LEASE: Final = timedelta(seconds=60)
LIFE: Final = timedelta(hours=48)
DEAD_AFTER: Final = timedelta(days=5)
_STEPS: Final = (10, 60, 300, 900, 3600)
_LATER: Final = 4 * 3600
_PAUSES: Final = (0, 10, 30, 60, 300, 900)
WAITING: Final = (DeliveryState.QUEUED, DeliveryState.SENDING)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to a ticket, a person or an organisation, not to be told before ``not_before``."""

    event_id: int
    kind: str
    subject_id: int
    data: Mapping[str, Any]
    not_before: datetime | None = None
    subject_kind: int = SUBJECT_TICKET


def pause_after(attempts: int) -> timedelta:
    """Return how long a delivery waits after so many attempts that came to nothing."""
    return timedelta(seconds=_STEPS[attempts - 1] if 1 <= attempts <= len(_STEPS) else _LATER)


def queue_facts(facts: Sequence[Fact]) -> int:
    """Queue a delivery for each fact and each webhook that asks for it; return how many. Three statements at most.

    Facts that were queued before are left alone.
    """
    hooks = _hooks()
    at = now()
    rows = [
        Delivery(
            webhook=hook, event_id=fact.event_id, name=name, ticket_id=fact.subject_id,
            subject_kind=fact.subject_kind, run_at=max(at, fact.not_before or at), created_at=at, tries_until=at + LIFE,
        )
        for fact in facts
        for hook in hooks
        if (name := name_of(fact.kind, fact.data, hook.events))
    ]  # fmt: skip
    if rows:
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        transaction.on_commit(wake_sender)
    return len(rows)


_hooks: Final = Prepared(lambda: Webhook.objects.filter(enabled=True, removed_at__isnull=True).order_by("id"))


def wake_sender() -> None:
    """Tell the service that something is queued."""
    wake(SERVICE)


def due(at: datetime) -> QuerySet[Delivery]:
    """Return what is to be sent now: of webhooks that are on and not paused, the first fact that waits of each ticket,
    person and organisation.

    Facts are as old as their events: what a subscriber failed on at first has a younger row than what came later.
    """
    earlier = Delivery.objects.filter(
        webhook=OuterRef("webhook"), ticket_id=OuterRef("ticket_id"), subject_kind=OuterRef("subject_kind"),
        run_at__isnull=False, event_id__lt=OuterRef("event_id"),
    )  # fmt: skip
    free = Q(webhook__paused_until__isnull=True) | Q(webhook__paused_until__lte=at)
    rows = Delivery.objects.filter(
        free, run_at__lte=at, state__in=WAITING, webhook__enabled=True, webhook__removed_at__isnull=True
    )
    return rows.filter(Q(ticket_id=0) | ~Exists(earlier)).order_by("run_at", "id")


def claim_next(webhook_id: int, worker: str) -> Delivery | None:
    """Take one delivery of a webhook; the state ``sending`` is committed when this returns."""
    at = now()
    taken = claims.claim(due(at).filter(webhook_id=webhook_id), at, LEASE, 1, worker, state=DeliveryState.SENDING)
    return taken[0] if taken else None


def keep_body(delivery: Delivery, body: str) -> None:
    """Keep what is sent, so that every attempt sends the same."""
    claims.finish(delivery, body=body)


def cancel(delivery: Delivery) -> bool:
    """End a delivery that tells of something that was taken back."""
    return claims.finish(delivery, state=DeliveryState.CANCELLED, run_at=None, worker="", ended_at=now())


def cancel_waiting(hook: Webhook) -> int:
    """End what waits for a webhook that is switched off or removed, inside the caller's transaction."""
    rows = Delivery.objects.filter(webhook=hook, run_at__isnull=False)
    return rows.update(state=DeliveryState.CANCELLED, run_at=None, worker="", ended_at=now())


def note(delivery: Delivery, outcome: Outcome) -> bool:
    """Write down what came of an attempt, for the delivery and for its webhook; false when the lease was lost.

    Records ``webhook.switched_off`` at 410 and after five days without success.
    """
    at = now()
    with transaction.atomic():
        Attempt.objects.create(
            delivery_id=delivery.pk, at=at, status=outcome.status, error=outcome.error, answer=outcome.answer,
            milliseconds=outcome.milliseconds,
        )  # fmt: skip
        if not claims.finish(delivery, **_next(delivery, outcome, at)):
            return False
        _note_on_hook(delivery.webhook_id, outcome, at)
    return True


def _next(delivery: Delivery, outcome: Outcome, at: datetime) -> dict[str, Any]:
    if outcome.taken:
        return {"state": DeliveryState.SENT, "run_at": None, "worker": "", "ended_at": at}
    again = at + pause_after(delivery.attempts)
    if again > delivery.tries_until:
        return {"state": DeliveryState.FAILED, "run_at": None, "worker": "", "ended_at": at}
    return {"state": DeliveryState.QUEUED, "run_at": again, "worker": ""}


def _note_on_hook(webhook_id: int, outcome: Outcome, at: datetime) -> None:
    hook = Webhook.objects.select_for_update().get(pk=webhook_id)
    if outcome.taken:
        stale = hook.last_ok_at is None or at - hook.last_ok_at > timedelta(minutes=1)
        if stale or hook.failures or hook.failing_since:
            Webhook.objects.filter(pk=hook.pk).update(failures=0, failing_since=None, paused_until=None, last_ok_at=at)
        return
    since = hook.failing_since or at
    values: dict[str, Any] = {"failing_since": since}
    if outcome.down:
        values["failures"] = hook.failures + 1
        values["paused_until"] = at + timedelta(seconds=_PAUSES[min(hook.failures, len(_PAUSES) - 1)])
    reason = "gone" if outcome.error == "gone" else "dead" if at - since >= DEAD_AFTER else ""
    if reason and hook.enabled:
        values |= {"enabled": False, "off_reason": reason, "version": hook.version + 1}
        cancel_waiting(hook)
        told = events.WebhookSwitchedOff(
            subject_id=hook.pk, name=hook.name, host=(urlsplit(hook.url).hostname or "")[:100], reason=reason
        )
        record(told, by=Actor.system())
    Webhook.objects.filter(pk=hook.pk).update(**values)


def forget_old(keep: timedelta = timedelta(days=30)) -> int:
    """Remove what ended long ago from the log, and webhooks that were removed; return how many deliveries went."""
    past = now() - keep
    gone = 0
    ended = Delivery.objects.filter(created_at__lt=past, run_at__isnull=True).order_by("created_at")
    while old := list(ended.values_list("pk", flat=True)[:1000]):
        Delivery.objects.filter(pk__in=old).delete()
        gone += len(old)
    Webhook.objects.filter(removed_at__lt=past).delete()
    return gone
