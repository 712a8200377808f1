"""Finding who asks while somebody types his name, address or phone."""

import re
from dataclasses import dataclass

from django.db.models import QuerySet

from otklik.contacts.actions import normal_phone
from otklik.contacts.models import Contact
from otklik.contacts.queries import find_people, known_exactly, primary_address
from otklik.contacts.queries import visible_to as contacts_visible_to
from otklik.contacts.sight import sees_everybody
from otklik.core.actor import Actor
from otklik.core.db.fields import begins_with
from otklik.core.errors import Invalid

_NOT_OF_A_PHONE = re.compile(r"[^\d\s()+.-]")


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who may be asking, as he is offered: of one who is hidden only the name and what was entered."""

    id: int
    name: str
    email: str
    phone: str
    hint: str = ""


def find_requesters(actor: Actor, words: str, limit: int = 8) -> list[Asker]:
    """Return visible people whose name or address begins with the words, or whose phone has these first digits; and
    whoever has just this address or phone, though he is hidden."""
    found = [
        Asker(row.pk, row.name, primary_address(row), row.phone, row.organization.name if row.organization else "")
        for row in _find_visible(actor, words, limit)
    ]
    if len(found) < limit and not sees_everybody(actor):
        found += _hidden(actor, words.strip(), {row.id for row in found})[: limit - len(found)]
    return found


def _find_visible(actor: Actor, words: str, limit: int) -> list[Contact]:
    digits = re.sub(r"\D", "", words)
    if len(digits) < 4 or _NOT_OF_A_PHONE.search(words):
        return find_people(actor, words, limit)
    if words.strip().startswith("+") or not digits.startswith("8"):
        prefix = f"+{digits}"
    else:
        prefix = f"+7{digits[1:]}"  # 8 921 … is how people say +7 921 …
    starts = [prefix] if prefix.startswith("+7") or words.strip().startswith("+") else [prefix, f"+7{digits}"]
    found: list[Contact] = []
    for start in starts:
        rows = contacts_visible_to(actor).filter(begins_with("phone", start))
        found += rows.select_related("organization").prefetch_related("addresses").order_by("phone", "id")[:limit]
    return found[:limit]


def _hidden(actor: Actor, words: str, seen: set[int]) -> list[Asker]:
    address, phone = (words, "") if "@" in words else ("", words)
    rows = named_exactly(actor, address, phone).exclude(pk__in=seen).order_by("id")
    return [Asker(row.pk, row.name, address, phone) for row in rows[:3]]


def named_exactly(actor: Actor, address: str, phone: str) -> QuerySet[Contact]:
    """Return whoever has just this address or this phone as people write it, hidden or not (``known_exactly``)."""
    try:
        number = "" if _NOT_OF_A_PHONE.search(phone) else normal_phone(phone)
    except Invalid:
        number = ""
    return known_exactly(actor, address=address, phone=number)
