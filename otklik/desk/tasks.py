"""Recurring work of the shell."""

from datetime import timedelta

from otklik.core import settings_store
from otklik.core.actor import Actor
from otklik.core.jobs import every, task
from otklik.desk.app_settings import FIRST_STEPS
from otklik.desk.first.actions import put_steps_away
from otklik.desk.first.steps import steps


@task(priority=-10)
def end_first_steps() -> None:
    """Put the checklist away once everything on it is done."""
    if settings_store.get(FIRST_STEPS) and all(step.done for step in steps()):
        put_steps_away(by=Actor.system())


every(timedelta(hours=1), "desk.end_first_steps", end_first_steps)
