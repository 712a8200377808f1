"""Changing the state of a ticket, by hand and by time."""

from datetime import timedelta

from django.db import transaction

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.events import record
from otklik.core.moments import clear_moment, set_moment
from otklik.core.settings_store import get as setting
from otklik.tickets import events, policies
from otklik.tickets.actions.base import (
    Shelved,
    allowed,
    copy_state,
    end_snooze,
    hold,
    locked,
    names_of,
    put_status,
    touch,
)
from otklik.tickets.actions.meeting import look_for_clash
from otklik.tickets.app_settings import CLOSE_AFTER_DAYS
from otklik.tickets.models import OPEN_CATEGORIES, Category, Status, Ticket
from otklik.tickets.queries.directories import chosen_status, status_by_key

CLOSE = "ticket.close"


def change_status(ticket: Ticket, *, status: str, seen: str | None = None, back: bool = False, by: Actor) -> bool:
    """Give the ticket another status by its key; return false when it has it already.

    Solving starts the time after which the ticket closes by itself. ``seen`` is the status that the author saw; who
    goes ``back`` to what was may go to a status that is out of use by now. What lies in the bin or in spam is restored
    when it is to be open. Records ``ticket.status_changed``. Raises ``Invalid`` for an unknown status and, unless the
    ticket has it, one out of use, ``NotFound`` and ``Forbidden`` by right, ``Clash`` when ``seen`` is old, ``Shelved``.
    """
    wanted = status_by_key(status)
    allowed(policies.can_change_status, ticket, by)
    with transaction.atomic():
        current = locked(ticket, shelved=True)
        if not back:
            chosen_status(status, current.status_id)
        look_for_clash(current, None if seen is None else {"status": seen}, {"status": wanted.key})
        if current.shelf is not None:
            _open_shelved(current, wanted, by=by)
        changed = apply_status(current, wanted, by=by)
    copy_state(current, ticket)
    return changed


def _open_shelved(ticket: Ticket, status: Status, *, by: Actor) -> None:
    from otklik.tickets.actions.shelving import restore

    if status.category not in OPEN_CATEGORIES:
        raise Shelved(ticket)
    restore(ticket, by=by)


def apply_status(ticket: Ticket, status: Status, *, by: Actor, automatic: bool = False) -> bool:
    """Change the status of a locked ticket inside the caller's transaction; return false when nothing changes."""
    if ticket.status_id == status.pk:
        return False
    before = ticket.status
    fields = put_status(ticket, status)
    if not ticket.is_open:
        fields += end_snooze(ticket)
    if ticket.woke_at is not None:
        ticket.woke_at = None
        fields.append("woke_at")
    touch(ticket, *fields)
    plan_closing(ticket, was=before.category)
    record(status_event(ticket, before, status, automatic=automatic), by=by)
    return True


def status_event(ticket: Ticket, before: Status, after: Status, *, automatic: bool = False) -> events.StatusChanged:
    """Return the event of a change of status, with the names as shown now."""
    return events.StatusChanged(
        subject_id=ticket.pk,
        team_id=ticket.team_id,
        before_key=before.key,
        after_key=after.key,
        category=after.category,
        before_category=before.category,
        before=names_of(before),
        after=names_of(after),
        automatic=automatic,
    )


def plan_closing(ticket: Ticket, *, was: str) -> None:
    """Set or clear the moment at which a solved ticket closes; within the category ``was`` it stays as it is."""
    if ticket.category == was:
        return
    if ticket.category == Category.SOLVED:
        days = setting(CLOSE_AFTER_DAYS)
        if days:
            set_moment(CLOSE, events.SUBJECT_TICKET, ticket.pk, now() + timedelta(days=days))
    elif was == Category.SOLVED:
        clear_moment(CLOSE, events.SUBJECT_TICKET, ticket.pk)


def close_solved(number: int, *, by: Actor) -> bool:
    """Close a ticket that is still solved; anything else is left alone (a repeat, a reopened one)."""
    with transaction.atomic():
        hold([number])
        ticket = Ticket.objects.select_related("status").filter(pk=number, category=Category.SOLVED).first()
        return ticket is not None and apply_status(ticket, status_by_key("closed"), by=by, automatic=True)
