"""What webhooks hold about a person: copies of his tickets as they were sent."""

from collections.abc import Iterator

from otklik.contacts.dossiers import Holder, Piece, Slice, Subject, holders
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
    deliveries = Delivery.objects.filter(ticket_id__in=numbers)
    Attempt.objects.filter(delivery__in=deliveries.values("pk")).update(answer="")
    deliveries.update(body="")
    return Slice(numbers[-1])


holders.register("webhooks", Holder(_nothing, erase_own, order=110))
holders.register("webhooks.parts", Holder(_nothing, erase_parts, order=111))
