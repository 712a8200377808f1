"""The public JSON of people and organisations: one shape for the API, and for whatever else leaves the house."""

from typing import Any

from otklik.contacts.models import Contact, Organization

Json = dict[str, Any]


def contact_json(contact: Contact) -> Json:
    """Return a person (addresses prefetched)."""
    rows = sorted(contact.addresses.all(), key=lambda row: (not row.is_primary, row.pk))
    owner = contact.organization
    return {
        "id": contact.pk,
        "name": contact.name,
        "addresses": [{"address": row.shown, "bounced_at": row.bounced_at} for row in rows],
        "phone": contact.phone or None,
        "organization": {"id": owner.pk, "name": owner.name} if owner else None,
        "position": contact.position,
        "note": contact.note,
        "language": contact.language,
        "is_blocked": contact.is_blocked,
        "version": contact.version,
        "created_at": contact.created_at,
    }


def organization_json(row: Organization) -> Json:
    """Return an organisation (domains prefetched)."""
    return {
        "id": row.pk,
        "name": row.name,
        "domains": [domain.domain for domain in row.domains.all()],
        "note": row.note,
        "reference_patterns": row.reference_patterns,
        "version": row.version,
        "created_at": row.created_at,
    }
