"""Recurring work of tickets: the bin and spam are emptied after 30 days, old steps of undo are forgotten."""

from datetime import timedelta

from otklik.core.actor import Actor
from otklik.core.jobs import every, task
from otklik.tickets.actions.shelving import purge
from otklik.tickets.actions.stepping import forget_old_steps


@task(priority=-10, lease=1800)
def empty_bin() -> int:
    """Delete what has lain in the bin or in spam for 30 days."""
    forget_old_steps()
    return purge(by=Actor.system())


every(timedelta(days=1), "tickets.empty_bin", empty_bin, offset=timedelta(hours=2))
