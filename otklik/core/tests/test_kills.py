"""Workers killed at random moments: every job's effect is there exactly once, on SQLite and on PostgreSQL."""

import copy
import os
import random
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connections, transaction

from otklik.core.jobs import Job, JobState, run
from otklik.core.tests.kill_tasks import leave_a_mark
from otklik.testing.server import wait_until

pytestmark = pytest.mark.fault

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


def _start() -> int:
    """Fork a worker that runs jobs until it is killed; return its process id. No connection crosses the fork."""
    connections["default"].close()
    pid = os.fork()
    if pid:
        return pid
    try:
        os.closerange(0, 3)
        run.CLAIM_LEASE = timedelta(seconds=1)
        while True:
            if not run.run_due_jobs(limit=7):
                time.sleep(0.01)
    finally:
        os._exit(1)


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(pid, 0)[1]), "the worker ended by itself before it was killed"


def _done() -> int:
    return Job.objects.filter(state=JobState.DONE).count()


def test_every_job_of_killed_workers_is_done_exactly_once(database: dict[str, Any]) -> None:
    dice = random.Random(20261124)
    with transaction.atomic():
        for number in range(JOBS):
            leave_a_mark.enqueue(number)
    workers = [_start() for _ in range(WORKERS)]
    try:
        for kill in range(KILLS):
            target = min(JOBS - 1, _done() + dice.randrange(1, 12))
            wait_until(lambda target=target: _done() >= target, timeout=60, what=f"work before kill {kill}")
            place = dice.randrange(WORKERS)
            _kill(workers[place])
            workers[place] = _start()
        wait_until(lambda: _done() == JOBS, timeout=60, what="the end of all jobs")
    finally:
        for worker in workers:
            _kill(worker)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT number FROM marks ORDER BY number")
        assert [row[0] for row in cursor.fetchall()] == list(range(JOBS))
    rows = Job.objects.all()
    assert {row.result for row in rows} == set(range(JOBS))
    assert sum(row.attempts for row in rows) >= JOBS
    assert all(row.errors == [] for row in rows)
