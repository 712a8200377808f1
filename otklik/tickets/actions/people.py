"""People who take part in a ticket besides its requester."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.contacts.actions import clean_address, ensure_contacts
from otklik.contacts.models import Contact
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.core.events import record, record_many
from otklik.core.text import normal_address
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, copy_state, locked, touch
from otklik.tickets.models import Channel, Participant, Ticket

MOST = 50


def add_person(ticket: Ticket, *, address: str, name: str = "", by: Actor) -> bool:
    """Let somebody take part by his address; he gets copies from now on. Return false when he does already."""
    shown = clean_address(address)
    if Channel.objects.filter(address=normal_address(shown)).exists():
        raise Invalid(_("This is the address of our own mailbox."), field="email")
    allowed(policies.can_edit, ticket, by)
    with transaction.atomic():
        contact = ensure_contacts([(shown, name)], by=by)[normal_address(shown)]
        current = locked(ticket)
        added = add_people([(current, [(contact, shown)])], by=by)
    copy_state(current, ticket)
    return added > 0


def add_people(pairs: Sequence[tuple[Ticket, Iterable[tuple[Contact, str]]]], *, by: Actor) -> int:
    """Add participants to locked tickets in bulk inside the caller's transaction; return how many are new.

    The requester is no participant of his own ticket; beyond 50 nobody is added. Records ``person.added`` for each.
    """
    at = now()
    rows: list[Participant] = []
    told: list[tuple[events.PersonAdded, Actor]] = []
    for ticket, people in pairs:
        known = {person["contact_id"] for person in ticket.people} | {ticket.requester_id}
        before = len(ticket.people)
        for contact, address in people:
            if contact.pk in known or len(ticket.people) >= MOST:
                continue
            known.add(contact.pk)
            rows.append(Participant(ticket=ticket, contact=contact, address=address[:320], added_at=at))
            ticket.people = [*ticket.people, {"contact_id": contact.pk, "name": contact.name, "address": address}]
            event = events.PersonAdded(
                subject_id=ticket.pk, team_id=ticket.team_id, name=contact.name, contact_id=contact.pk
            )
            told.append((event, by))
        if len(ticket.people) != before:
            touch(ticket, "people", versioned=False)
    if rows:
        Participant.objects.bulk_create(rows, ignore_conflicts=True)
        record_many(told)
    return len(rows)


def remove_person(ticket: Ticket, *, contact_id: int, by: Actor) -> bool:
    """End somebody's part in a ticket; a second time changes nothing and returns false."""
    allowed(policies.can_edit, ticket, by)
    with transaction.atomic():
        current = locked(ticket)
        gone = end_part(current, contact_id, by=by)
    copy_state(current, ticket)
    return gone


def end_part(ticket: Ticket, contact_id: int, *, by: Actor) -> bool:
    """Take a person out of a locked ticket inside the caller's transaction; false when he takes no part.

    Records ``person.removed``.
    """
    row = Participant.objects.filter(ticket=ticket, contact_id=contact_id).select_related("contact").first()
    if row is None:
        return False
    row.delete()
    ticket.people = [person for person in ticket.people if person["contact_id"] != contact_id]
    touch(ticket, "people", versioned=False)
    name = row.contact.name
    event = events.PersonRemoved(subject_id=ticket.pk, team_id=ticket.team_id, name=name, contact_id=contact_id)
    record(event, by=by)
    return True
