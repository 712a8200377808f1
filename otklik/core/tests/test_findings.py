"""What `otklik check` says: nothing when all is well, else what fails, how often and why."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import translation

from otklik.core import findings
from otklik.core.clock import now
from otklik.core.engine.beats import Heartbeat
from otklik.core.events import Failure, record
from otklik.core.health import checks
from otklik.core.jobs import Job, JobState, run_due_jobs
from otklik.core.moments import Moment, set_moment
from otklik.core.tests.sample_tasks import fail
from otklik.core.tests.samples import ANNA, BoxOpened

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


ALL = (findings.events, findings.jobs, findings.moments, findings.services)


def test_nothing_is_said_when_all_is_well() -> None:
    assert [list(check()) for check in ALL] == [[]] * 4
    assert {"events", "jobs", "moments", "services"} <= set(checks.keys())


def test_a_subscriber_that_fails_is_named_and_parked_events_are_worse() -> None:
    rows = [record(BoxOpened(subject_id=number), by=ANNA) for number in range(2)]
    for row in rows:
        Failure.objects.create(
            event=row, subscriber="sync", last_error="TimeoutError: away", run_at=now(), first_failed_at=now()
        )
    (finding,) = findings.events()
    assert (finding.level, "2 events" in finding.text, "TimeoutError" in finding.advice) == ("warning", True, True)
    Failure.objects.filter(event=rows[0]).update(run_at=None)
    (finding,) = findings.events()
    assert (finding.level, "1 of them" in finding.text) == ("error", True)


def test_jobs_moments_and_services_that_fail_are_named() -> None:
    fail.enqueue("x")
    Job.objects.update(max_attempts=1)
    run_due_jobs()
    assert Job.objects.get().state == JobState.FAILED
    set_moment("box.ring", 90, 1, now())
    Moment.objects.update(attempts=3, last_error="ValueError: no")
    at = now()
    for name, failed_at in (("shaky", at), ("calm", None), ("healed", at - timedelta(days=2))):
        Heartbeat.objects.create(
            process="p", name=name, started_at=at, beat_at=at, restarts=2, last_error="E", last_error_at=failed_at
        )
    said = [finding.text for check in ALL for finding in check()]
    assert len(said) == 3
    assert "sample_tasks.fail" in said[0]
    assert "box.ring" in said[1]
    assert "shaky" in said[2]
