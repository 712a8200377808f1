"""Putting a ticket off until a moment; it comes back by time, by an answer or by hand."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.core.events import record
from otklik.core.moments import set_moment
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, copy_state, end_snooze, locked, touch
from otklik.tickets.actions.meeting import Clash, look_for_clash
from otklik.tickets.models import Ticket
from otklik.tickets.queries.changes import last_change

WAKE = "ticket.wake"
LONGEST = timedelta(days=366)


def snooze(ticket: Ticket, *, until: datetime, seen: Mapping[str, Any] | None = None, by: Actor) -> bool:
    """Put an open ticket off until a moment in the future (at most a year); return false when it is set so already.

    ``seen`` is the moment, or nothing, that the author saw as ``until``. Records ``ticket.snoozed``. Raises ``Invalid``
    (field ``until``) for a moment that is past or too far, or a ticket that is solved, and ``Clash`` when ``seen`` is
    old by somebody's choice.
    """
    allowed(policies.can_snooze, ticket, by)
    at = now()
    if not at < until <= at + LONGEST:
        raise Invalid(_("Choose a moment between now and a year from now."), field="until")
    with transaction.atomic():
        current = locked(ticket)
        if not current.is_open:
            raise Invalid(_("A solved ticket cannot be snoozed."), field="until")
        _look_for_clash(current, seen, until)
        changed = current.snoozed_until != until
        if changed:
            current.snoozed_until, current.woke_at = until, None
            touch(current, "snoozed_until", "woke_at")
            set_moment(WAKE, events.SUBJECT_TICKET, current.pk, until)
            record(events.TicketSnoozed(subject_id=current.pk, team_id=current.team_id, until=until.isoformat()), by=by)
    copy_state(current, ticket)
    return changed


def unsnooze(ticket: Ticket, *, seen: Mapping[str, Any] | None = None, by: Actor) -> bool:
    """Take a snoozed ticket back by hand; return false when it was not snoozed.

    ``seen`` is as in ``snooze``. Records ``ticket.woken``. Raises ``Clash`` when somebody put it off anew.
    """
    allowed(policies.can_snooze, ticket, by)
    with transaction.atomic():
        current = locked(ticket)
        _look_for_clash(current, seen, None)
        fields = end_snooze(current)
        if fields:
            touch(current, *fields)
            record(events.TicketWoken(subject_id=current.pk, team_id=current.team_id, why="hand"), by=by)
    copy_state(current, ticket)
    return bool(fields)


def _look_for_clash(current: Ticket, seen: Mapping[str, Any] | None, until: datetime | None) -> None:
    """Raise ``Clash`` as for any property, but not for a ticket that came back by itself, by time or by an answer."""
    try:
        look_for_clash(current, seen, {"until": until})
    except Clash:
        last = last_change(current, "until") if current.snoozed_until is None else None
        if last is None or last.kind != "ticket.woken" or last.data["why"] == "hand":
            raise


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
