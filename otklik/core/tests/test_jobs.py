"""Jobs: enqueued with the change, run by priority, tried again, fenced, kept, planned."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.tasks import TaskResultStatus
from django.tasks.exceptions import InvalidTask, TaskResultDoesNotExist

from otklik.core import claims
from otklik.core.clock import now
from otklik.core.jobs import Job, JobState, LeaseTask, every, plan_due, prune_jobs, retry_job, run_due_jobs, schedule
from otklik.core.jobs.planning import Recurring, forget_planned, seconds_to_next
from otklik.core.jobs.run import CLAIM_LEASE, run_job
from otklik.core.leases import Lease
from otklik.core.tests import sample_tasks as tasks
from otklik.testing.tools import assert_statements

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    tasks.ran.clear()
    forget_planned()


def test_a_job_runs_once_and_keeps_its_result() -> None:
    result = tasks.note.enqueue({"a": 1})
    assert result.status == TaskResultStatus.READY
    assert run_due_jobs() == 1
    assert run_due_jobs() == 0
    assert tasks.ran == [{"a": 1}]
    again = tasks.note.get_result(result.id)
    assert (again.status, again.return_value, again.attempts) == (TaskResultStatus.SUCCESSFUL, {"value": {"a": 1}}, 1)
    result.refresh()
    assert result.is_finished


def test_a_job_of_an_undone_change_never_was() -> None:
    with transaction.atomic():
        tasks.note.enqueue(1)
        transaction.set_rollback(True)
    assert run_due_jobs() == 0


def test_urgent_jobs_go_first_and_later_ones_wait() -> None:
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False) as clock:
        tasks.note.using(priority=-1).enqueue("low")
        tasks.note.enqueue("normal")
        tasks.note.using(run_after=now() + timedelta(hours=1), priority=90).enqueue("later")
        run_due_jobs()
        assert tasks.ran == ["normal", "low"]
        clock.shift(timedelta(hours=1))
        run_due_jobs()
    assert tasks.ran[2:] == ["later"]


def test_a_failing_job_is_tried_with_growing_pauses_and_then_kept() -> None:
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False) as clock:
        result = tasks.fail.enqueue("poison")
        run_due_jobs()
        assert run_due_jobs() == 0, "not before its pause is over"
        first = Job.objects.get().run_at - now()
        assert timedelta(seconds=8) <= first <= timedelta(seconds=12)
        clock.shift(timedelta(seconds=13))
        run_due_jobs()
        second = Job.objects.get().run_at - now()
        assert timedelta(seconds=16) <= second <= timedelta(seconds=24)
        clock.shift(timedelta(seconds=30))
        run_due_jobs()
        clock.shift(timedelta(days=1))
        assert run_due_jobs() == 0
    assert tasks.ran == ["poison"] * 3
    result.refresh()
    assert result.status == TaskResultStatus.FAILED
    assert [error.exception_class_path for error in result.errors] == ["builtins.ValueError"] * 3
    assert "poison" in result.errors[0].traceback
    assert retry_job(int(result.id))
    assert run_due_jobs() == 1


def test_an_atomic_job_that_fails_leaves_nothing() -> None:
    tasks.half_way.enqueue("half")
    run_due_jobs()
    assert not Lease.objects.exists()
    assert Job.objects.get().attempts == 1


def test_context_attempts_and_coroutines() -> None:
    first, second = tasks.with_context.enqueue("try"), tasks.in_the_loop.enqueue("word")
    run_due_jobs()
    first.refresh()
    second.refresh()
    assert (first.return_value, second.return_value) == ("try 1", "WORD")


def test_a_key_keeps_one_job_waiting_and_is_free_once_it_runs() -> None:
    first, second = tasks.rebuild.enqueue(), tasks.rebuild.enqueue()
    assert first.id == second.id
    run_due_jobs()
    assert tasks.ran == ["rebuild"]
    third = tasks.rebuild.enqueue()
    assert third.id != first.id
    run_due_jobs()
    assert tasks.ran == ["rebuild"] * 2


def test_a_job_of_a_dead_worker_becomes_due_by_itself_and_the_late_one_changes_nothing() -> None:
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False) as clock:
        tasks.note.enqueue("once")
        (mine,) = claims.claim(Job.objects.all(), now(), CLAIM_LEASE, 1, "dead")
        assert run_due_jobs(worker="alive") == 0
        clock.shift(CLAIM_LEASE)
        assert run_due_jobs(worker="alive") == 1
    run_job(mine)
    row = Job.objects.get()
    assert (row.worker, row.attempts, row.state) == ("alive", 2, JobState.DONE)


def test_a_job_that_kills_its_worker_is_parked() -> None:
    tasks.fail.enqueue("killer")
    Job.objects.update(attempts=3)
    run_due_jobs()
    row = Job.objects.get()
    assert (tasks.ran, row.state) == ([], JobState.FAILED)
    assert "died" in row.errors[0]["traceback"]


def test_a_job_whose_task_is_gone_fails_visibly() -> None:
    tasks.note.enqueue(1)
    Job.objects.update(task="otklik.core.tests.sample_tasks.gone")
    run_due_jobs()
    assert Job.objects.get().state == JobState.FAILED


def test_policies_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidTask):
        LeaseTask(func=tasks.note.func, max_attempts=0)
    with pytest.raises(TaskResultDoesNotExist):
        tasks.note.get_result("12345")
    with pytest.raises(TaskResultDoesNotExist):
        tasks.note.get_result("x' OR 1")


def test_many_jobs_are_one_statement() -> None:
    backend = tasks.note.get_backend()
    with assert_statements(1):
        backend.enqueue_many(tasks.note, [((number,), {}) for number in range(50)])
    with assert_statements(3):  # look, take, mark
        claims.claim(Job.objects.order_by("id"), now(), CLAIM_LEASE, 50, "one")


def test_the_claim_uses_its_index() -> None:
    due = Job.objects.filter(state=0, run_at__lte=now()).order_by("-priority", "run_at", "id")[:10]
    if connection.vendor == "sqlite":
        assert "core_job_due" in due.explain()
        assert "TEMP B-TREE" not in due.explain()


def test_each_slot_is_planned_once_whoever_plans() -> None:
    entry = Recurring("test.hourly", tasks.note.using(), timedelta(hours=1))
    with time_machine.travel("2026-11-01T12:30:00Z", tick=False) as clock:
        assert plan_due([entry]) == 1
        assert plan_due([entry]) == 0
        forget_planned()  # another process
        assert plan_due([entry]) == 0
        clock.shift(timedelta(minutes=29))
        assert plan_due([entry]) == 0
        clock.shift(timedelta(minutes=1))
        assert plan_due([entry]) == 1
        clock.shift(-timedelta(days=1))  # the clock goes back: nothing is planned twice
        assert plan_due([entry]) == 0
        clock.shift(timedelta(days=10))  # and forth: one slot, not two hundred
        assert plan_due([entry]) == 1
    assert Job.objects.count() == 3


def test_a_periodic_job_that_ran_is_not_planned_again_in_its_slot() -> None:
    entry = Recurring("test.daily", tasks.rebuild, timedelta(days=1), offset=timedelta(hours=1))
    plan_due([entry])
    run_due_jobs()
    forget_planned()
    assert plan_due([entry]) == 0
    assert tasks.ran == ["rebuild"]


def test_the_schedule_of_the_house_is_sound() -> None:
    assert {"core.prune", "core.sweep_blobs"} <= {entry.name for entry in schedule}
    assert 0 < seconds_to_next(5) <= 5
    with pytest.raises(ValueError, match="second"):
        every(timedelta(0), "test.never", tasks.note)
    assert "test.never" not in schedule


def test_ended_jobs_go_after_their_time() -> None:
    tasks.note.enqueue(1)
    tasks.fail.enqueue("x")
    Job.objects.update(max_attempts=1)
    run_due_jobs()
    with time_machine.travel(now() + timedelta(days=8)):
        assert prune_jobs() == 1
    with time_machine.travel(now() + timedelta(days=29)):
        assert prune_jobs() == 1


@pytest.mark.django_db(transaction=True)
def test_racing_workers_share_the_jobs_and_racing_planners_plan_one() -> None:
    with transaction.atomic():
        for number in range(60):
            tasks.note.enqueue(number)
    entry = Recurring("test.race", tasks.rebuild, timedelta(hours=1))
    barrier = threading.Barrier(4)
    errors: list[BaseException] = []

    def work(name: str) -> None:
        try:
            barrier.wait()
            forget_planned()
            plan_due([entry])
            while run_due_jobs(limit=3, worker=name):
                pass
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    while run_due_jobs():
        pass
    assert errors == []
    assert sorted(value for value in tasks.ran if value != "rebuild") == list(range(60))
    assert tasks.ran.count("rebuild") == 1
