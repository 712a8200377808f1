"""Files whose time is over: those of tickets that were closed long ago."""

from datetime import timedelta

from django.db.models import Count, QuerySet, Sum

from otklik.core.clock import now
from otklik.tickets.models import Attachment, Category


def over(*, days: int, least_kb: int) -> QuerySet[Attachment]:
    """Return files of tickets that were closed more than ``days`` ago, from a size on, whose bytes are still there."""
    return Attachment.objects.filter(
        ticket__category=Category.CLOSED,
        ticket__closed_at__lt=now() - timedelta(days=days),
        message__isnull=False,
        blob__isnull=False,
        size__gte=least_kb * 1024,
    )


def removable(*, days: int, least_kb: int) -> tuple[int, int]:
    """Return how many files that are and how many bytes, as their rows say."""
    found = over(days=days, least_kb=least_kb).aggregate(files=Count("pk"), bytes=Sum("size"))
    return int(found["files"]), int(found["bytes"] or 0)
