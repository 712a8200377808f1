"""What becomes of a delivery: every change of its state that the sender, the clock or a bounce makes.

queued → sending (committed before the connection opens) → sent | queued again with a pause | failed | uncertain.
A lease that ran out in ``sending`` is uncertain too: sent once more with the same Message-ID, then left to a person.
"""

from datetime import datetime, timedelta
from itertools import batched
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from otklik.channels.email.app_settings import REPEAT_UNCERTAIN
from otklik.channels.email.events import outgoing as events
from otklik.channels.email.models import Delivery, DeliveryState, Outgoing, OutgoingFile, OutgoingKind
from otklik.core import claims
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.events import record, record_many
from otklik.core.settings_store import get as setting

LEASE: Final = timedelta(minutes=8)  # longer than the longest attempt: connecting, then client.ATTEMPT_SECONDS
_STEPS: Final = (1, 5, 15, 60, 120)
_LATER: Final = 240
MOST_ATTEMPTS: Final = 17  # 1, 5, 15, 60, 120 minutes, then every four hours: two days in all
REPEAT_AFTER: Final = timedelta(minutes=1)
_TOLD_AT_ONCE: Final = 1000
WAITING: Final = (DeliveryState.QUEUED, DeliveryState.UNCERTAIN)
_SYSTEM: Final = Actor.system()


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts that did not get through."""
    return timedelta(minutes=_STEPS[attempts - 1] if 1 <= attempts <= len(_STEPS) else _LATER)


def due(at: datetime) -> QuerySet[Delivery]:
    """Return what is to be sent now, oldest first."""
    return Delivery.objects.filter(run_at__lte=at, state__in=WAITING).order_by("run_at", "id")


def claim_next(queryset: QuerySet[Delivery], worker: str, *, lease: timedelta | None = None) -> Delivery | None:
    """Take one delivery for sending; the state ``sending`` is committed when this returns."""
    at = now()
    taken = claims.claim(queryset, at, lease or LEASE, 1, worker, state=DeliveryState.SENDING)
    return taken[0] if taken else None


def _ticket_of(delivery: Delivery) -> Any:
    return (
        Outgoing.objects.select_related("ticket")
        .only("id", "ticket_message_id", "ticket__id", "ticket__team_id")
        .get(pk=delivery.outgoing_id)
    )


def tell(event_class: type[events.DeliveryEvent], delivery: Delivery, *, by: Actor = _SYSTEM, **facts: Any) -> None:
    """Record an event of a delivery on its ticket; mails without a ticket have their state only."""
    outgoing = _ticket_of(delivery)
    if outgoing.ticket is None:
        return
    record(
        event_class(
            subject_id=outgoing.ticket.pk,
            team_id=outgoing.ticket.team_id,
            delivery_id=delivery.pk,
            message_id=outgoing.ticket_message_id,
            recipient=delivery.recipient,
            **facts,
        ),
        by=by,
    )


def accepted(delivery: Delivery, response: str) -> bool:
    """Note that the server took the mail."""
    with transaction.atomic():
        done = claims.finish(
            delivery,
            state=DeliveryState.SENT,
            run_at=None,
            sent_at=now(),
            error_code="",
            response=response[:500],
            worker="",
        )
        if done:
            confirmation = delivery.kind == OutgoingKind.CONFIRMATION
            tell(events.ConfirmationSent if confirmation else events.MailSent, delivery)
            forget_account_mail(delivery)
    return done


def put_off(delivery: Delivery, code: str, response: str) -> bool:
    """Note a passing failure: tried again after a pause, given up after two days of attempts."""
    if delivery.attempts >= MOST_ATTEMPTS:
        return refused(delivery, "expired", response)
    state = DeliveryState.UNCERTAIN if delivery.doubts else DeliveryState.QUEUED
    with transaction.atomic():
        done = claims.finish(
            delivery,
            state=state,
            run_at=now() + pause_after(delivery.attempts),
            error_code=code,
            response=response[:500],
            worker="",
        )
        if done and delivery.attempts == 1:
            tell(events.MailDelayed, delivery, code=code, response=response[:200])
    return done


def put_off_others(channels: QuerySet[Delivery], code: str, response: str) -> int:
    """Put off everything else that is due for a server that could not be reached; it counts as an attempt of each.

    Saves a hundred time-outs for a hundred mails. Those at the end of their attempts are left to ``put_off``. Of each
    whose first failure this is ``mail.delayed`` is recorded.
    """
    at, moved = now(), 0
    with transaction.atomic():
        waiting = channels.filter(run_at__lte=at, state__in=WAITING, attempts__lt=MOST_ATTEMPTS - 1)
        counts = sorted(set(waiting.order_by().values_list("attempts", flat=True).distinct()), reverse=True)
        for attempts in counts:  # from many to few, so that no row is met twice
            moved += (
                waiting.filter(attempts=attempts)
                .order_by()
                .update(
                    attempts=attempts + 1,
                    run_at=at + pause_after(attempts + 1),
                    error_code=code,
                    response=response[:500],
                )
            )
        if 0 in counts:
            # what was moved just now, and by us alone, is told by its moment
            first = channels.filter(run_at=at + pause_after(1), attempts=1, state__in=WAITING)
            _tell_delayed(first, code, response)
    return moved


def _tell_delayed(first: QuerySet[Delivery], code: str, response: str) -> None:
    """Record ``mail.delayed`` on the tickets of many deliveries, in three statements a thousand."""
    rows = (
        first.filter(outgoing__ticket__isnull=False)
        .order_by("id")
        .values_list(
            "pk", "recipient", "outgoing__ticket_message_id", "outgoing__ticket_id", "outgoing__ticket__team_id"
        )
    )
    for some in batched(rows.iterator(chunk_size=_TOLD_AT_ONCE), _TOLD_AT_ONCE):
        record_many(
            [
                (
                    events.MailDelayed(
                        subject_id=ticket, team_id=team, delivery_id=pk, message_id=message, recipient=recipient,
                        code=code, response=response[:200],
                    ),
                    _SYSTEM,
                )
                for pk, recipient, message, ticket, team in some
            ]
        )  # fmt: skip


def refused(delivery: Delivery, code: str, response: str) -> bool:
    """Note that the mail will not go out, with the reason, on the ticket too."""
    with transaction.atomic():
        done = claims.finish(
            delivery,
            state=DeliveryState.FAILED,
            run_at=None,
            error_code=code,
            response=response[:500],
            worker="",
            settled=False,
        )
        if done:
            tell(events.MailFailed, delivery, code=code, response=response[:200])
    return done


def doubtful(delivery: Delivery, code: str, response: str) -> bool:
    """Note that nobody knows whether the mail was taken: repeated once (if the setting says so), then held."""
    repeats = delivery.doubts == 0 and bool(setting(REPEAT_UNCERTAIN))
    with transaction.atomic():
        done = claims.finish(
            delivery,
            state=DeliveryState.UNCERTAIN,
            run_at=now() + REPEAT_AFTER if repeats else None,
            doubts=delivery.doubts + 1,
            error_code=code,
            response=response[:500],
            worker="",
        )
        if done:
            tell(events.MailUncertain, delivery, code=code, repeats=repeats)
    return done


def overtake_expired(limit: int = 100) -> int:
    """Treat deliveries whose sender died in the middle as doubtful; return how many."""
    dead = Delivery.objects.filter(state=DeliveryState.SENDING, run_at__lte=now()).order_by("run_at", "id")[:limit]
    return sum(doubtful(delivery, "lease_expired", "") for delivery in dead)


def forget_account_mail(delivery: Delivery) -> None:
    """Wipe the body of an account mail or a notification when no recipient waits for it: it may hold a link that signs
    in, or quote what belongs to a ticket."""
    if delivery.kind not in {OutgoingKind.ACCOUNT, OutgoingKind.NOTICE}:
        return
    if Delivery.objects.filter(outgoing_id=delivery.outgoing_id, run_at__isnull=False).exists():
        return
    if Delivery.objects.filter(outgoing_id=delivery.outgoing_id, state=DeliveryState.UNCERTAIN).exists():
        return
    OutgoingFile.objects.filter(outgoing_id=delivery.outgoing_id).delete()
    Outgoing.objects.filter(pk=delivery.outgoing_id).update(text="", html="")
