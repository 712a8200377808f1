"""Who takes part in a side conversation, and how it stands: its lock, its counts on the ticket, open or closed."""

from collections.abc import Sequence
from typing import Final

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from otklik.contacts.actions import clean_address, ensure_contacts
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.core.events import record
from otklik.core.text import normal_address
from otklik.tickets import events
from otklik.tickets.actions.base import locked, touch
from otklik.tickets.models import SideConversation, SidePerson, Ticket
from otklik.tickets.queries.directories import active_channels

MOST_PEOPLE: Final = 20


def locked_side(side: SideConversation, *, shelved: bool = False) -> tuple[Ticket, SideConversation]:
    """Return the ticket of a side conversation, locked, and the conversation as it is now; ``NotFound`` when it is
    gone, ``Shelved`` as ``locked``. A merge that moved it meanwhile is followed."""
    number = side.ticket_id
    for _again in range(5):
        ticket = locked(Ticket(pk=number), shelved=shelved)
        fresh = SideConversation.objects.filter(pk=side.pk).first()
        if fresh is None:
            raise NotFound
        if fresh.ticket_id == number:
            fresh.ticket = ticket
            return ticket, fresh
        number = fresh.ticket_id
    raise Conflict


def recount(ticket: Ticket) -> None:
    """Keep on the ticket how many side conversations it has and how many hold an unread answer."""
    sums = SideConversation.objects.filter(ticket=ticket).aggregate(
        every=Count("pk"), unread=Count("pk", filter=Q(is_unread=True))
    )
    ticket.side_count, ticket.side_unread = sums["every"] or None, sums["unread"] or None
    touch(ticket, "side_count", "side_unread", versioned=False)


def open_again(side: SideConversation, ticket: Ticket, *, by: Actor) -> bool:
    """Open a closed side conversation of a locked ticket; false when it is open. Records ``side.reopened``."""
    if not SideConversation.objects.filter(pk=side.pk, is_open=False).update(is_open=True):
        return False
    side.is_open = True
    record(events.SideReopened(subject_id=ticket.pk, team_id=ticket.team_id, side_id=side.pk), by=by)
    return True


def clean_people(to: Sequence[str], cc: Sequence[str]) -> list[tuple[str, str]]:
    """Return ``(role, address)`` of everybody once, checked and clean; raises ``Invalid`` naming the field."""
    found: dict[str, tuple[str, str]] = {}
    own = {normal_address(channel.address) for channel in active_channels() if channel.address}
    for role, addresses in (("to", to), ("cc", cc)):
        for written in addresses:
            if not written.strip():
                continue
            try:
                address = clean_address(written)
            except Invalid as error:
                raise Invalid(str(error.message), field=role) from error
            if normal_address(address) in own:
                raise Invalid(_("%(address)s is a mailbox of our own.") % {"address": address}, field=role)
            found.setdefault(normal_address(address), (role, address))
    if len(found) > MOST_PEOPLE:
        raise Invalid(_("Too many people at once."), field="to")
    return list(found.values())


def add_members(side: SideConversation, ticket: Ticket, people: Sequence[tuple[str, str]], *, by: Actor) -> None:
    """Let people into a side conversation of a locked ticket; those who are in it stay as they are.

    Raises ``Invalid`` for the customer and the other participants of the ticket: they must not see it.
    """
    if not people:
        return
    known = ensure_contacts([(address, "") for _role, address in people], by=by)
    customers = {ticket.requester_id, *(person["contact_id"] for person in ticket.people)}
    held = set(SidePerson.objects.filter(side=side).values_list("address_key", flat=True))
    for role, address in people:
        key, contact = normal_address(address), known[normal_address(address)]
        if contact.pk in customers:
            words = _("%(address)s takes part in the ticket: write to them in the reply, they must not see this.")
            raise Invalid(words % {"address": address}, field=role)
        if key in held:
            continue
        if len(side.people) >= MOST_PEOPLE:
            raise Invalid(_("Too many people at once."), field="to")
        held.add(key)
        SidePerson.objects.create(
            side=side, contact=contact, address=address, address_key=key, role=role, added_at=now()
        )
        entry = {"role": role, "contact_id": contact.pk, "name": contact.name, "address": address}
        side.people = [*side.people, entry]
    side.save(update_fields=["people"])
