"""The raw bytes of mails that came to their end long ago go; everything else of them stays.

The row keeps its state, its sums, its size and, in its steps, the digest of what was there. Mails that wait, are held
or failed keep their source: somebody may still have to decide about them.
"""

from datetime import timedelta
from typing import Final

from django.db import transaction

from otklik.channels.email.app_settings import RAW_DAYS
from otklik.channels.email.models import Inbound, InboundState
from otklik.core.clock import now
from otklik.core.settings_store import get

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
