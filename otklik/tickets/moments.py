"""What happens to tickets at a time: a snooze that runs out, a solved ticket that closes."""

from otklik.core.actor import Actor
from otklik.core.moments import Moment, moment_handler
from otklik.tickets import actions
from otklik.tickets.actions.sending import SEND, send_scheduled

WAKE = "ticket.wake"
CLOSE = "ticket.close"


@moment_handler(WAKE)
def wake_tickets(moments: list[Moment]) -> None:
    """Return tickets whose snooze ran out to the queue."""
    for moment in moments:
        actions.wake_by_time(moment.subject_id, by=Actor.system())


@moment_handler(CLOSE)
def close_tickets(moments: list[Moment]) -> None:
    """Close tickets that stayed solved for the days of the setting."""
    for moment in moments:
        actions.close_solved(moment.subject_id, by=Actor.system())


@moment_handler(SEND)
def send_replies(moments: list[Moment]) -> None:
    """Send answers whose time has come."""
    for moment in moments:
        send_scheduled(moment.subject_id)
