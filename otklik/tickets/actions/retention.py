"""The rule of retention: bytes of files of tickets that were closed long ago go; names, sizes and digests stay."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.events import record
from otklik.core.jobs import keep_alive
from otklik.core.settings_store import get
from otklik.tickets.app_settings import FILES_DAYS
from otklik.tickets.events import FilesRemoved
from otklik.tickets.models import Attachment, Category, Ticket

SLICE: Final = 500
LEASE: Final = 1800


@dataclass(frozen=True, slots=True)
class Removed:
    """So many files, with so many bytes."""

    files: int = 0
    bytes: int = 0


def closed_before(cutoff: datetime, prefix: str = "") -> Q:
    """Return the condition for what hangs on a ticket that is closed, and was by then; ``prefix`` leads to it."""
    return Q(**{f"{prefix}closed_at__lt": cutoff, f"{prefix}status__category": Category.CLOSED})


def files_days() -> int:
    """Return how many days the files of closed tickets are kept; 0 for ever."""
    return int(get(FILES_DAYS))


def cutoff_of(days: int) -> datetime:
    """Return before when a ticket has to have been closed."""
    return now() - timedelta(days=days)


def removable(days: int) -> QuerySet[Attachment]:
    """Return the files that the rule would remove with this many days; none for 0."""
    rows = Attachment.objects.filter(blob__isnull=False)
    return rows.filter(closed_before(cutoff_of(days), "message__ticket__")) if days > 0 else rows.none()


def count_removable(days: int) -> Removed:
    """Count what the rule would remove, changing nothing."""
    found = removable(days).aggregate(files=Count("pk"), bytes=Sum("size"))
    return Removed(found["files"], found["bytes"] or 0)


def remove_old_files() -> int:
    """Let go of the files that the setting allows, in slices; records ``files.removed`` once. Returns how many went.

    The bytes themselves are removed by the sweep of the store, when nothing else refers to them. Cut off anywhere it
    goes on with what is left.
    """
    days, last, files, size = files_days(), 0, 0, 0
    while True:
        rows = list(
            removable(days).filter(pk__gt=last).select_related("blob").defer("blob__data").order_by("pk")[:SLICE]
        )
        if not rows:
            break
        last = rows[-1].pk
        for row in _remove(rows, days):
            files, size = files + 1, size + row.size
        keep_alive(LEASE)
    if files:
        with transaction.atomic():
            record(FilesRemoved(subject_id=0, files=files, size=size, days=days), by=Actor.system())
    return files


def _remove(rows: list[Attachment], days: int) -> list[Attachment]:
    """Take the bytes of a slice away; whose ticket was opened again meanwhile keeps them."""
    at, gone = now(), []
    with transaction.atomic():
        tickets = {row.ticket_id for row in rows if row.ticket_id}
        list(Ticket.objects.select_for_update().filter(pk__in=tickets).order_by("pk").values_list("pk"))
        still = set(removable(days).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
        for row in rows:
            digest = row.blob.sha256 if row.blob else ""
            if row.pk in still and Attachment.objects.filter(pk=row.pk, blob_id=row.kept_id).update(
                blob=None, sha256=digest, removed_at=at
            ):
                gone.append(row)
    return gone
