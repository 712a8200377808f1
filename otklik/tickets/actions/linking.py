"""Links between tickets: parent, related, caused by. Both ends show them; parents never go round in a circle."""

from collections.abc import Collection
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.core.events import record
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, hold, not_shelved, touch
from otklik.tickets.models import LinkKind, Ticket, TicketLink

DEEPEST: Final = 100
MOST: Final = 200


def link(ticket: Ticket, *, other: Ticket, kind: str, by: Actor) -> bool:
    """Let ``other`` be the parent or the cause of a ticket, or stand beside it; false when it does already.

    Records ``ticket.linked`` on both. Raises ``Invalid`` naming the field: an unknown kind, a circle of parents, a
    second parent, the ticket itself; ``Shelved`` when one of them lies in the bin or in spam.
    """
    for one in (ticket, other):
        allowed(policies.can_edit, one, by)
    if kind not in LinkKind.values:
        raise Invalid(_("There is no such link."), field="kind")
    if ticket.pk == other.pk:
        raise Invalid(_("A ticket cannot be linked with itself."), field="other")
    first, second = (other, ticket) if kind == LinkKind.RELATED and other.pk < ticket.pk else (ticket, other)
    with transaction.atomic():
        hold([ticket.pk, other.pk])
        not_shelved(*Ticket.objects.filter(pk__in=[ticket.pk, other.pk]).order_by("pk"))
        if TicketLink.objects.filter(ticket=first, other=second, kind=kind).exists():
            return False
        if kind == LinkKind.PARENT:
            _check_parent(ticket, other)
        _add(first, second, kind, by=by)
    return True


def add_related(ticket: Ticket, other: Ticket, *, by: Actor) -> None:
    """Link two locked tickets side by side inside the caller's transaction."""
    first, second = sorted((ticket, other), key=lambda one: one.pk)
    _add(first, second, LinkKind.RELATED, by=by)


def _add(first: Ticket, second: Ticket, kind: str, *, by: Actor) -> None:
    TicketLink.objects.create(ticket=first, other=second, kind=kind, made_at=now())
    recount([first.pk, second.pk])
    for one, other, way in ((first, second, kind), (second, first, f"of_{kind}")):
        record(events.TicketLinked(subject_id=one.pk, team_id=one.team_id, number=other.pk, link=way), by=by)


def _check_parent(child: Ticket, parent: Ticket) -> None:
    """Walk up from the parent, locking what is passed, so that two who link at once cannot close a circle together."""
    if TicketLink.objects.filter(ticket=child, kind=LinkKind.PARENT).exists():
        raise Invalid(_("The ticket has a parent already."), field="other")
    above, seen = parent.pk, {child.pk}
    for _level in range(DEEPEST):
        if above in seen:
            raise Invalid(_("These tickets would be parents of each other."), field="other")
        seen.add(above)
        hold([above])
        following = TicketLink.objects.filter(ticket_id=above, kind=LinkKind.PARENT).values_list("other_id", flat=True)
        held = following.first()
        if held is None:
            return
        above = held
    raise Invalid(_("There are too many tickets above this one."), field="other")


def unlink(ticket: Ticket, *, link_id: int, by: Actor) -> bool:
    """Take a link off both tickets; a second time changes nothing. Records ``ticket.unlinked`` on both.

    Raises ``NotFound`` when either is hidden from the actor: a link changes both ends.
    """
    allowed(policies.can_edit, ticket, by)
    with transaction.atomic():
        own = Q(ticket=ticket) | Q(other=ticket)
        row = TicketLink.objects.filter(own, pk=link_id).select_related("ticket", "other").first()
        if row is None:
            return False
        hold([row.ticket_id, row.other_id])
        allowed(policies.can_edit, row.other if row.ticket_id == ticket.pk else row.ticket, by)
        if not TicketLink.objects.filter(pk=row.pk).delete()[0]:
            return False
        recount([row.ticket_id, row.other_id])
        for one, other, way in ((row.ticket, row.other, row.kind), (row.other, row.ticket, f"of_{row.kind}")):
            record(events.TicketUnlinked(subject_id=one.pk, team_id=one.team_id, number=other.pk, link=way), by=by)
    return True


def recount(numbers: Collection[int]) -> None:
    """Keep on each ticket how many links it has; a card without any asks nothing."""
    for ticket in Ticket.objects.filter(pk__in=numbers):
        ticket.link_count = TicketLink.objects.filter(Q(ticket=ticket) | Q(other=ticket)).count()
        if ticket.link_count > MOST:
            raise Invalid(_("A ticket has at most 200 links."), field="other")
        touch(ticket, "link_count", versioned=False)
