"""Who is here: of one ticket for its card, of all for the live stream."""

from dataclasses import dataclass

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.presence.models import Looking, Writing
from otklik.tickets.models import Ticket

Here = dict[int, dict[int, bool]]
"""Tickets, the ids of those who have them open, and whether each is writing."""
MOST = 2000


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody else who has the ticket open."""

    user_id: int
    name: str
    initials: str
    hue: int
    writing: Writing


def others_at(ticket: Ticket, actor: Actor) -> list[Colleague]:
    """Return the colleagues who have a visible ticket open, those who write first, without the actor himself."""
    return people_at(ticket, but=actor.id or 0)


def people_at(ticket: Ticket, *, but: int = 0) -> list[Colleague]:
    """Return the people who have a visible ticket open, those who write first, without the user ``but``."""
    at = now()
    rows = Looking.objects.filter(ticket_id=ticket.pk, until__gt=at).exclude(user_id=but)
    people = [
        Colleague(
            user_id=row.user_id,
            name=row.user.name,
            initials=row.user.initials,
            hue=row.user.hue,
            writing=Writing(row.writing) if row.writing_until > at else Writing.NOTHING,
        )
        for row in rows.select_related("user").order_by("id")[:50]
    ]
    return sorted(people, key=lambda person: not person.writing)


def everybody_here() -> Here:
    """Return who has which ticket open now, in one statement. Filter by ticket before anybody hears of it."""
    at = now()
    here: Here = {}
    rows = Looking.objects.filter(until__gt=at).values_list("ticket_id", "user_id", "writing", "writing_until")
    for ticket_id, user_id, writing, writing_until in rows.order_by("-id")[:MOST]:
        here.setdefault(ticket_id, {})[user_id] = bool(writing) and writing_until > at
    return here
