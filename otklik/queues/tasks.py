"""Recurring work: what people have had yesterday is forgotten."""

from datetime import timedelta

from otklik.core.jobs import every, task
from otklik.queues.actions import prune_walks


@task(priority=-10)
def prune() -> int:
    """Forget what ran out."""
    return prune_walks()


every(timedelta(hours=6), "queues.prune", prune, offset=timedelta(minutes=40))
