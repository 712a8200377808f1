"""Pages of people and organisations."""

from otklik.contacts.views.directory import organization_list, people_list
from otklik.contacts.views.imports import drop, imports, one_import, refused, start
from otklik.contacts.views.organizations import organization
from otklik.contacts.views.people import contact

__all__ = [
    "contact", "drop", "imports", "one_import", "organization", "organization_list", "people_list", "refused", "start",
]  # fmt: skip
