"""What a line of a file says and would change: the same rules for looking at it and for taking it over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from otklik.contacts.actions.checks import clean_address, normal_phone
from otklik.contacts.models import Contact
from otklik.contacts.spreadsheets import Draft
from otklik.core.errors import Invalid
from otklik.core.text import normal_address, normal_form


@dataclass(slots=True, eq=False)
class Facts:
    """What is known of a person that a line speaks of; ``addresses`` as he writes them, the main one first."""

    name: str
    phone: str
    position: str
    note: str
    organization: str
    addresses: list[str]


def cleaned(draft: Draft, key: str) -> Draft:
    """Return what a line says as it would be kept; raises ``Invalid`` when it cannot be used or says too little."""
    emails = {normal_address(address): clean_address(address) for address in reversed(draft.emails)}
    phone = normal_phone(draft.phone)
    if key == "email" and not emails:
        raise Invalid(_("No e-mail address, so it cannot be told who it is."), field="email")
    if key == "phone" and not phone:
        raise Invalid(_("No phone number, so it cannot be told who it is."), field="phone")
    return replace(
        draft, name=" ".join(draft.name.split())[:200], emails=tuple(reversed(emails.values())), phone=phone,
        organization=" ".join(draft.organization.split())[:200], position=draft.position.strip()[:120],
        note=draft.note.strip(),
    )  # fmt: skip


def facts_of(person: Contact) -> Facts:
    """Return the facts of a contact; uses what was loaded of his addresses and organisation."""
    rows = sorted(person.addresses.all(), key=lambda row: (not row.is_primary, row.pk))
    owner = person.organization.name if person.organization is not None else ""
    shown = [row.shown for row in rows]
    return Facts(person.name, person.phone, person.position, person.note, owner, shown)


def differences(draft: Draft, facts: Facts) -> dict[str, Any]:
    """Return what a cleaned line changes: new values by field; an empty cell changes nothing, addresses are added."""
    changed: dict[str, Any] = {
        field: value
        for field in ("name", "phone", "position", "note")
        if (value := getattr(draft, field)) and value != getattr(facts, field)
    }
    if draft.organization and normal_form(draft.organization) != normal_form(facts.organization):
        changed["organization"] = draft.organization
    if fresh := fresh_addresses(draft.emails, facts.addresses):
        changed["addresses"] = [*facts.addresses, *fresh]
    return changed


def fresh_addresses(emails: Sequence[str], present: Sequence[str]) -> list[str]:
    """Return those of the addresses that are not present yet."""
    known = {normal_address(address) for address in present}
    return [address for address in emails if normal_address(address) not in known]


def old_and_new(changed: dict[str, Any], facts: Facts) -> list[list[str]]:
    """Return each change as field, old value and new value, as people read them."""
    return [[field, _shown(getattr(facts, field)), _shown(value)] for field, value in changed.items()]


def _shown(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
