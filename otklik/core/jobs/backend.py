"""The ``django.tasks`` backend over the table of jobs: enqueueing is an insert in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.tasks import TaskResult, TaskResultStatus
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import Task, TaskError
from django.tasks.exceptions import InvalidTask, TaskResultDoesNotExist
from django.tasks.signals import task_enqueued
from django.utils.json import normalize_json
from django.utils.module_loading import import_string

from otklik.core.clock import now
from otklik.core.engine.bell import wake

if TYPE_CHECKING:
    AnyTask = Task[Any, Any]
    AnyResult = TaskResult[Any, Any]
else:  # Django's own classes are not generic
    AnyTask = Task
    AnyResult = TaskResult


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTask(AnyTask):
    """A task with its policy, given to ``@task``.

    ``max_attempts``: how often it is tried; ``backoff``: seconds before the second try, doubled each time; ``lease``:
    seconds after which a silent worker counts as dead (a longer job calls ``keep_alive``); ``atomic``: the function
    and the end of the job are one transaction, so that an effect in the database happens exactly once (never for
    work that talks to the network); ``key``: while one job with this key waits, another is not added.
    """

    max_attempts: int = 5
    backoff: float = 2.0
    lease: float = 60.0
    atomic: bool = False
    key: str | None = None

    def using(
        self,
        *,
        priority: int | None = None,
        queue_name: str | None = None,
        run_after: datetime | None = None,
        backend: str | None = None,
        key: str | None = None,
    ) -> "LeaseTask":
        """Return the task with other defaults."""
        wanted = {
            "priority": priority,
            "queue_name": queue_name,
            "run_after": run_after,
            "backend": backend,
            "key": key,
        }
        changes: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        return replace(self, **changes)


class LeaseBackend(BaseTaskBackend):
    """Jobs as rows with a lease."""

    task_class = LeaseTask
    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def validate_task(self, task: AnyTask) -> None:
        """Refuse a task whose policy makes no sense."""
        super().validate_task(task)
        if isinstance(task, LeaseTask) and (task.max_attempts < 1 or task.backoff <= 0 or task.lease < 1):
            raise InvalidTask("max_attempts and lease must be at least 1, backoff more than 0.")

    def enqueue(self, task: AnyTask, args: Sequence[Any], kwargs: Mapping[str, Any]) -> AnyResult:
        """Add one job. In a transaction it exists when that commits. See ``enqueue_many``."""
        result = self.enqueue_many(task, [(args, kwargs)])[0]
        task_enqueued.send(type(self), task_result=result)
        return result

    def enqueue_many(self, task: AnyTask, calls: Sequence[tuple[Sequence[Any], Mapping[str, Any]]]) -> list[AnyResult]:
        """Add many jobs of one task with one statement."""
        from otklik.core.jobs.models import Job

        self.validate_task(task)
        at = now()
        key = task.key if isinstance(task, LeaseTask) else None
        rows = [
            Job(
                task=task.module_path,
                queue=task.queue_name,
                priority=task.priority,
                args=normalize_json(list(args)),
                kwargs=normalize_json(dict(kwargs)),
                key=key,
                run_at=task.run_after or at,
                max_attempts=task.max_attempts if isinstance(task, LeaseTask) else 5,
                enqueued_at=at,
            )
            for args, kwargs in calls
        ]
        if key is None:
            Job.objects.bulk_create(rows)
        else:
            rows = [_waiting(row) for row in rows]
        transaction.on_commit(_wake)
        return [as_result(row, task) for row in rows]

    def get_result(self, result_id: str) -> AnyResult:
        """Return the job by its number; raises ``TaskResultDoesNotExist``."""
        from otklik.core.jobs.models import Job

        row = Job.objects.filter(pk=int(result_id)).first() if str(result_id).isdecimal() else None
        if row is None:
            raise TaskResultDoesNotExist(result_id)
        return as_result(row, find_task(row.task))


def _waiting(row: Any) -> Any:
    """Add a job unless one with its key waits; return the one that waits."""
    model = type(row)
    for _ in range(3):  # the waiting one may begin, and free its key, between our two statements
        model.objects.bulk_create([row], ignore_conflicts=True)
        if waiting := model.objects.filter(key=row.key).first():
            return waiting
    row.key = None
    row.save(force_insert=True)
    return row


def _wake() -> None:
    wake("jobs")


def find_task(path: str) -> AnyTask:
    """Return the task at a dotted path. Raises ``ImportError`` when it is gone or is no task."""
    found = import_string(path)
    if not isinstance(found, Task):
        raise ImportError(f"{path} is not a task.")
    return found


def as_result(row: Any, task: AnyTask) -> AnyResult:
    """Return a job as the public value of ``django.tasks``."""
    result: AnyResult = TaskResult(
        task=task,
        id=str(row.pk),
        status=_status(row),
        enqueued_at=row.enqueued_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        last_attempted_at=row.last_attempted_at,
        args=row.args,
        kwargs=row.kwargs,
        backend=task.backend,
        errors=[
            TaskError(exception_class_path=error["exception"], traceback=error["traceback"]) for error in row.errors
        ],
        worker_ids=row.workers,
    )
    object.__setattr__(result, "_return_value", row.result)
    return result


def _status(row: Any) -> TaskResultStatus:
    if row.state == 1:
        return TaskResultStatus.SUCCESSFUL
    if row.state == 2:
        return TaskResultStatus.FAILED
    running = row.worker and row.run_at > now()
    return TaskResultStatus.RUNNING if running else TaskResultStatus.READY
