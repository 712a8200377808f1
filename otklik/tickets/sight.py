"""Tells the room of people whose tickets a reader sees: their people are his, nobody else's."""

from functools import reduce
from operator import or_

from django.db.models import OuterRef, Q

from otklik.contacts.sight import Sight, found_one, sights
from otklik.core.actor import Actor
from otklik.core.events import Event
from otklik.tickets.models import Participant, Ticket
from otklik.tickets.people_events import PersonMerged
from otklik.tickets.queries.access import in_sight, parts_in_sight


def people(actor: Actor) -> Q | None:
    """Return the condition for those who ask or take part in a ticket in sight, and for their organisations' people.

    Each is looked up by an index of the person or the organisation: how many tickets there are costs nothing.
    """
    seen = in_sight(actor)
    if seen is None:
        return None
    tickets = Ticket.objects.filter(seen)
    taking_part = Participant.objects.filter(
        found_one(tickets.filter(pk=OuterRef("ticket_id"))), contact_id=OuterRef("pk")
    )
    found = found_one(tickets.filter(requester_id=OuterRef("pk"))) | found_one(taking_part)
    # by its parts: a customer may have thousands of tickets, none of them in sight
    theirs = Ticket.objects.filter(organization_id=OuterRef("organization_id"))
    return reduce(or_, (found_one(theirs.filter(part)) for part in parts_in_sight(actor)), found)


def hides_work_of(actor: Actor, contact_id: int) -> bool:
    """Tell whether somebody asks or takes part in a ticket that the actor does not see."""
    seen = in_sight(actor)
    if seen is None:
        return False
    takes_part = Participant.objects.filter(contact_id=contact_id).values("ticket_id")
    return Ticket.objects.filter(Q(requester_id=contact_id) | Q(pk__in=takes_part)).exclude(seen).exists()


def hides_moved(actor: Actor, merge_event: int) -> bool:
    """Tell whether one of the tickets that a merge moved is none that the actor sees."""
    seen = in_sight(actor)
    if seen is None:
        return False
    moves = Event.objects.filter(kind=PersonMerged.kind, pk__gt=merge_event, cause_id=merge_event)
    return Ticket.objects.filter(pk__in=moves.values("subject_id")).exclude(seen).exists()


sights.register("tickets", Sight(people, hides_work_of, hides_moved))
