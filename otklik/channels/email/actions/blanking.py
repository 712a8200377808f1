"""Mail loses what it says and whom it names; its lines, their states and with them the sums of the ledger stay."""

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from otklik.channels.email.models import (
    Delivery,
    DeliveryState,
    Inbound,
    InboundState,
    Outgoing,
    OutgoingFile,
)
from otklik.core.clock import now

_UNDECIDED = (InboundState.WAITING, InboundState.QUARANTINED, InboundState.FAILED)


def blank_inbound(rows: QuerySet[Inbound]) -> list[int]:
    """Blank received mails; return the blobs that they let go of."""
    blobs = [blob for blob in rows.values_list("blob_id", flat=True) if blob]
    rows.filter(blob__isnull=False).update(raw_removed_at=now())
    rows.update(blob=None, envelope={}, from_address="", from_name="", subject="", steps=[])
    return blobs


def blank_outgoing(rows: QuerySet[Outgoing]) -> list[int]:
    """Blank mails of ours; return the blobs that they let go of. What has not left yet never will."""
    ids = list(rows.values_list("pk", flat=True))
    files = OutgoingFile.objects.filter(outgoing__in=ids)
    blobs = [blob for blob in files.values_list("blob_id", flat=True) if blob]
    files.delete()
    blank_deliveries(Delivery.objects.filter(outgoing__in=ids))
    rows.update(text="", html="", to=[], cc=[], subject="", headers=[], references=[])
    return blobs


def blank_deliveries(rows: QuerySet[Delivery]) -> None:
    """Take the address off; what has not left yet never will."""
    ids = list(rows.values_list("pk", flat=True))
    found = Delivery.objects.filter(pk__in=ids)
    found.filter(run_at__isnull=False).update(
        state=DeliveryState.FAILED, run_at=None, error_code="erased", settled=True
    )
    key = Concat(Value("erased:"), Cast("pk", CharField()))
    found.update(recipient="", address_key=key, response="")


def blank_purged(number: int) -> None:
    """Blank the mail of a ticket that is about to be deleted for ever, and mark it, inside the caller's transaction.

    Mails whose words were taken out into another ticket belong to that one. Mails about which somebody has still to
    decide keep their source, for those who see every ticket. The bytes are removed by the sweep of the store.
    """
    _hand_over(number)
    here = Inbound.objects.filter(Q(ticket=number) | Q(message__ticket=number))
    ids = list(here.values_list("pk", flat=True))
    rows = Inbound.objects.filter(pk__in=ids)
    blank_inbound(rows.exclude(state__in=_UNDECIDED))
    rows.update(ticket_purged=True)
    blank_outgoing(Outgoing.objects.filter(Q(ticket=number) | Q(ticket_message__ticket=number)))


def _hand_over(number: int) -> None:
    """Let mails whose message stands on another ticket belong to that."""
    came = Inbound.objects.filter(ticket=number, message__isnull=False).exclude(message__ticket=number)
    for pk, other in list(came.values_list("pk", "message__ticket")):
        Inbound.objects.filter(pk=pk).update(ticket=other)
    went = Outgoing.objects.filter(ticket=number, ticket_message__isnull=False).exclude(ticket_message__ticket=number)
    for pk, other in list(went.values_list("pk", "ticket_message__ticket")):
        Outgoing.objects.filter(pk=pk).update(ticket=other)
