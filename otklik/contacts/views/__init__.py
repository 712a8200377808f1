"""Pages of people and organisations."""

from otklik.contacts.views.directory import organization_list, people_list
from otklik.contacts.views.imports import drop, imports, one_import, refused, start
from otklik.contacts.views.merging import merge, undo_merge
from otklik.contacts.views.notes import contact_note, organization_note
from otklik.contacts.views.organizations import organization
from otklik.contacts.views.people import contact
from otklik.contacts.views.personal import erase, export, export_file

__all__ = [
    "contact", "contact_note", "drop", "erase", "export", "export_file", "imports", "merge", "one_import",
    "organization", "organization_list", "organization_note", "people_list", "refused", "start", "undo_merge",
]  # fmt: skip
