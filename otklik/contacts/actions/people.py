"""Everything that writes people and their addresses."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from otklik.contacts import events
from otklik.contacts.actions.checks import check_edit, clean_address, normal_phone
from otklik.contacts.domains import company_domain
from otklik.contacts.models import Contact, ContactAddress, Organization
from otklik.contacts.queries import contacts_by_address, organizations_by_domain
from otklik.core.actor import Actor
from otklik.core.bulk import insert_rows, new_row
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid
from otklik.core.events import DomainEvent, record, record_many
from otklik.core.text import normal_address, normal_form


def ensure_contacts(
    people: Sequence[tuple[str, str]],
    *,
    by: Actor,
    known: Mapping[str, Contact] | None = None,
    told: list[tuple[DomainEvent, Actor]] | None = None,
    apart: Collection[str] = (),
) -> dict[str, Contact]:
    """Return the contact behind each ``(address, name)``, adding those not seen before; keyed by normal address.

    Runs inside the caller's transaction, in bulk: one statement when all are known, a handful when some are new. A new
    person joins the organisation that owns the domain of his address, never one of a free-mail provider; those whose
    normal addresses are named ``apart`` join none, because somebody else wrote in their name. Two processes that add
    the same address at once: the loser's transaction fails on the unique address and is to be repeated.

    Intake, which counts its statements, gives the contacts it has just looked up (``known``) and takes the events into
    its own list (``told``) to record them together with what follows.
    """
    named = {normal_address(address): (address, name) for address, name in people if address}
    there = dict(contacts_by_address(named) if known is None else known)
    fresh = {address: named[address] for address in named if address not in there}
    if not fresh:
        return there
    owners = organizations_by_domain(filter(None, map(company_domain, fresh)))
    at = now()
    contacts: dict[str, Contact] = {}
    for address, (shown, name) in fresh.items():
        label = " ".join(name.split())[:200] or shown.partition("@")[0][:200]
        contacts[address] = new_row(
            Contact,
            name=label,
            name_key=normal_form(label)[:200],
            organization=None if address in apart else owners.get(company_domain(address)),
            created_at=at,
        )
    insert_rows(list(contacts.values()))
    insert_rows(
        [
            new_row(ContactAddress, contact=contact, address=address, shown=fresh[address][0][:320], is_primary=True)
            for address, contact in contacts.items()
        ]
    )
    added: list[tuple[DomainEvent, Actor]] = [
        (events.ContactAdded(subject_id=contact.pk, name=contact.name, organization_id=contact.organization_id), by)
        for contact in contacts.values()
    ]
    if told is None:
        record_many(added)
    else:
        told += added
    return there | contacts


def add_contact(
    *,
    name: str,
    addresses: Iterable[str] = (),
    phone: str = "",
    organization: Organization | None = None,
    position: str = "",
    note: str = "",
    by: Actor,
) -> Contact:
    """Enter a person by hand. Raises ``Invalid`` naming the field and ``Conflict`` when an address is taken."""
    check_edit(by)
    shown = [clean_address(address) for address in addresses if address.strip()]
    label = " ".join(name.split())[:200] or (shown[0].partition("@")[0] if shown else "")
    if not label:
        raise Invalid(_("Enter a name or an address."), field="name")
    owner = organization
    if owner is None and shown:
        owner = organizations_by_domain([company_domain(shown[0])]).get(company_domain(shown[0]))
    contact = Contact(
        name=label,
        name_key=normal_form(label)[:200],
        organization=owner,
        phone=normal_phone(phone),
        position=position.strip()[:120],
        note=note.strip(),
        created_at=now(),
    )
    try:
        with transaction.atomic():
            contact.save(force_insert=True)
            _write_addresses(contact, shown)
            record(
                events.ContactAdded(subject_id=contact.pk, name=label, organization_id=contact.organization_id), by=by
            )
    except IntegrityError as error:
        raise Conflict(_("Another contact has this address.")) from error
    return contact


def _write_addresses(contact: Contact, shown: Sequence[str]) -> None:
    unique = {normal_address(address): address for address in shown}
    ContactAddress.objects.bulk_create(
        [
            ContactAddress(contact=contact, address=address, shown=unique[address][:320], is_primary=position == 0)
            for position, address in enumerate(unique)
        ]
    )


def change_contact(contact: Contact, *, by: Actor, version: int | None = None, **wanted: Any) -> list[str]:
    """Change facts of a person: ``name``, ``phone``, ``position``, ``note``, ``organization``, ``language``,
    ``is_blocked``, ``addresses`` (the whole list, the first is the one we write to).

    Returns the names of what changed. Raises ``Conflict`` when ``version`` is older than the row's, or an address
    belongs to somebody else.
    """
    check_edit(by)
    if contact.erased_at is not None:
        raise Conflict(_("The data of this person are erased."))
    allowed = {"name", "phone", "position", "note", "organization", "language", "is_blocked", "addresses"}
    if unknown := set(wanted) - allowed:
        raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)}, field=min(unknown))
    addresses = wanted.pop("addresses", None)
    if "name" in wanted:
        wanted["name"] = " ".join(str(wanted["name"]).split())[:200]
        if not wanted["name"]:
            raise Invalid(_("Enter a name."), field="name")
        wanted["name_key"] = normal_form(wanted["name"])[:200]
    if "phone" in wanted:
        wanted["phone"] = normal_phone(wanted["phone"])
    if wanted.get("language") not in {None, "", "ru", "en"}:
        raise Invalid(_("Choose Russian or English."), field="language")
    changed = [field for field, value in wanted.items() if getattr(contact, field) != value]
    shown = [clean_address(address) for address in addresses if address.strip()] if addresses is not None else None
    before = list(contact.addresses.order_by("-is_primary", "id").values_list("shown", flat=True))
    if shown is not None and shown != before:
        changed.append("addresses")
    if not changed:
        return []
    try:
        with transaction.atomic():
            _save_contact(contact, wanted, version)
            if "addresses" in changed and shown is not None:
                _replace_addresses(contact, shown)
            names = [field for field in changed if field != "name_key"]
            record(events.ContactChanged(subject_id=contact.pk, fields=names), by=by)
    except IntegrityError as error:
        raise Conflict(_("Another contact has this address.")) from error
    return names


def _save_contact(contact: Contact, wanted: dict[str, Any], version: int | None) -> None:
    expected = contact.version if version is None else version
    rows = Contact.objects.filter(pk=contact.pk, version=expected).update(**wanted, version=expected + 1)
    if not rows:
        raise Conflict(_("Somebody changed this contact meanwhile."))
    for field, value in wanted.items():
        setattr(contact, field, value)
    contact.version = expected + 1


def _replace_addresses(contact: Contact, shown: Sequence[str]) -> None:
    """Keep the rows of addresses that stay (and what is known of their bounces), add the new, drop the rest."""
    wanted = {normal_address(address): address for address in shown}
    contact.addresses.exclude(address__in=wanted).delete()
    kept = {row.address: row for row in contact.addresses.all()}
    for position, (address, text) in enumerate(wanted.items()):
        row = kept.get(address)
        if row is None:
            ContactAddress.objects.create(contact=contact, address=address, shown=text[:320], is_primary=position == 0)
        else:
            row.shown, row.is_primary = text[:320], position == 0
            row.save(update_fields=["shown", "is_primary"])


def mark_bounced(address: str, *, reason: str, by: Actor) -> bool:
    """Remember that mail to an address comes back for good; a repeat changes nothing and returns false."""
    with transaction.atomic():
        row = ContactAddress.objects.filter(address=normal_address(address), bounced_at__isnull=True).first()
        if row is None:
            return False
        at = now()
        if not ContactAddress.objects.filter(pk=row.pk, bounced_at__isnull=True).update(
            bounced_at=at, bounce_reason=reason[:300]
        ):
            return False
        record(events.AddressBounced(subject_id=row.contact_id, reason=reason[:300]), by=by)
    return True
