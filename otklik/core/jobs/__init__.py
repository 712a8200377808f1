"""Background work that has no row of its own, behind ``django.tasks``: declare with ``@task``, plan with ``every``.

The names are loaded when asked for: settings name ``core.jobs.backend`` before the models are there.
"""

from typing import TYPE_CHECKING, Any

from django.tasks import task

if TYPE_CHECKING:
    from otklik.core.jobs.models import Job, JobState
    from otklik.core.jobs.run import LeaseLost, keep_alive, prune_jobs, retry_job, run_due_jobs
    from otklik.core.jobs.schedule import Recurring, every, plan_due, schedule

_HOMES = {
    "models": ("Job", "JobState"),
    "run": ("LeaseLost", "keep_alive", "prune_jobs", "retry_job", "run_due_jobs"),
    "schedule": ("Recurring", "every", "plan_due", "schedule"),
}

__all__ = [
    "Job",
    "JobState",
    "LeaseLost",
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


def __getattr__(name: str) -> Any:
    """Load the module of a name when it is first asked for."""
    from importlib import import_module  # noqa: PLC0415

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
