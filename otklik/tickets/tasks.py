"""Recurring work of tickets: the bin and spam are emptied after 30 days, old steps of undo are forgotten, uploads that
no message took go after a day, and files of tickets closed long ago as the setting says."""

from datetime import timedelta

from otklik.core.actor import Actor
from otklik.core.jobs import every, task
from otklik.tickets.actions import answering_many, bulk_runs
from otklik.tickets.actions.merged_drafts import forget_drafts_aside
from otklik.tickets.actions.retention import LEASE, remove_old_files
from otklik.tickets.actions.shelving import purge
from otklik.tickets.actions.stepping import forget_old_steps
from otklik.tickets.actions.unsent import remove_unsent


@task(priority=-10, lease=1800)
def empty_bin() -> int:
    """Delete what has lain in the bin or in spam for 30 days, and leftovers: steps, drafts, runs, uploads."""
    forget_old_steps()
    forget_drafts_aside()
    bulk_runs.forget_old_runs()
    remove_unsent()
    answering_many.forget_old_plans()
    return purge(by=Actor.system())


@task(priority=-5, lease=120)
def bulk_run(run_id: int) -> int:
    """Do what is left of an act on a whole folder."""
    return bulk_runs.go_on(run_id)


@task(lease=120)
def answer_many(plan_id: int) -> int:
    """Send what is left of one answer to many tickets."""
    return answering_many.go_on(plan_id)


@task(priority=-10, lease=LEASE)
def remove_files() -> int:
    """Let go of the files of tickets that were closed long ago, as the setting says."""
    return remove_old_files()


every(timedelta(days=1), "tickets.remove_files", remove_files, offset=timedelta(hours=3))
every(timedelta(days=1), "tickets.empty_bin", empty_bin, offset=timedelta(hours=2))
