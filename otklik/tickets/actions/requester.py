"""Another person turns out to be who asks."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.contacts.models import Contact
from otklik.contacts.queries import primary_address
from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.core.events import record
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, copy_state, locked, touch
from otklik.tickets.actions.meeting import look_for_clash
from otklik.tickets.actions.opening import person_of, say_who
from otklik.tickets.actions.people import add_people, end_part
from otklik.tickets.models import ForeignReference, Ticket

UNSEEN = object()
"""What a door says that does not know whom its author saw as the requester."""


def change_requester(
    ticket: Ticket, *, requester: Contact | None = None, email: str = "", name: str = "", phone: str = "",
    seen: Any = UNSEEN, by: Actor,
) -> bool:  # fmt: skip
    """Make a known person the requester, or whoever has the address, name or phone; false when he is it already.

    Who was it takes part from now on, when he has an address, and so keeps copies and the right to write; he can be
    taken away like everybody else. The new one is no participant beside it, and organisation and foreign numbers are
    those of his organisation. Records ``ticket.edited`` with both names as shown now, then who came and went among the
    participants. Raises ``Invalid`` naming the field, and ``Clash`` when the requester is not the one (his id) that the
    author has ``seen``.
    """
    allowed(policies.can_edit, ticket, by)
    if requester is None:
        say_who(email, name, phone)
        with transaction.atomic():
            requester = person_of(email, name, phone, by=by)
    with transaction.atomic():
        current = locked(ticket)
        look_for_clash(current, None if seen is UNSEEN else {"requester": seen}, {"requester": requester.pk})
        changed = current.requester_id != requester.pk
        if changed:
            _change(current, requester, by=by)
    copy_state(current, ticket)
    return changed


def _change(ticket: Ticket, requester: Contact, *, by: Actor) -> None:
    people = Contact.objects.select_related("organization").prefetch_related("addresses")
    known = people.in_bulk([ticket.requester_id, requester.pk])
    before, after = known[ticket.requester_id], known[requester.pk]
    if after.merged_into_id is not None:
        raise Invalid(_("There is no such contact."), field="requester")
    changes: dict[str, list[Any]] = {"requester": [before.name, after.name]}
    fields = ["requester"]
    ticket.requester = after
    if ticket.organization_id != after.organization_id:
        own = ForeignReference.objects.filter(ticket=ticket, organization=ticket.organization)
        own.update(organization=after.organization)
        changes["organization"] = [row.name if row else "" for row in (ticket.organization, after.organization)]
        ticket.organization = after.organization
        fields.append("organization")
    touch(ticket, *fields)
    record(events.TicketEdited(subject_id=ticket.pk, team_id=ticket.team_id, changes=changes), by=by)
    end_part(ticket, after.pk, by=by)
    if address := primary_address(before):
        add_people([(ticket, [(before, address)])], by=by)
