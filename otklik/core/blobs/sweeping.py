"""Mark and sweep: what nobody refers to goes after a day. Never by counts, and never when in doubt."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction

from otklik.core.blobs.files import WAITING, folder, path_of, unlink_here
from otklik.core.blobs.keeping import KEEP_UNUSED
from otklik.core.blobs.models import Blob
from otklik.core.blobs.moving import forget_in_store, sweep_store
from otklik.core.clock import now
from otklik.core.leases import Hold, hold
from otklik.core.registry import Registry

logger = logging.getLogger(__name__)

References = Callable[[list[int]], Iterable[int]]
"""Takes ids of blobs and returns those that its room still refers to, in one statement."""

blob_references: Registry[References] = Registry("references to blobs")
_SLICE = 1000
SWEEP_LEASE = "blobs.sweep"
"""Who holds it may delete files, or be sure that nobody does (a backup)."""
_TTL = 1800.0


def register_references(key: str, used: References) -> None:
    """Say how a room refers to blobs. A room that keeps blob ids and does not say so loses them after a day."""
    blob_references.register(key, used)


def sweep() -> int:
    """Delete blobs that no room refers to and that were last put more than a day ago, then files without a row.

    Returns how many blobs went. An error in any room's answer stops the sweep before it deletes anything of that
    slice. While a backup is being made nothing is swept.
    """
    with hold(SWEEP_LEASE, _TTL) as held:
        return _sweep(held) if held else 0


def _sweep(held: Hold) -> int:
    cutoff = now() - KEEP_UNUSED
    last, gone = 0, 0
    while held.renew():
        ids = list(
            Blob.objects.filter(pk__gt=last, seen_at__lt=cutoff).order_by("pk").values_list("pk", flat=True)[:_SLICE]
        )
        if not ids:
            break
        last = ids[-1]
        gone += _sweep_slice(ids, cutoff)
    if held:
        _sweep_files()
        sweep_store(held)
    return gone


def _sweep_slice(ids: list[int], cutoff: datetime) -> int:
    left = set(ids)
    for used in blob_references:
        left -= set(used(sorted(left)))
    if not left:
        return 0
    with transaction.atomic():
        # locked and asked again: somebody may have put the same bytes meanwhile and taken the old row
        rows = list(Blob.objects.filter(pk__in=left, seen_at__lt=cutoff).select_for_update().values_list("pk", "path"))
        certain = {pk for pk, _path in rows}
        for used in blob_references:
            certain -= set(used(sorted(certain)))
        Blob.objects.filter(pk__in=certain).delete()
    paths = [path for pk, path in rows if pk in certain and path]
    for path in paths:
        unlink_here(path)
    forget_in_store(paths)
    return len(certain)


def drop_unused(ids: Iterable[int]) -> int:
    """Delete those of the given blobs that no room refers to, at once: a person is erased. Return how many went.

    While a backup is being made they stay for the next sweep, which finds them a day after they were last put.
    """
    with hold(SWEEP_LEASE, _TTL) as held:
        wanted = sorted(set(ids)) if held else []
        return sum(_sweep_slice(wanted[at : at + _SLICE], now()) for at in range(0, len(wanted), _SLICE))


def _sweep_files() -> int:
    """Remove files that never got a row: left by a process that died, or by a transaction that was undone."""
    root = folder()
    oldest = (now() - KEEP_UNUSED).timestamp()
    gone = 0
    for place in [root / "tmp", root / WAITING, *root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]")]:
        if not place.is_dir():
            continue
        old = [file for file in place.iterdir() if file.is_file() and file.stat().st_mtime < oldest]
        paths = {path_of(file.name): file for file in old}
        kept = set(Blob.objects.filter(path__in=list(paths)).values_list("path", flat=True))
        for path, file in paths.items():
            if path not in kept:
                file.unlink(missing_ok=True)
                gone += 1
    if gone:
        logger.info("Removed %d files that belonged to nothing.", gone)
    return gone
