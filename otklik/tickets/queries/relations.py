"""How tickets belong together: links of both directions, and what a ticket may be merged into."""

from dataclasses import dataclass

from django.db.models import Q

from otklik.core.actor import Actor
from otklik.tickets.models import Ticket, TicketLink
from otklik.tickets.queries.access import visible_to

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Linked:
    """The other end of a link: its id, what the other ticket is, and the ticket; none when the actor may not see it."""

    id: int
    way: str
    ticket: Ticket | None


def links_of(actor: Actor, ticket: Ticket) -> list[Linked]:
    """Return the links of a visible ticket, parents and causes first (two statements)."""
    own = Q(ticket=ticket) | Q(other=ticket)
    rows = list(TicketLink.objects.filter(own).order_by("kind", "id")[:_SHOWN])
    numbers = {row.other_id if row.ticket_id == ticket.pk else row.ticket_id for row in rows}
    seen = visible_to(actor).select_related("status").in_bulk(list(numbers))
    found = []
    for row in rows:
        outward = row.ticket_id == ticket.pk
        other = row.other_id if outward else row.ticket_id
        found.append(Linked(row.pk, row.kind if outward else f"of_{row.kind}", seen.get(other)))
    return found


def merge_candidates(actor: Actor, ticket: Ticket, limit: int = 5) -> list[Ticket]:
    """Return the newest open tickets of the same person that this one may be merged into."""
    rows = visible_to(actor).filter(requester_id=ticket.requester_id, is_open=True, merged_into__isnull=True)
    return list(rows.exclude(pk=ticket.pk).order_by("-activity_at", "-id")[:limit])
