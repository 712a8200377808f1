"""The raw bytes of mails that came to their end long ago go; everything else of them stays.

The row keeps its state, its sums, its size and, in its steps, the digest of what was there. Mails that wait, are held
or failed keep their source: somebody may still have to decide about them.
"""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from otklik.channels.email.app_settings import RAW_DAYS
from otklik.channels.email.models import Delivery, Inbound, InboundState, OutgoingFile
from otklik.core.clock import now
from otklik.core.settings_store import get
from otklik.tickets.actions.retention import closed_before, cutoff_of, files_days

_ENDED: Final = (InboundState.TICKET, InboundState.MESSAGE, InboundState.IGNORED)
SLICE: Final = 500


def remove_raw() -> int:
    """Let go of the raw bytes that are older than the setting allows, in slices; return of how many mails.

    The bytes themselves are removed by the sweep of the store, when nothing else refers to them.
    """
    days = int(get(RAW_DAYS))
    if not days:
        return 0
    cutoff, last, gone = now() - timedelta(days=days), 0, 0
    while True:
        rows = list(
            Inbound.objects.filter(pk__gt=last, received_at__lt=cutoff, state__in=_ENDED, blob__isnull=False)
            .select_related("blob")
            .defer("blob__data")
            .order_by("pk")[:SLICE]
        )
        if not rows:
            return gone
        last = rows[-1].pk
        gone += _remove(rows)


def _remove(rows: list[Inbound]) -> int:
    at = now()
    gone = 0
    with transaction.atomic():
        for row in rows:
            step = ["raw_removed", {"sha256": row.blob.sha256 if row.blob else ""}, at.isoformat()]
            # conditional: somebody may have it processed again at this moment
            gone += Inbound.objects.filter(pk=row.pk, state__in=_ENDED, blob=row.raw).update(
                blob=None, raw_removed_at=at, steps=[*row.steps, step]
            )
    return gone


def remove_letter_files() -> int:
    """Let go of the files of letters whose ticket was closed as long ago as files are kept; return of how many.

    A letter that may still leave keeps them, whatever became of its ticket.
    """
    days = files_days()
    if not days:
        return 0
    leaving = Delivery.objects.filter(outgoing=OuterRef("outgoing"), run_at__isnull=False)
    rows = OutgoingFile.objects.filter(
        ~Exists(leaving),
        closed_before(cutoff_of(days), "outgoing__ticket__"),
        blob__isnull=False,
        outgoing__created_at__lt=cutoff_of(days),
    )
    gone = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:SLICE]):
        gone += OutgoingFile.objects.filter(pk__in=ids).update(blob=None)
    return gone
