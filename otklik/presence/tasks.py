"""Recurring work: rows that ran out go."""

from datetime import timedelta

from otklik.core.jobs import every, task
from otklik.presence.actions import prune_looking


@task(priority=-10)
def prune() -> int:
    """Remove presence of the past."""
    return prune_looking()


every(timedelta(hours=1), "presence.prune", prune, offset=timedelta(minutes=30))
