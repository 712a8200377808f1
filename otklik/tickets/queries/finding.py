"""Finding a ticket by what people have in hand: its number, the customer's number, an address, words of the subject."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.db.models.fields.tuple_lookups import TupleLessThan

from otklik.contacts.models import ContactAddress
from otklik.core.actor import Actor
from otklik.core.text import normal_address, normal_form
from otklik.tickets.models import ForeignReference, Ticket
from otklik.tickets.queries.access import visible_to

CANDIDATES = 5000  # words of subjects are looked for among so many newest tickets


def find(actor: Actor, words: str, *, after: tuple[datetime, int] | None = None, limit: int = 50) -> QuerySet[Ticket]:
    """Return up to ``limit`` + 1 visible tickets that fit, newest activity first.

    A number finds the ticket and foreign references; an address the tickets of its owner; words the newest tickets
    whose subject holds all of them (among the newest ``CANDIDATES``).
    """
    key = normal_form(words)[:200]
    tickets = visible_to(actor)
    if not key:
        return tickets.none()
    if after is not None:
        tickets = tickets.filter(TupleLessThan(("activity_at", "id"), after))
    found = Q(pk__in=_by_reference(key))
    digits = words.strip().lstrip("#№ ")  # before the normal form, which turns № into two letters
    if digits.isascii() and digits.isdigit() and len(digits) < 18:
        found |= Q(pk=int(digits))
    elif "@" in key:
        owners = list(ContactAddress.objects.filter(address=normal_address(key)).values_list("contact_id", flat=True))
        found |= Q(requester_id__in=owners)
    else:
        newest = visible_to(actor).order_by("-activity_at", "-id").values("pk")[:CANDIDATES]
        subject = Q(pk__in=newest)
        for word in key.split()[:8]:
            subject &= Q(subject_key__contains=word)
        found |= subject
    return tickets.filter(found).order_by("-activity_at", "-id")[: limit + 1]


def _by_reference(key: str) -> list[int]:
    end = key + "\uffff"
    rows = ForeignReference.objects.filter(number_key__gte=key, number_key__lt=end)
    return list(rows.values_list("ticket_id", flat=True)[:50])
