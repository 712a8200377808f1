"""Recurring work: a list of names, tasks and periods. Any process may plan a slot; the unique key makes it one job."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from otklik.core.clock import now
from otklik.core.engine.bell import wake
from otklik.core.jobs.backend import AnyTask, LeaseTask
from otklik.core.jobs.models import Job
from otklik.core.registry import Registry

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recurring:
    """One line of the schedule. A slot starts every ``period``, ``offset`` after the round time, in UTC."""

    name: str
    task: AnyTask
    period: timedelta
    offset: timedelta = timedelta()

    def slot(self, at: datetime) -> int:
        """Return the number of the slot that ``at`` lies in."""
        return (at - self.offset - _EPOCH) // self.period

    def next_at(self, at: datetime) -> datetime:
        """Return when the next slot starts."""
        return _EPOCH + self.offset + (self.slot(at) + 1) * self.period


schedule: Registry[Recurring] = Registry("schedule")
_planned: dict[str, int] = {}
_lock = threading.Lock()


def every(period: timedelta, name: str, task: AnyTask, *, offset: timedelta = timedelta()) -> Recurring:
    """Add recurring work to the schedule. At most one job a slot; slots missed while nothing ran are not made up."""
    if period < timedelta(seconds=1):
        raise ValueError("A period is at least a second.")
    return schedule.register(name, Recurring(name, task, period, offset))


def plan_due(entries: Iterable[Recurring] | None = None) -> int:
    """Insert the jobs of the present slots that this process has not planned yet; return how many were new.

    One statement when something is due, none otherwise. A clock that goes back plans nothing twice.
    """
    at = now()
    fresh = []
    with _lock:
        for entry in schedule if entries is None else entries:
            slot = entry.slot(at)
            if _planned.get(entry.name, -1) < slot:
                fresh.append((entry, slot))
    if not fresh:
        return 0
    keys = [f"{entry.name}:{slot}" for entry, slot in fresh]
    with transaction.atomic():
        known = set(Job.objects.filter(key__in=keys).values_list("key", flat=True))
        rows = [_row(entry, key, at) for (entry, _slot), key in zip(fresh, keys, strict=True) if key not in known]
        Job.objects.bulk_create(rows, ignore_conflicts=True)
    with _lock:
        _planned.update({entry.name: slot for entry, slot in fresh})
    if rows:
        wake("jobs")
    return len(rows)


def _row(entry: Recurring, key: str, at: datetime) -> Job:
    task = entry.task
    return Job(
        task=task.module_path,
        queue=task.queue_name,
        priority=task.priority,
        key=key,
        keeps_key=True,
        run_at=at,
        enqueued_at=at,
        max_attempts=task.max_attempts if isinstance(task, LeaseTask) else 5,
    )


def seconds_to_next(longest: float) -> float:
    """Return how long until the next slot of any entry starts, at most ``longest`` seconds."""
    at = now()
    waits = [(entry.next_at(at) - at).total_seconds() for entry in schedule]
    return max(0.05, min([longest, *waits]))


def forget_planned() -> None:
    """Forget which slots this process has planned (tests)."""
    with _lock:
        _planned.clear()
