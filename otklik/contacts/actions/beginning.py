"""Hands an import over to the background. Apart from the work, which the task runs: each would import the other."""

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.contacts.actions.checks import check_edit
from otklik.contacts.models import ContactImport, ImportState
from otklik.contacts.tasks import take_import
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Invalid


def start_import(row: ContactImport, *, by: Actor) -> None:
    """Begin to take the lines over, in the background. A second start is a ``Conflict``."""
    check_edit(by)
    if row.key not in row.columns:
        raise Invalid(_("Choose the column by which people are known again."), field="key")
    with transaction.atomic():
        if not ContactImport.objects.filter(pk=row.pk, state=ImportState.DRAFT).update(state=ImportState.RUNNING):
            raise Conflict(_("This import has begun already."))
        take_import.enqueue(row.pk)
