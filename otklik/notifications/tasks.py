"""Recurring work: ``sweep``, daily, removes what is old."""

from datetime import timedelta

from otklik.core.jobs import every, task
from otklik.notifications.actions.leaving import sweep_old


@task(priority=-10, lease=600)
def sweep() -> int:
    """Remove old notifications."""
    return sweep_old()


every(timedelta(days=1), "notifications.sweep", sweep, offset=timedelta(hours=4))
