"""What happens to people at a time: an absence begins and ends."""

from otklik.accounts.actions.absences import BEGIN, END, begin_absence, end_absence_in_time
from otklik.core.actor import Actor
from otklik.core.moments import Moment, moment_handler


@moment_handler(BEGIN)
def begin_absences(moments: list[Moment]) -> None:
    """Begin the absences whose first moment has come."""
    for moment in moments:
        begin_absence(moment.subject_id, by=Actor.system())


@moment_handler(END)
def end_absences(moments: list[Moment]) -> None:
    """End the absences whose last moment has come."""
    for moment in moments:
        end_absence_in_time(moment.subject_id, by=Actor.system())
