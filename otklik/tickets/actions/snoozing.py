"""Putting a ticket off until a moment; it comes back by time, by an answer or by hand."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.core.events import record
from otklik.core.moments import set_moment
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, copy_state, end_snooze, locked, touch
from otklik.tickets.models import Ticket

WAKE = "ticket.wake"
LONGEST = timedelta(days=366)


def snooze(ticket: Ticket, *, until: datetime, by: Actor) -> bool:
    """Put an open ticket off until a moment in the future (at most a year); return false when it is set so already.

    Records ``ticket.snoozed``. Raises ``Invalid`` (field ``until``) for a moment that is past or too far, or a ticket
    that is solved.
    """
    allowed(policies.can_snooze, ticket, by)
    at = now()
    if not at < until <= at + LONGEST:
        raise Invalid(_("Choose a moment between now and a year from now."), field="until")
    with transaction.atomic():
        current = locked(ticket)
        if not current.is_open:
            raise Invalid(_("A solved ticket cannot be snoozed."), field="until")
        changed = current.snoozed_until != until
        if changed:
            current.snoozed_until, current.woke_at = until, None
            touch(current, "snoozed_until", "woke_at")
            set_moment(WAKE, events.SUBJECT_TICKET, current.pk, until)
            record(events.TicketSnoozed(subject_id=current.pk, team_id=current.team_id, until=until.isoformat()), by=by)
    copy_state(current, ticket)
    return changed


def unsnooze(ticket: Ticket, *, by: Actor) -> bool:
    """Take a snoozed ticket back by hand; return false when it was not snoozed."""
    allowed(policies.can_snooze, ticket, by)
    with transaction.atomic():
        current = locked(ticket)
        fields = end_snooze(current)
        if fields:
            touch(current, *fields)
            record(events.TicketWoken(subject_id=current.pk, team_id=current.team_id, why="hand"), by=by)
    copy_state(current, ticket)
    return bool(fields)


def wake_by_time(number: int, *, by: Actor) -> bool:
    """Return a ticket whose snooze ran out to the queue, marked; one that was woken or put off again stays as it is."""
    with transaction.atomic():
        at = now()
        ticket = Ticket.objects.select_for_update(of=("self",)).filter(pk=number, snoozed_until__lte=at).first()
        if ticket is None:
            return False
        ticket.woke_at = at
        ticket.activity_at = at
        touch(ticket, *end_snooze(ticket), "woke_at", "activity_at")
        record(events.TicketWoken(subject_id=ticket.pk, team_id=ticket.team_id, why="time"), by=by)
    return True
