"""Which tickets are a person's own, and on which of others he takes part: for export and erasure of his data."""

from django.db.models import Q

from otklik.contacts.dossiers import Subject
from otklik.tickets.models import Message, Participant, SideConversation, SidePerson, Ticket


def own_tickets(subject: Subject, after: int = 0, limit: int = 2**31) -> list[int]:
    """Return the next numbers of the person's own tickets."""
    rows = Ticket.objects.filter(requester__in=subject.ids, pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def shared_tickets(subject: Subject, after: int = 0, limit: int = 2**31) -> list[int]:
    """Return the next numbers of tickets of others in which the person takes part."""
    rows = Participant.objects.filter(contact__in=subject.ids, ticket__gt=after)
    rows = rows.exclude(ticket__requester__in=subject.ids)
    return list(rows.order_by("ticket").values_list("ticket", flat=True).distinct()[:limit])


def sides_with(subject: Subject, after: int = 0, limit: int = 2**31) -> list[int]:
    """Return the next side conversations in which the person takes part or wrote."""
    members = SidePerson.objects.filter(Q(contact__in=subject.ids) | Q(address_key__in=subject.addresses))
    wrote = Message.objects.filter(side__isnull=False, author_kind="contact", author_id__in=subject.ids)
    rows = SideConversation.objects.filter(
        Q(pk__in=members.values("side")) | Q(pk__in=wrote.values("side")), pk__gt=after
    )
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])
