"""Everything that writes contacts and organisations, by subject."""

from otklik.contacts.actions.checks import clean_address, clean_domains, clean_patterns, normal_phone
from otklik.contacts.actions.merging import merge_contacts, undo_contact_merge
from otklik.contacts.actions.organizations import add_organization, change_organization
from otklik.contacts.actions.people import add_contact, change_contact, ensure_contacts, mark_bounced

__all__ = [
    "add_contact",
    "add_organization",
    "change_contact",
    "change_organization",
    "clean_address",
    "clean_domains",
    "clean_patterns",
    "ensure_contacts",
    "mark_bounced",
    "merge_contacts",
    "normal_phone",
    "undo_contact_merge",
]
