"""The durable store of mail that came in: raw bytes first, before anybody reads them.

``store_raw`` returns only when the mails are committed with full durability; whoever calls it may then tell the sender
that they were taken. A second delivery of the same mail to the same channel is counted on the first row.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import F

from otklik.channels.email.backlog import Fresh, backlog
from otklik.channels.email.files_ahead import prepare_all
from otklik.channels.email.fingerprint import Fingerprint, fingerprint
from otklik.channels.email.models import Inbound, Source
from otklik.core.blobs import Blob, Prepared, StorageFull, put_blobs
from otklik.core.bulk import insert_rows, new_row
from otklik.core.clock import now
from otklik.core.engine import ring, wake
from otklik.core.prepared import Prepared as PreparedQuery
from otklik.core.text import printable

if TYPE_CHECKING:
    from otklik.channels.email.ahead import Awaited

_RACES = 3
LEASE = timedelta(seconds=60)


class StoreUnavailable(Exception):
    """The mail could not be made durable now: database away, disk full. The sender must be told to try again."""


@dataclass(frozen=True, slots=True)
class RawMail:
    """One mail for one channel, as it came through a door; ``read`` when it is being read ahead."""

    channel_id: int
    raw: bytes
    source: Source = Source.SMTP
    envelope: dict[str, Any] = field(default_factory=dict)
    received_at: datetime | None = None
    read: "Awaited | None" = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a mail lies; ``duplicate`` when it was there already."""

    id: int
    duplicate: bool


def store_raw(items: Sequence[RawMail]) -> list[Stored]:
    """Make mails durable in one commit and return their rows in the order given; intake hears of the new ones.

    Raises ``StoreUnavailable`` when the store cannot take them; then none of them was kept as far as the caller
    may know, and the sender is asked to come again (a repeat that was kept after all is recognised).
    """
    if not items:
        return []
    prints = [fingerprint(item.raw) for item in items]
    try:
        blobs = prepare_all([item.raw for item in items])
        for _ in range(_RACES):
            try:
                with transaction.atomic():
                    stored, fresh = store_in(items, prints, blobs, backlog.worker)
            except IntegrityError:
                continue  # another process stored one of them between our look and our insert
            _hand_on(fresh)
            return stored
    except (OSError, StorageFull, OperationalError, InterfaceError) as error:
        raise StoreUnavailable(type(error).__name__) from error
    except DatabaseError as error:
        raise StoreUnavailable("refused by the database") from error
    raise StoreUnavailable("lost the race for a row too often")


def _hand_on(fresh: Sequence[Fresh]) -> None:
    """Give new mails to the intake of this process, or wake the one of another."""
    if not fresh:
        return
    if fresh[0].row.worker:
        backlog.add(fresh)
        ring("mail")
    else:
        wake("mail")


def store_in(
    items: Sequence[RawMail], prints: Sequence[Fingerprint], blobs: Sequence[Prepared], worker: str
) -> tuple[list[Stored], list[Fresh]]:
    """Write mails inside the caller's transaction; return where each lies, and the new ones, claimed by ``worker``.

    Raises ``IntegrityError`` when another process stores one of them at this moment.
    """
    keys = [(item.channel_id, mark.digest) for item, mark in zip(items, prints, strict=True)]
    known = _known(keys)
    fresh: dict[tuple[int, str], int] = {}
    for place, key in enumerate(keys):
        if key not in known:
            fresh.setdefault(key, place)
    repeats = Counter(known[key] for key in keys if key in known)
    places = list(fresh.values())
    ids: dict[tuple[int, str], int] = dict(known)
    handed: list[Fresh] = []
    if places:
        extra = Counter(keys)
        rows = put_blobs([blobs[place] for place in places])
        at = now()
        made = insert_rows(
            [
                _row(items[place], prints[place], blob, at, copies=extra[keys[place]] - 1, worker=worker)
                for place, blob in zip(places, rows, strict=True)
            ]
        )
        ids |= {keys[place]: row.pk for place, row in zip(places, made, strict=True)}
        handed = [Fresh(row, blobs[place].data, items[place].read) for place, row in zip(places, made, strict=True)]
    for pk, count in repeats.items():
        Inbound.objects.filter(pk=pk).update(copies=F("copies") + count)
    return [Stored(ids[key], duplicate=fresh.get(key) != place) for place, key in enumerate(keys)], handed


def _known(keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    digests = {digest for _, digest in keys}
    channels = {channel for channel, _ in keys}
    return {(channel, digest): pk for channel, digest, pk in _by_digest(list(digests), list(channels))}


_by_digest: Final[PreparedQuery[Any]] = PreparedQuery(
    lambda digests, channels: Inbound.objects.filter(dedupe__in=digests, channel_id__in=channels).values_list(
        "channel_id", "dedupe", "id"
    )
)


def _row(item: RawMail, mark: Fingerprint, blob: Blob, at: datetime, *, copies: int, worker: str) -> Inbound:
    received = item.received_at or at
    return new_row(
        Inbound,
        channel_id=item.channel_id,
        dedupe=mark.digest,
        source=item.source,
        received_at=received,
        envelope=item.envelope,
        size=len(item.raw),
        blob=blob,
        copies=copies,
        mail_id=mark.message_id,
        in_reply_to=mark.in_reply_to,
        from_name="",
        subject=_shown(mark.subject, 300),
        from_address=_shown(mark.sender, 320),
        run_at=at + LEASE if worker else at,
        worker=worker,
        attempts=1 if worker else 0,
        steps=[["received", {"source": str(item.source), **_told(item.envelope)}, received.isoformat()]],
    )


def _shown(value: bytes, limit: int) -> str:
    """Make a header value storable; it is replaced by what the parser reads, and worded better when shown before."""
    return printable(value.decode("utf-8", "replace"))[:limit].strip()


def _told(envelope: dict[str, Any]) -> dict[str, Any]:
    return {key: envelope[key] for key in ("peer", "folder", "uid", "name") if key in envelope}
