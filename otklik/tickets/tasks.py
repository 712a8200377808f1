"""Recurring work of tickets: the bin and spam are emptied after 30 days, old steps of undo are forgotten."""

from datetime import timedelta

from otklik.core.actor import Actor
from otklik.core.jobs import every, task
from otklik.tickets.actions import bulk_runs
from otklik.tickets.actions.shelving import purge
from otklik.tickets.actions.stepping import forget_old_steps


@task(priority=-10, lease=1800)
def empty_bin() -> int:
    """Delete what has lain in the bin or in spam for 30 days."""
    forget_old_steps()
    bulk_runs.forget_old_runs()
    return purge(by=Actor.system())


@task(priority=-5, lease=120)
def bulk_run(run_id: int) -> int:
    """Do what is left of an act on a whole folder."""
    return bulk_runs.go_on(run_id)


every(timedelta(days=1), "tickets.empty_bin", empty_bin, offset=timedelta(hours=2))
