"""Runs due jobs: claim, do, finish; a job whose worker died becomes due again by itself."""

import logging
import time
from contextvars import ContextVar
from datetime import timedelta
from traceback import format_exception
from typing import Any

from django.db import close_old_connections, connection, transaction
from django.db.models import Case, F, Value, When
from django.tasks import TaskContext
from django.utils.json import normalize_json

from otklik.core import claims
from otklik.core.clock import now
from otklik.core.jobs.backend import AnyTask, LeaseTask, as_result, find_task
from otklik.core.jobs.models import Job, JobState

logger = logging.getLogger(__name__)

CLAIM_LEASE = timedelta(seconds=60)
_KEPT_ERRORS = 5
_KEPT_WORKERS = 20
_TRACEBACK = 6000

_current: ContextVar[Job | None] = ContextVar("otklik_job", default=None)


class LeaseLost(Exception):
    """The job ran longer than its lease and another worker has it: what this one did in the transaction is undone."""


def run_due_jobs(limit: int = 10, worker: str | None = None, queue: str | None = None) -> int:
    """Claim up to ``limit`` due jobs (highest priority, then oldest first), run them one after the other.

    Returns how many were claimed. A job that raises is tried again with growing pauses, at most ``max_attempts``
    times, then kept as failed with its errors. Two workers never finish the same job.
    """
    name = worker or claims.worker_name()
    waiting = Job.objects.filter(state=JobState.WAITING)
    if queue is not None:
        waiting = waiting.filter(queue=queue)
    # a key that stands for “one waiting” is free as soon as the job begins: what changes from now on needs another run
    freed = Case(When(keeps_key=True, then=F("key")), default=Value(None))
    rows = claims.claim(waiting.order_by("-priority", "run_at", "id"), now(), CLAIM_LEASE, limit, name, key=freed)
    for row in rows:
        at = now()
        if row.run_at - at < CLAIM_LEASE / 2 and not claims.extend(row, at + CLAIM_LEASE):
            continue  # the jobs before took so long that another worker has this one
        run_job(row)
    return len(rows)


def run_job(row: Job) -> None:
    """Run one claimed job and write its outcome."""
    began = time.monotonic()
    try:
        task = find_task(row.task)
    except Exception as error:
        _fail(row, error, None)
        return
    if row.attempts > row.max_attempts:
        _fail(row, RuntimeError("The worker died each time while it ran this job."), task)
        return
    policy = task if isinstance(task, LeaseTask) else LeaseTask(func=task.func)
    if policy.lease > CLAIM_LEASE.total_seconds():
        claims.extend(row, now() + timedelta(seconds=policy.lease))
    token = _current.set(row)
    try:
        if policy.atomic:
            with transaction.atomic():
                _complete(row, _call(task, row), atomic=True)
        else:
            _complete(row, _call(task, row), atomic=False)
    except LeaseLost:
        logger.warning("Job %s %s ran longer than its lease; another worker has it.", row.pk, row.task)
    except Exception as error:
        _fail(row, error, policy)
    else:
        logger.info("Job %s %s done in %.0f ms.", row.pk, row.task, (time.monotonic() - began) * 1000)
    finally:
        _current.reset(token)
        if not connection.in_atomic_block:
            close_old_connections()


def keep_alive(seconds: float = 60.0) -> None:
    """Push on the lease of the job that runs in this thread; long jobs call it between their steps.

    Raises ``LeaseLost`` when another worker has the job already. Not within ``atomic`` tasks: nobody would see it.
    """
    row = _current.get()
    if row is not None and not claims.extend(row, now() + timedelta(seconds=seconds)):
        raise LeaseLost


def _call(task: AnyTask, row: Job) -> Any:
    at = now()
    row.workers = [*row.workers, row.worker][-_KEPT_WORKERS:]
    row.last_attempted_at, row.started_at = at, row.started_at or at
    args = [TaskContext(task_result=as_result(row, task)), *row.args] if task.takes_context else row.args
    return normalize_json(task.call(*args, **row.kwargs))


def _complete(row: Job, result: Any, *, atomic: bool) -> None:
    done = claims.finish(
        row,
        state=JobState.DONE,
        result=result,
        finished_at=now(),
        started_at=row.started_at,
        last_attempted_at=row.last_attempted_at,
        workers=row.workers,
    )
    if not done:
        raise LeaseLost


def _fail(row: Job, error: Exception, policy: AnyTask | None) -> None:
    at = now()
    kept = {
        "exception": f"{type(error).__module__}.{type(error).__qualname__}",
        "traceback": "".join(format_exception(error))[-_TRACEBACK:],
        "at": at.isoformat(timespec="seconds"),
    }
    changes: dict[str, Any] = {
        "errors": [*row.errors, kept][-_KEPT_ERRORS:],
        "workers": row.workers,
        "started_at": row.started_at,
        "last_attempted_at": row.last_attempted_at or at,
    }
    if row.attempts >= row.max_attempts or policy is None:
        changes |= {"state": JobState.FAILED, "finished_at": at}
        logger.error("Job %s %s failed for good.", row.pk, row.task, exc_info=error)
    else:
        base = policy.backoff if isinstance(policy, LeaseTask) else 2.0
        changes |= {"run_at": at + claims.back_off(row.attempts, base=base), "worker": ""}
        logger.warning(
            "Job %s %s failed, try %d of %d.", row.pk, row.task, row.attempts, row.max_attempts, exc_info=error
        )
    claims.finish(row, **changes)


def prune_jobs(days: int = 7) -> int:
    """Delete jobs that ended more than ``days`` days ago, failed ones after four times as long. Return how many."""
    at = now()
    done, _rows = Job.objects.filter(state=JobState.DONE, finished_at__lt=at - timedelta(days=days)).delete()
    failed, _rows = Job.objects.filter(state=JobState.FAILED, finished_at__lt=at - timedelta(days=4 * days)).delete()
    return done + failed


def retry_job(job_id: int) -> bool:
    """Let a failed job run once more from the start of its attempts; false when there is no such failed job."""
    return bool(
        Job.objects.filter(pk=job_id, state=JobState.FAILED).update(
            state=JobState.WAITING, run_at=now(), attempts=0, worker="", finished_at=None
        )
    )
