"""Hands work on personal data over to the background. Apart from the work itself, which the tasks run."""

from django.db import transaction

from otklik.contacts.actions.erasing import blank_contact
from otklik.contacts.actions.exporting import note_export
from otklik.contacts.models import Contact, DataExport, Erasure
from otklik.contacts.personal_tasks import erase_person, write_export
from otklik.core.actor import Actor


def export_contact(contact: Contact, *, by: Actor) -> DataExport:
    """Have all data of a person put into a file (see ``note_export``); asked twice, one file is made."""
    with transaction.atomic():
        row = note_export(contact, by=by)
        if row.ready_at is None:
            write_export.enqueue(row.pk)
    return row


def erase_contact(contact: Contact, *, typed: str, by: Actor) -> Erasure:
    """Erase a person for ever (see ``blank_contact``): the contact at once, the rest by a job."""
    with transaction.atomic():
        row = blank_contact(contact, typed=typed, by=by)
        if row.done_at is None:
            erase_person.enqueue(row.pk)
    return row
