"""Lets go of uploads that no message took: a day later, unless what somebody is still writing names them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Any, Final

from django.db import connection, transaction

from otklik.core.clock import now
from otklik.tickets.models import Attachment, BulkRun, Draft, ScheduledReply, Step

KEPT: Final = timedelta(days=1)
SLICE: Final = 500
_TOKEN: Final = re.compile(r"/attachments/([A-Za-z0-9_-]{8,40})/")


def remove_unsent() -> int:
    """Delete uploads of a day ago that belong to no message and that nothing names; return how many. Safe to repeat.

    The bytes go with the sweep of the store. A draft that is saved, or a message that takes a file, at the same moment
    wins or finds the file gone: both go by the lock of its row.
    """
    removed, last, cutoff = 0, 0, now() - KEPT
    while True:
        with transaction.atomic():
            rows = Attachment.objects.filter(
                message__isnull=True, ticket__isnull=True, uploaded_by_id__isnull=False, created_at__lt=cutoff,
                pk__gt=last,
            ).order_by("pk")  # fmt: skip
            if connection.features.has_select_for_update:
                rows = rows.select_for_update(of=("self",))
            found = dict(rows.values_list("pk", "token")[:SLICE])
            if not found:
                return removed
            last = max(found)
            ids, tokens = _named()
            gone = [pk for pk, token in found.items() if pk not in ids and token not in tokens]
            removed += Attachment.objects.filter(pk__in=gone, message__isnull=True).delete()[0]


def _named() -> tuple[set[int], set[str]]:
    """Return the ids and the tokens of files that drafts, waiting replies, steps of undo and runs name.

    A text goes from one of them to another: what has just left the drafts is asked for afterwards, and what has just
    come back to them is asked for again.
    """
    ids: set[int] = set()
    tokens: set[str] = set()
    for files, text in chain(_drafts(), _others(), _drafts()):
        ids.update(_numbers(files))
        tokens.update(_TOKEN.findall(text))
    return ids, tokens


def _drafts() -> Iterator[tuple[Any, str]]:
    for files, fields, text in Draft.objects.values_list("attachments", "fields", "text").iterator():
        yield [files, fields], text


def _others() -> Iterator[tuple[Any, str]]:
    yield from ScheduledReply.objects.values_list("attachments", "body_html").iterator()
    for data in Step.objects.filter(undone_at__isnull=True).values_list("data", flat=True).iterator():
        yield data, str(data)
    for value in BulkRun.objects.filter(value__isnull=False).values_list("value", flat=True).iterator():
        yield value, str(value)


def _numbers(value: Any) -> Iterator[int]:
    """Yield every number in a value, as a number or as digits: one too many only keeps a file."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, int):
        yield value
    elif isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 18:
        yield int(value)
