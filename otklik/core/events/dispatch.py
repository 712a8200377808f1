"""Tells the after-commit subscribers what happened: batches from the outbox, one commit each, failures kept apart."""

import logging
from datetime import datetime
from functools import lru_cache
from typing import Final

from django.db import connection, transaction

from otklik.core.bulk import delete_rows, insert_rows, new_row
from otklik.core.claims import back_off
from otklik.core.clock import now
from otklik.core.db.outages import DatabaseAway, DiskFull, outage_of
from otklik.core.engine.bell import wake
from otklik.core.events.base import StoredEvent
from otklik.core.events.listening import Subscriber, outside_subscribers, subscribers
from otklik.core.events.models import Event, Failure, Live, Outbox
from otklik.core.prepared import Prepared

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 30
"""After so many failures (about a day) an event is parked for its subscriber: kept and shown, tried only by hand."""
_TURN: Final = 0x07CC11FE  # any number that nothing else of ours takes as an advisory lock


def dispatch_batch(limit: int = 200) -> int:
    """Tell up to ``limit`` events from the outbox, oldest first, and commit once. Return how many were told.

    Each subscriber gets the list of what it hears, in a savepoint of its own. One that fails on the list gets it
    again one by one, and keeps a ``Failure`` row for each event it fails on; the others are not touched. Safe to run
    in several processes: one waits for the other, so that what is told later never stands before what came earlier.
    """
    if not connection.in_atomic_block and not _anything():
        return 0
    with transaction.atomic():
        _wait_for_turn()
        ids = [row.pk for row in _untold(limit)()]
        if not ids:
            return 0
        events = [row.stored() for row in _by_number(ids)]
        for subscriber in outside_subscribers():
            if heard := [event for event in events if subscriber.hears(event.kind)]:
                _tell(subscriber, heard)
        _write_live(events)
        delete_rows(Outbox, ids)
        transaction.on_commit(_wake_live)
    return len(ids)


def _wait_for_turn() -> None:
    """Let one process dispatch at a time on PostgreSQL. Nothing is held while waiting, so nobody waits for us."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])


_anything: Final = Prepared(lambda: Outbox.objects.all()[:1])
_by_number: Final = Prepared(lambda numbers: Event.objects.filter(pk__in=numbers).order_by("id"))


@lru_cache(maxsize=8)
def _untold(limit: int) -> Prepared[Outbox]:
    return Prepared(lambda: Outbox.objects.order_by("event_id").select_for_update(skip_locked=True)[:limit])


def _tell(subscriber: Subscriber, events: list[StoredEvent]) -> None:
    if len(events) > 1 and _told(subscriber, events) is None:
        return
    at = now()
    failures = []
    for event in events:
        error = _told(subscriber, [event])
        if error is not None:
            failures.append(_failure(subscriber, event, error, at))
    if failures:
        Failure.objects.bulk_create(failures, ignore_conflicts=True)


def _told(subscriber: Subscriber, events: list[StoredEvent]) -> Exception | None:
    """Call the subscriber in a savepoint; what it wrote before it failed is undone.

    A database that is away is no fault of the subscriber: that is raised, and everything is told again later.
    """
    try:
        with transaction.atomic():
            subscriber.tell(events)
    except Exception as error:
        if isinstance(outage_of(error), DatabaseAway | DiskFull):
            raise
        logger.exception("The subscriber “%s” failed on %d events.", subscriber.name, len(events))
        return error
    return None


def _failure(subscriber: Subscriber, event: StoredEvent, error: Exception, at: datetime) -> Failure:
    return Failure(
        event_id=event.id,
        subscriber=subscriber.name,
        run_at=at + back_off(1),
        last_error=f"{type(error).__name__}: {error}"[:1000],
        first_failed_at=at,
    )


def _write_live(events: list[StoredEvent]) -> None:
    """Append to the live stream; as one process dispatches at a time, ``seq`` follows the order of commits."""
    at = now()
    insert_rows(
        [
            new_row(
                Live,
                at=at,
                topic=event.kind,
                subject_kind=event.subject_kind,
                subject_id=event.subject_id,
                team_id=event.event.audience(),
                event_id=event.id,
            )
            for event in events
        ]
    )


def _wake_live() -> None:
    wake("live")


def retry_failures(limit: int = 50) -> int:
    """Tell again what subscribers failed on and is due; return how many were tried.

    What succeeds leaves no trace; what fails again waits longer; after ``MAX_ATTEMPTS`` it is parked.
    """
    due = Failure.objects.filter(run_at__lte=now(), subscriber__in=subscribers.keys()).order_by("run_at", "id")
    if not connection.in_atomic_block and not due.exists():
        return 0
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=True, of=("self",)).select_related("event")[:limit])
        for row in rows:
            error = _told(subscribers[row.subscriber], [row.event.stored()])
            if error is None:
                row.delete()
                continue
            row.attempts += 1
            row.run_at = now() + back_off(row.attempts) if row.attempts < MAX_ATTEMPTS else None
            row.last_error = f"{type(error).__name__}: {error}"[:1000]
            row.save(update_fields=["attempts", "run_at", "last_error"])
    return len(rows)


def retry_now(failure_id: int) -> bool:
    """Make a failure due at once, a parked one too; false when it is gone."""
    found = Failure.objects.filter(pk=failure_id).update(run_at=now())
    if found:
        wake("outbox")
    return bool(found)


def next_retry_at() -> datetime | None:
    """Return when the next failure is due, or None."""
    return Failure.objects.filter(run_at__isnull=False).order_by("run_at").values_list("run_at", flat=True).first()
