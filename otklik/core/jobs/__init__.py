"""Background work that has no row of its own, behind ``django.tasks``: declare with ``@task``, plan with ``every``.

The names are loaded when asked for: settings name ``core.jobs.backend`` before the models are there.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import django.tasks

if TYPE_CHECKING:
    from otklik.core.jobs.backend import LeaseTask
    from otklik.core.jobs.models import Job, JobState
    from otklik.core.jobs.planning import Recurring, every, plan_due, schedule
    from otklik.core.jobs.run import LeaseLost, keep_alive, prune_jobs, retry_job, run_due_jobs

_HOMES = {
    "backend": ("LeaseTask",),
    "models": ("Job", "JobState"),
    "run": ("LeaseLost", "keep_alive", "prune_jobs", "retry_job", "run_due_jobs"),
    "planning": ("Recurring", "every", "plan_due", "schedule"),
}

__all__ = [
    "Job",
    "JobState",
    "LeaseLost",
    "LeaseTask",
    "Recurring",
    "every",
    "keep_alive",
    "plan_due",
    "prune_jobs",
    "retry_job",
    "run_due_jobs",
    "schedule",
    "task",
]


def task(
    *,
    priority: int = 0,
    takes_context: bool = False,
    max_attempts: int = 5,
    backoff: float = 2.0,
    lease: float = 60.0,
    atomic: bool = False,
    key: str | None = None,
) -> "Callable[[Callable[..., Any]], LeaseTask]":
    """Declare a function as a task: ``django.tasks.task`` with the options of ``LeaseTask`` named and typed."""
    declare: Any = django.tasks.task
    made: Callable[[Callable[..., Any]], LeaseTask] = declare(
        priority=priority,
        takes_context=takes_context,
        max_attempts=max_attempts,
        backoff=backoff,
        lease=lease,
        atomic=atomic,
        key=key,
    )
    return made


def __getattr__(name: str) -> Any:
    """Load the module of a name when it is first asked for."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
