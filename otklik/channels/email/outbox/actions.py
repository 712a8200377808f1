"""What people do about mail on its way out: send again, give up, and the undo of an answer that has not left yet."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.channels.email.actions.delivering import forget_account_mail, tell
from otklik.channels.email.events import outgoing as events
from otklik.channels.email.models import Delivery, DeliveryState, Outgoing, OutgoingKind
from otklik.channels.email.outbox.enqueue import wake_sender
from otklik.channels.email.outbox.queries import can_correct, can_retry, get_visible, visible_to
from otklik.channels.email.outbox.reasons import ARRIVED
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden

_AT_ONCE = 1000


def _allowed(delivery: Delivery, by: Actor) -> Delivery:
    """Return the delivery as the actor sees it; ``NotFound`` when he does not, ``Forbidden`` without the right."""
    seen = get_visible(by, delivery.pk)
    if not rights.can(by, "outbox.retry"):
        raise Forbidden(_("You have no right to do this."))
    return seen


def send_again(delivery: Delivery, *, by: Actor) -> bool:
    """Have the same mail, with the same Message-ID, sent to its recipient now; records ``mail.retried``.

    A mail that waits is tried at once. A second call before it left changes nothing and returns false. Raises
    ``Conflict`` for a mail that is out or just being sent.
    """
    seen = _allowed(delivery, by)
    if not can_retry(seen):
        raise Conflict(_("This mail is out already or is just being sent."), current=seen)
    if seen.kind in {OutgoingKind.ACCOUNT, OutgoingKind.NOTICE} and not seen.outgoing.text and not seen.outgoing.html:
        raise Conflict(_("The text of this mail is not kept any more."), current=seen)
    at = now()
    if seen.state in {DeliveryState.QUEUED, DeliveryState.UNCERTAIN} and seen.run_at and seen.run_at <= at:
        return False
    # what may have arrived once stays marked as such while it waits again
    state = DeliveryState.UNCERTAIN if seen.state == DeliveryState.UNCERTAIN else DeliveryState.QUEUED
    with transaction.atomic():
        changed = Delivery.objects.filter(pk=seen.pk, state=seen.state, run_at=seen.run_at).update(
            state=state, run_at=at, attempts=0, worker="", error_code="", response="", settled=False
        )
        if not changed:
            return False
        tell(events.DeliveryRetried, seen, by=by)
        transaction.on_commit(wake_sender)
    return True


def send_waiting_again(*, by: Actor) -> int:
    """Have every visible mail that waits for a later attempt tried now; records ``mail.retried`` for each.

    Returns how many that were, at most a thousand a call. A mail that is due already is left alone, so that a second
    call changes nothing, and so is one that was never tried: it is held until it can no longer be taken back. Raises
    ``Forbidden`` without the right.
    """
    if not rights.can(by, "outbox.retry"):
        raise Forbidden(_("You have no right to do this."))
    at = now()
    later = visible_to(by).filter(state=DeliveryState.QUEUED, run_at__gt=at).exclude(attempts=0, error_code="")
    with transaction.atomic():
        rows = list(later.select_related("outgoing", "outgoing__ticket").order_by("id")[:_AT_ONCE])
        # conditional: whatever was claimed or decided meanwhile is left out
        taken = [
            row for row in rows
            if Delivery.objects.filter(pk=row.pk, state=DeliveryState.QUEUED, run_at=row.run_at).update(
                run_at=at, attempts=0, worker="", error_code="", response=""
            )
        ]  # fmt: skip
        for row in taken:
            tell(events.DeliveryRetried, row, by=by)
        transaction.on_commit(wake_sender)
    return len(taken)


def give_up(delivery: Delivery, *, by: Actor) -> bool:
    """Stop trying, or take a failed mail off the page; records ``mail.given_up``.

    Returns false when that was done already. Raises ``Conflict`` for a mail that is out or just being sent.
    """
    seen = _allowed(delivery, by)
    if seen.settled:
        return False
    if not can_retry(seen):
        raise Conflict(_("This mail is out already or is just being sent."), current=seen)
    trouble = seen.state in {DeliveryState.FAILED, DeliveryState.BOUNCED}
    changes = {"settled": True} if trouble else {
        "settled": True, "state": DeliveryState.FAILED, "run_at": None, "error_code": "given_up", "worker": "",
    }  # fmt: skip
    with transaction.atomic():
        same = Delivery.objects.filter(pk=seen.pk, state=seen.state, run_at=seen.run_at, settled=False)
        if not same.update(**changes):
            return False
        tell(events.DeliveryGivenUp, seen, by=by)
        forget_account_mail(seen)
    return True


def correct(delivery: Delivery, *, arrived: bool, by: Actor) -> bool:
    """Say what became of a mail that went out, as a person knows it: it arrived, or it came back.

    Records ``mail.corrected``. Returns false when that is known already. Raises ``Conflict`` for a mail that is not
    out.
    """
    seen = _allowed(delivery, by)
    if not can_correct(seen, arrived=arrived):
        if can_correct(seen, arrived=not arrived):
            return False
        raise Conflict(_("This mail is not out yet."), current=seen)
    came_back = seen.state == DeliveryState.BOUNCED
    changes = (
        {"state": DeliveryState.SENT if came_back else seen.state, "error_code": ARRIVED, "response": ""}
        if arrived
        else {"state": DeliveryState.BOUNCED, "error_code": "came_back"}
    )
    with transaction.atomic():
        same = Delivery.objects.filter(pk=seen.pk, state=seen.state, error_code=seen.error_code)
        if not same.update(run_at=None, settled=False, worker="", **changes):
            return False
        tell(events.DeliveryCorrected, seen, by=by, arrived=arrived)
    return True


def cancel(ticket_message_ids: Sequence[int]) -> bool:
    """Take back the mails of messages, inside the caller's transaction, if none of them has begun to leave.

    All or nothing: false, and nothing changed, when one delivery is being sent, was tried or is out. The caller undoes
    the message itself and has checked who may.
    """
    mails = list(Outgoing.objects.filter(ticket_message_id__in=ticket_message_ids).values_list("pk", flat=True))
    if not mails:
        return True
    with transaction.atomic():
        deliveries: QuerySet[Delivery] = Delivery.objects.filter(outgoing_id__in=mails).exclude(
            error_code="bad_address"
        )
        rows = list(deliveries.select_for_update(of=("self",)).values_list("pk", "state", "attempts"))
        if any(state != DeliveryState.QUEUED or attempts for _pk, state, attempts in rows):
            return False
        # conditional, so that a claim between the look and the delete wins
        untouched = Delivery.objects.filter(
            pk__in=[pk for pk, _state, _attempts in rows], state=DeliveryState.QUEUED, attempts=0
        )
        if untouched.update(run_at=None) != len(rows):
            transaction.set_rollback(True)
            return False
        Outgoing.objects.filter(pk__in=mails).delete()
    return True
