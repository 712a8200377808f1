"""The loops that the core brings to the engine."""

import threading
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from otklik.core.blobs.moving import run_mover
from otklik.core.clock import now
from otklik.core.db.sqlite.checkpoint import checkpoint_loop
from otklik.core.engine import register_service, wait_for_wake
from otklik.core.events.dispatch import dispatch_batch, next_retry_at, retry_failures
from otklik.core.events.models import Event, Outbox
from otklik.core.health import register_queue
from otklik.core.jobs.models import Job, JobState
from otklik.core.jobs.planning import plan_due, seconds_to_next
from otklik.core.jobs.run import run_due_jobs
from otklik.core.moments import Moment, handlers, next_moment_at, run_due_moments

LONGEST_SLEEP = 5.0
"""Seconds after which every loop looks by itself, whatever became of the wakes and the clock."""
AT_ONCE = 200
"""Events that are told in one round."""
GATHER = 0.02
"""Seconds between two rounds of telling: what happens meanwhile shares a commit."""
GATHER_IN_A_STREAM = 0.08
"""The same while much happens: a round costs a commit however little it tells, and others wait for the database."""


def _seconds_until(at: datetime | None) -> float:
    if at is None:
        return LONGEST_SLEEP
    return max(0.01, min(LONGEST_SLEEP, (at - now()).total_seconds()))


def dispatcher(stop: threading.Event) -> None:
    """Tell subscribers what happened."""
    rounds = 0  # in a row, each with something to tell
    while not stop.is_set():
        told = dispatch_batch(AT_ONCE)
        if told == AT_ONCE:
            continue
        rounds = rounds + 1 if told else 0
        stop.wait(GATHER_IN_A_STREAM if rounds > 1 else GATHER)
        if not told:
            retry_failures()
            wait_for_wake("outbox", _seconds_until(next_retry_at()))


def jobs(stop: threading.Event) -> None:
    """Run jobs."""
    while not stop.is_set():
        while not stop.is_set() and run_due_jobs(limit=5):
            pass
        wait_for_wake("jobs", 1.0)


def moments(stop: threading.Event) -> None:
    """Do what is planned for a time."""
    while not stop.is_set():
        while not stop.is_set() and run_due_moments():
            pass
        wait_for_wake("moments", _seconds_until(next_moment_at()))


def scheduler(stop: threading.Event) -> None:
    """Plan recurring work."""
    while not stop.is_set():
        plan_due()
        wait_for_wake("schedule", seconds_to_next(LONGEST_SLEEP))


def checkpoints(stop: threading.Event) -> None:
    """Move what the write-ahead log holds into the database; on SQLite only."""
    if connection.vendor == "sqlite":
        checkpoint_loop(stop)
    while not stop.is_set():
        wait_for_wake("checkpoint", 30.0)


def _oldest_untold() -> datetime | None:
    return Event.objects.filter(pk=Outbox.objects.order_by("pk").values("pk")[:1]).values_list("at", flat=True).first()


def _oldest_job() -> datetime | None:
    due = Job.objects.filter(state=JobState.WAITING, run_at__lte=now())
    return due.order_by("run_at").values_list("run_at", flat=True).first()


def _oldest_moment() -> datetime | None:
    due = Moment.objects.filter(kind__in=handlers.keys(), attempts=0)
    return due.order_by("run_at").values_list("run_at", flat=True).first()


register_queue("events", _("events to be told"), _oldest_untold, timedelta(minutes=1))
register_queue("jobs", _("jobs"), _oldest_job, timedelta(minutes=10))
register_queue("moments", _("things planned for a time"), _oldest_moment, timedelta(minutes=2))

register_service("dispatcher", dispatcher)
register_service("jobs", jobs)
register_service("moments", moments)
register_service("schedule", scheduler)
register_service("checkpoint", checkpoints)
if settings.BLOB_STORE:
    register_service("files", run_mover)
