"""Hands an import over to the background. Apart from the work, which the tasks run: each would import the other."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from otklik.contacts.actions.checks import check_import
from otklik.contacts.actions.importing import keep_table, note_columns
from otklik.contacts.models import ContactImport, ImportState
from otklik.contacts.spreadsheets import Table
from otklik.contacts.tasks import look_at_import, take_import
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Invalid


def begin_import(table: Table, *, file_name: str, language: str, by: Actor) -> ContactImport:
    """Keep the lines of a file and have them looked through in the background; nothing is taken over yet."""
    with transaction.atomic():
        row = keep_table(table, file_name=file_name, language=language, by=by)
        look_at_import.enqueue(row.pk, row.version)
    return row


def choose_columns(row: ContactImport, *, columns: Mapping[str, int], key: str, by: Actor) -> bool:
    """Say which column is what (see ``note_columns``) and have the file looked through again; the same changes nothing.

    Raises ``Invalid`` naming the field, ``Conflict`` after the start.
    """
    with transaction.atomic():
        if not note_columns(row, columns=columns, key=key, by=by):
            return False
        look_at_import.enqueue(row.pk, row.version)
    return True


def start_import(row: ContactImport, *, by: Actor) -> None:
    """Begin to take the lines over, in the background. A second start is a ``Conflict``, as one before the look ended.

    Raises ``Invalid`` without the column by which people are known again.
    """
    check_import(by)
    if row.key not in row.columns:
        raise Invalid(_("Choose the column by which people are known again."), field="key")
    with transaction.atomic():
        drafts = ContactImport.objects.filter(pk=row.pk, state=ImportState.DRAFT, version=row.version)
        if not drafts.filter(looked__gte=F("total")).update(state=ImportState.RUNNING):
            if drafts.exists():
                raise Conflict(_("The file is still being looked through."))
            raise Conflict(_("This import has begun already."))
        take_import.enqueue(row.pk)
