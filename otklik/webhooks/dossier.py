"""What webhooks hold about a person: copies of his tickets, and of himself, as they were sent."""

from collections.abc import Collection, Iterator

from django.db.models import QuerySet

from otklik.contacts.dossiers import Holder, Piece, Slice, Subject, holders
from otklik.contacts.events import SUBJECT_CONTACT
from otklik.tickets.events import SUBJECT_TICKET
from otklik.tickets.queries.personal import own_tickets, shared_tickets
from otklik.webhooks.models import Attempt, Delivery


def _nothing(subject: Subject) -> Iterator[Piece]:
    return iter(())  # copies of what tickets tell of him


def erase_own(subject: Subject, after: int, limit: int) -> Slice:
    """Blank what was sent of the next of his own tickets; what is still to be sent is made from the blank ticket."""
    return _erase(own_tickets(subject, after, limit))


def erase_parts(subject: Subject, after: int, limit: int) -> Slice:
    """Blank what was sent of the next tickets of others in which he takes part."""
    return _erase(shared_tickets(subject, after, limit))


def _erase(numbers: list[int]) -> Slice:
    if not numbers:
        return Slice(None)
    blank_sent(numbers)
    return Slice(numbers[-1])


def blank_sent(numbers: Collection[int]) -> None:
    """Blank what was sent of these tickets."""
    _blank(Delivery.objects.filter(ticket_id__in=numbers, subject_kind=SUBJECT_TICKET))


def erase_person(subject: Subject, after: int, limit: int) -> Slice:
    """Blank what was sent of the person himself; what is still to be sent names nothing but his number."""
    _blank(Delivery.objects.filter(ticket_id__in=subject.ids, subject_kind=SUBJECT_CONTACT))
    return Slice(None)


def _blank(deliveries: QuerySet[Delivery]) -> None:
    Attempt.objects.filter(delivery__in=deliveries.values("pk")).update(answer="")
    deliveries.update(body="")


holders.register("webhooks", Holder(_nothing, erase_own, order=110))
holders.register("webhooks.person", Holder(_nothing, erase_person, order=112))
holders.register("webhooks.parts", Holder(_nothing, erase_parts, order=111))
