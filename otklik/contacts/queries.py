"""Selections of contacts and organisations; everything for pages, API and autocomplete starts at ``visible_to``."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from otklik.accounts import policies
from otklik.contacts.models import (
    Contact,
    ContactAddress,
    ContactImport,
    ContactMerge,
    DataExport,
    ImportLine,
    Organization,
    OrganizationDomain,
    Outcome,
)
from otklik.contacts.sight import people_in_sight, sees_everybody
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.db.fields import begins_with
from otklik.core.errors import NotFound
from otklik.core.prepared import Prepared
from otklik.core.text import normal_address, normal_form


def visible_to(actor: Actor | None) -> QuerySet[Contact]:
    """Return the contacts an actor may see: himself for a customer, none for a stranger, all for the desk.

    Who sees only some tickets sees the people of these, of their organisations, and whom he added himself.
    Those merged into another one are not among them: who stays stands for both (see ``kept_for``).
    """
    if actor is None:
        return Contact.objects.none()
    if actor.kind == "contact":
        return Contact.objects.filter(pk=_id(actor))
    if policies.can(actor, "contacts.view"):
        part = people_in_sight(actor)
        return Contact.objects.filter(*([] if part is None else [part]), merged_into__isnull=True)
    return Contact.objects.none()


def kept_for(actor: Actor | None, contact_id: int) -> Contact | None:
    """Return the visible contact that a merged one went into, over several merges; None when it was not merged."""
    following, seen = contact_id, {contact_id}
    while True:
        after = Contact.objects.filter(pk=following).values_list("merged_into_id", flat=True).first()
        if after is None or after in seen:
            break
        following = after
        seen.add(after)
    return visible_to(actor).filter(pk=following).first() if following != contact_id else None


def merges_into(contact: Contact, limit: int = 20) -> list[ContactMerge]:
    """Return the merges that can be taken back on a person's page, newest first, each with who went."""
    rows = ContactMerge.objects.filter(target=contact, undone_at__isnull=True).select_related("source")
    return list(rows.order_by("-id")[:limit])


def newest_export(actor: Actor | None, contact: Contact) -> DataExport | None:
    """Return the last export of a person that is being made or can be fetched; None without the right."""
    if not policies.can(actor, "contacts.export"):
        return None
    return DataExport.objects.filter(contact=contact, until__gt=now()).order_by("-id").first()


def open_merge(actor: Actor | None, contact_id: int) -> ContactMerge:
    """Return the merge of a contact that can be taken back, or raise ``NotFound``; starts at who stays."""
    rows = ContactMerge.objects.filter(source_id=min(contact_id, 2**63 - 1), undone_at__isnull=True)
    row = rows.select_related("target").first()
    if row is None or (row.target.merged_into_id is None and not visible_to(actor).filter(pk=row.target_id).exists()):
        raise NotFound
    return row


def merged_or_visible(actor: Actor | None, contact_id: int, *, into: Contact) -> Contact:
    """Return a visible contact, or one that was merged into ``into`` already; else raise ``NotFound``."""
    if 0 < contact_id < 2**63 and (row := Contact.objects.filter(pk=contact_id, merged_into=into).first()):
        return row
    return get_visible(actor, contact_id if contact_id < 2**63 else 0)


def likely_duplicates(actor: Actor | None, contact: Contact, limit: int = 5) -> list[Contact]:
    """Return visible people who are probably the same one: the same phone, or the same name in one organisation."""
    same = Q(name_key=contact.name_key, organization_id=contact.organization_id)
    if contact.organization_id is None:
        same = Q(pk__in=())  # a name alone says little: there are many of the same
    if contact.phone:
        same |= Q(phone=contact.phone)
    found = visible_to(actor).filter(same, erased_at__isnull=True).exclude(pk=contact.pk)
    return list(found.select_related("organization").prefetch_related("addresses").order_by("name_key", "id")[:limit])


def organizations_visible_to(actor: Actor | None) -> QuerySet[Organization]:
    """Return the organisations an actor may see: all for the desk, his own for a customer."""
    if actor is None:
        return Organization.objects.none()
    if actor.kind == "contact":
        return Organization.objects.filter(contacts__pk=_id(actor))
    if policies.can(actor, "contacts.view"):
        return Organization.objects.all()
    return Organization.objects.none()


def _id(actor: Actor) -> int:
    """Return the id of an actor that stands for a row; 0 belongs to none."""
    return actor.id or 0


def get_visible(actor: Actor | None, contact_id: int) -> Contact:
    """Return a visible contact with its organisation and addresses, or raise ``NotFound``."""
    contact = (
        visible_to(actor).select_related("organization").prefetch_related("addresses").filter(pk=contact_id).first()
    )
    if contact is None:
        raise NotFound
    return contact


def get_visible_organization(actor: Actor | None, organization_id: int) -> Organization:
    """Return a visible organisation with its domains, or raise ``NotFound``."""
    found = organizations_visible_to(actor).prefetch_related("domains").filter(pk=organization_id).first()
    if found is None:
        raise NotFound
    return found


def contacts_by_address(addresses: Iterable[str]) -> dict[str, Contact]:
    """Return the contacts behind addresses, keyed by the address in its normal form (one statement)."""
    wanted = {normal_address(address) for address in addresses}
    return {row.address: row.contact for row in _by_address(list(wanted))}


_by_address: Final = Prepared(
    lambda addresses: ContactAddress.objects.filter(address__in=addresses).select_related(
        "contact", "contact__organization"
    )
)


def organizations_by_domain(domains: Iterable[str]) -> dict[str, Organization]:
    """Return the organisations that own mail domains, keyed by domain (one statement)."""
    return {row.domain: row.organization for row in _by_domain(list(set(domains)))}


_by_domain: Final = Prepared(
    lambda domains: OrganizationDomain.objects.filter(domain__in=domains).select_related("organization")
)


def find_people(actor: Actor | None, words: str, limit: int = 10) -> list[Contact]:
    """Return visible people whose name or address begins with the words, for autocomplete (at most ``limit``)."""
    key = normal_form(words)[:100]
    if len(key) < 2:
        return []
    addresses = ContactAddress.objects.filter(begins_with("address", key))
    if actor is not None and not sees_everybody(actor):  # else the first few might all be hidden from him
        addresses = addresses.filter(Exists(visible_to(actor).filter(pk=OuterRef("contact_id"))))
    owners = list(addresses.order_by("address").values_list("contact_id", flat=True)[:limit])
    found = visible_to(actor).filter(erased_at__isnull=True).filter(begins_with("name_key", key) | Q(pk__in=owners))
    return list(found.select_related("organization").prefetch_related("addresses").order_by("name_key", "id")[:limit])


def find_organizations(actor: Actor | None, words: str) -> QuerySet[Organization]:
    """Return visible organisations whose name begins with the words, all without words."""
    found = organizations_visible_to(actor)
    key = normal_form(words)[:100]
    return found.filter(begins_with("name_key", key)) if key else found


def primary_address(contact: Contact) -> str:
    """Return the address mail to the person goes to, as he writes it, or nothing (uses prefetched addresses)."""
    if "addresses" not in getattr(contact, "_prefetched_objects_cache", ()):
        return next(iter(_primary_of(contact.pk)), "")
    rows = sorted(contact.addresses.all(), key=lambda row: (not row.is_primary, row.pk))
    return rows[0].shown if rows else ""


_primary_of: Final[Prepared[Any]] = Prepared(
    lambda contact_id: (
        ContactAddress.objects.filter(contact_id=contact_id)
        .order_by("-is_primary", "id")
        .values_list("shown", flat=True)[:1]
    )
)


def known_exactly(actor: Actor, *, address: str = "", phone: str = "") -> QuerySet[Contact]:
    """Return whoever has just this address or this phone (``+<country><number>``), seen by the actor or not.

    For those who may open tickets: somebody calls whom only another team knows. Who names him exactly may take him as
    requester and learns his name; nothing else of him may be shown before there is a ticket.
    """
    if not policies.can(actor, "tickets.open"):
        return Contact.objects.none()
    same = Q(pk__in=())
    if "@" in address:
        same |= Q(pk__in=ContactAddress.objects.filter(address=normal_address(address)).values("contact_id"))
    if phone:
        same |= Q(phone=phone)
    return Contact.objects.filter(same, merged_into__isnull=True, erased_at__isnull=True)


def imports_visible_to(actor: Actor | None) -> QuerySet[ContactImport]:
    """Return the imports of people an actor may see: all for those who may change people and see everybody."""
    if actor is None or not (policies.can(actor, "contacts.edit") and sees_everybody(actor)):
        return ContactImport.objects.none()
    return ContactImport.objects.all()


def get_import(actor: Actor | None, import_id: int) -> ContactImport:
    """Return a visible import, or raise ``NotFound``."""
    row = imports_visible_to(actor).filter(pk=import_id).first() if import_id < 2**63 else None
    if row is None:
        raise NotFound
    return row


def lines_of(row: ContactImport, *, outcome: str = "", after: int = -1) -> QuerySet[ImportLine]:
    """Return the lines of an import in their order: all or those of one outcome, after a place."""
    lines = ImportLine.objects.filter(owner=row, place__gt=after).order_by("place")
    return lines.filter(outcome=outcome) if outcome else lines


def refusals_of(row: ContactImport, most: int = 8) -> list[tuple[str, int]]:
    """Return the reasons for which lines are refused, with how many lines each, the most frequent first."""
    rows = ImportLine.objects.filter(owner=row, outcome=Outcome.REFUSED).values_list("reason")
    return list(rows.annotate(number=Count("id")).order_by("-number", "reason")[:most])
