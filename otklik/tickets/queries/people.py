"""Finding who asks while somebody types his name, address or phone."""

import re

from otklik.contacts.models import Contact
from otklik.contacts.queries import find_people
from otklik.contacts.queries import visible_to as contacts_visible_to
from otklik.core.actor import Actor
from otklik.core.db.fields import begins_with


def find_requesters(actor: Actor, words: str, limit: int = 8) -> list[Contact]:
    """Return visible people whose name or address begins with the words, or whose phone has these first digits."""
    digits = re.sub(r"\D", "", words)
    if len(digits) < 4 or re.search(r"[^\d\s()+.-]", words):
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
