"""The watch over floods: who sends far more than usual, noticed every minute from what has arrived.

Nothing is refused because of it. It is told once for each flood, shown in the ledger and by the checks, and the
confirmations have their own limits.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Count
from django.utils.dateparse import parse_datetime

from otklik.channels.email.events.inbound import MailFlood
from otklik.channels.email.models import Flood, Inbound, Source
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.events import record

WINDOW: Final = timedelta(minutes=10)
USUAL: Final = timedelta(days=1)
SENDER_LEAST, CHANNEL_LEAST, TIMES = 30, 60, 6
"""A sender floods from so many mails in the window, a channel from so many that are so many times its usual."""
OVER_AFTER: Final = timedelta(minutes=15)
_MOST = 5000


def watch_floods() -> int:
    """Look at the mails of the last ten minutes; return how many floods there are now.

    Records ``mail.flood`` for each that begins. Files and the pipe do not count (they are an administrator's own), nor
    do old mails that a newly connected mailbox brings.
    """
    at = now()
    channels, senders = _arrived(at)
    found: dict[tuple[int, str], int] = {key: count for key, count in senders.items() if count >= SENDER_LEAST}
    busy = {channel: count for channel, count in channels.items() if count >= CHANNEL_LEAST}
    usual = _usual(busy, at) if busy else {}
    found |= {(pk, ""): count for pk, count in busy.items() if count >= TIMES * usual.get(pk, 0.0)}
    if found:
        _keep(found, at)
    return len(found)


def _arrived(at: datetime) -> tuple[Counter[int], Counter[tuple[int, str]]]:
    rows = Inbound.objects.filter(received_at__gt=at - WINDOW, source__in=[Source.SMTP, Source.IMAP])
    channels: Counter[int] = Counter()
    senders: Counter[tuple[int, str]] = Counter()
    newest = rows.order_by("-received_at").values_list("channel_id", "from_address", "envelope")[:_MOST]
    for channel, sender, envelope in newest:
        if _is_old(envelope, at):
            continue
        channels[channel] += 1
        if sender:
            senders[channel, sender.lower()] += 1
    return channels, senders


def _is_old(envelope: dict[str, Any], at: datetime) -> bool:
    """Tell whether a mail lay on its server for long before it was fetched."""
    told = envelope.get("internaldate")
    moment = parse_datetime(told) if isinstance(told, str) else None
    return moment is not None and moment < at - 2 * WINDOW


def _usual(channels: dict[int, int], at: datetime) -> dict[int, float]:
    """Return how many mails a window of the day before had on average."""
    before = Inbound.objects.filter(
        channel_id__in=channels, received_at__gt=at - WINDOW - USUAL, received_at__lte=at - WINDOW
    )
    counted = before.order_by().values_list("channel_id").annotate(found=Count("pk"))
    return {channel: count * (WINDOW / USUAL) for channel, count in counted}


def _keep(found: dict[tuple[int, str], int], at: datetime) -> None:
    with transaction.atomic():
        lasting = {
            (flood.channel_id, flood.sender): flood
            for flood in Flood.objects.select_for_update().filter(last_at__gt=at - OVER_AFTER)
        }
        for (channel, sender), count in found.items():
            flood = lasting.get((channel, sender))
            if flood is not None:
                Flood.objects.filter(pk=flood.pk).update(last_at=at, count=max(count, flood.count))
                continue
            flood = Flood.objects.create(channel_id=channel, sender=sender, began_at=at, last_at=at, count=count)
            told = MailFlood(
                subject_id=channel, flood_id=flood.pk, count=count, sender=sender,
                minutes=int(WINDOW.total_seconds() // 60),
            )  # fmt: skip
            record(told, by=Actor.system())
