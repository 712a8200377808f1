"""Workers killed at random moments: every job's effect is there exactly once, on SQLite and on PostgreSQL."""

import copy
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connections, transaction

from otklik.core.clock import now
from otklik.core.events import (
    Failure,
    Live,
    Outbox,
    StoredEvent,
    dispatch_batch,
    record_many,
    subscriber,
    subscribers,
)
from otklik.core.jobs import Job, JobState, run
from otklik.core.moments import Moment, handlers, moment_handler, run_due_moments, set_moments
from otklik.core.tests.kill_tasks import leave_a_mark, write_marks
from otklik.core.tests.samples import ANNA, BoxOpened
from otklik.testing.server import wait_until

pytestmark = [
    pytest.mark.fault,
    pytest.mark.filterwarnings("ignore:This process"),  # the children use none of what threads may have held
]

JOBS, KILLS, WORKERS = 300, 20, 3


@pytest.fixture
def database(tmp_path: Path, fresh_database: str, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """A database of its own in the place of the tests' one, with our tables and one for the effects."""
    settings = copy.deepcopy(connections["default"].settings_dict) | {"TEST": {}}
    if fresh_database:
        parts = urlsplit(fresh_database)
        host = dict(pair.split("=") for pair in parts.query.split("&") if pair).get("host", parts.hostname)
        settings |= {"NAME": parts.path.lstrip("/"), "HOST": host or settings["HOST"]}
    else:
        settings |= {"NAME": str(tmp_path / "kills.sqlite3")}
    kept, kept_settings = connections["default"], connections.settings["default"]
    connections.settings["default"] = settings
    del connections["default"]
    with django_db_blocker.unblock():
        call_command("migrate", "core", verbosity=0, skip_checks=True)
        with connections["default"].cursor() as cursor:
            cursor.execute("CREATE TABLE marks (number integer)")
        yield settings
        connections["default"].close()
    connections.settings["default"] = kept_settings
    connections["default"] = kept


def _start(work: Callable[[], int]) -> int:
    """Fork a worker that works until it is killed; return its process id. No connection crosses the fork."""
    connections["default"].close()
    pid = os.fork()
    if pid:
        return pid
    try:
        os.closerange(0, 3)
        while True:
            if not work():
                time.sleep(0.01)
    finally:
        os._exit(1)


def _run_jobs() -> int:
    run.CLAIM_LEASE = timedelta(seconds=1)
    return run.run_due_jobs(limit=7)


def _tell_and_ring() -> int:
    return dispatch_batch(limit=15) + run_due_moments(limit=15)


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(pid, 0)[1]), "the worker ended by itself before it was killed"


def _kill_at_random(work: Callable[[], int], done: Callable[[], int], total: int) -> None:
    """Let workers work until ``total`` is done, and kill one of them after every few steps."""
    dice = random.Random(20261124)
    workers = [_start(work) for _ in range(WORKERS)]
    try:
        for kill in range(KILLS):
            target = min(total - 1, done() + dice.randrange(1, 20))
            wait_until(lambda target=target: done() >= target, timeout=60, what=f"work before kill {kill}")
            place = dice.randrange(WORKERS)
            _kill(workers[place])
            workers[place] = _start(work)
        wait_until(lambda: done() == total, timeout=60, what="the end of all work")
    finally:
        for worker in workers:
            _kill(worker)


def _marks() -> list[int]:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT number FROM marks ORDER BY number")
        return [row[0] for row in cursor.fetchall()]


def test_every_job_of_killed_workers_is_done_exactly_once(database: dict[str, Any]) -> None:
    with transaction.atomic():
        for number in range(JOBS):
            leave_a_mark.enqueue(number)
    _kill_at_random(_run_jobs, lambda: Job.objects.filter(state=JobState.DONE).count(), JOBS)
    assert _marks() == list(range(JOBS))
    rows = Job.objects.all()
    assert {row.result for row in rows} == set(range(JOBS))
    assert sum(row.attempts for row in rows) >= JOBS
    assert all(row.errors == [] for row in rows)


def test_every_event_and_moment_of_killed_engines_is_told_exactly_once(
    database: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "_items", {})
    monkeypatch.setattr(handlers, "_items", {})

    @subscriber("marking", "box.opened")
    def mark(events: list[StoredEvent]) -> None:
        write_marks([event.subject_id for event in events])

    @moment_handler("box.ring")
    def ring(moments: list[Moment]) -> None:
        write_marks([moment.subject_id for moment in moments])

    with transaction.atomic():
        record_many([(BoxOpened(subject_id=number), ANNA) for number in range(JOBS)])
        set_moments([("box.ring", 90, JOBS + number, now(), None) for number in range(JOBS)])
    total = 2 * JOBS
    _kill_at_random(_tell_and_ring, lambda: total - Outbox.objects.count() - Moment.objects.count(), total)
    assert _marks() == list(range(total))
    assert sorted(Live.objects.values_list("subject_id", flat=True)) == list(range(JOBS))
    assert not Failure.objects.exists()
