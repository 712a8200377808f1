"""What has served its time goes, and nothing else."""

from datetime import timedelta

import pytest
import time_machine

from otklik.core.cache import CacheEntry
from otklik.core.clock import now
from otklik.core.events import Live, last_seq, live_after
from otklik.core.health import queues
from otklik.core.housekeeping import prune, prune_live
from otklik.core.jobs import Job, run_due_jobs
from otklik.core.leases import Lease, hold
from otklik.core.tests.sample_tasks import note

pytestmark = pytest.mark.django_db


def _line(age: timedelta) -> Live:
    return Live(at=now() - age, topic="x", subject_kind=1, subject_id=1, event_id=1)


def test_live_lines_are_kept_for_a_day() -> None:
    Live.objects.bulk_create([_line(timedelta(hours=hours)) for hours in (25, 24.1, 23)])
    assert prune_live() == 2
    assert Live.objects.count() == 1
    assert prune_live() == 0


def test_newest_live_line_stays_however_old() -> None:
    Live.objects.bulk_create([_line(timedelta(days=9)), _line(timedelta(days=8))])
    newest = last_seq()
    assert prune_live() == 1
    assert live_after(newest).lost is False
    assert live_after(newest - 1).lost is True


def test_the_pruning_job_clears_every_table_of_ours() -> None:
    CacheEntry.objects.create(cache_key="old", value="x", expires=now() - timedelta(seconds=1))
    CacheEntry.objects.create(cache_key="new", value="x", expires=now() + timedelta(hours=1))
    hold("gone", -2 * 86400)
    hold("held", 60)
    result = prune.enqueue()
    assert run_due_jobs() == 1
    result.refresh()
    assert result.return_value == {"live": 0, "jobs": 0, "keys": 0, "heartbeats": 0, "leases": 1, "cache": 1}
    assert list(Lease.objects.values_list("name", flat=True)) == ["held"]
    assert list(CacheEntry.objects.values_list("cache_key", flat=True)) == ["new"]


def test_readiness_sees_how_long_work_waits() -> None:
    assert {"events", "jobs", "moments"} <= set(queues.keys())
    assert [queues[key].oldest() for key in ("events", "jobs", "moments")] == [None] * 3
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False):
        note.enqueue(1)
        assert queues["jobs"].oldest() == now()
        Job.objects.update(run_at=now() + timedelta(hours=1))
        assert queues["jobs"].oldest() is None
