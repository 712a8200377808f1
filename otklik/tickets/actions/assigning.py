"""Giving a ticket to a person or a team."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts.models import Team, User
from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.core.events import record
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, copy_state, locked, touch
from otklik.tickets.actions.meeting import look_for_clash
from otklik.tickets.models import Ticket

KEEP: Final[Any] = object()  # “leave as it is”, where None means “nobody”


def assign(
    ticket: Ticket,
    *,
    assignee: User | None = KEEP,
    team: Team | None = KEEP,
    seen: Mapping[str, Any] | None = None,
    by: Actor,
) -> bool:
    """Give the ticket to a user, a team, both or nobody; return false when nothing changes.

    ``seen`` holds the ids of ``assignee`` or ``team`` as the author saw them. Records one ``ticket.assigned`` with
    names as shown now. Raises ``Invalid`` for a user who is blocked or only observes, ``Clash`` when ``seen`` is old.
    """
    allowed(policies.can_assign, ticket, by)
    if assignee is not KEEP and assignee is not None and (not assignee.is_active or assignee.role == "observer"):
        raise Invalid(_("This person cannot be given tickets."), field="assignee")
    with transaction.atomic():
        current = locked(ticket)
        given = {"assignee": assignee, "team": team}
        wanted = {name: row and row.pk for name, row in given.items() if row is not KEEP}
        look_for_clash(current, seen, wanted)
        changed = apply_assignment(current, assignee=assignee, team=team, by=by)
    copy_state(current, ticket)
    return changed


def apply_assignment(ticket: Ticket, *, assignee: User | None, team: Team | None, by: Actor) -> bool:
    """Change the assignment of a locked ticket inside the caller's transaction; return false when nothing changes."""
    old_user, old_team = ticket.assignee, ticket.team
    new_user = old_user if assignee is KEEP else assignee
    new_team = old_team if team is KEEP else team
    if new_user == old_user and new_team == old_team:
        return False
    ticket.assignee, ticket.team = new_user, new_team
    fields = ["assignee", "team"]
    if ticket.woke_at is not None:
        ticket.woke_at = None
        fields.append("woke_at")
    touch(ticket, *fields)
    record(
        events.TicketAssigned(
            subject_id=ticket.pk,
            team_id=ticket.team_id,
            before_user=old_user.name if old_user else None,
            after_user=new_user.name if new_user else None,
            after_user_id=new_user.pk if new_user else None,
            before_team=old_team.name if old_team else None,
            after_team=new_team.name if new_team else None,
        ),
        by=by,
    )
    return True
