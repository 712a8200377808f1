"""Background work of contacts: looking through a file, taking it over, forgetting what is left of it."""

from datetime import timedelta
from typing import Final

from otklik.contacts.actions.importing import run_import
from otklik.contacts.actions.looking import look_through
from otklik.contacts.models import ContactImport, ImportLine, ImportState
from otklik.core.clock import now
from otklik.core.jobs import every, keep_alive, task

_LEASE: Final = 600
_OVER: Final = (ImportState.DONE, ImportState.STOPPED)
REFUSED_FOR: Final = timedelta(days=30)


@task(lease=_LEASE)
def look_at_import(import_id: int, version: int) -> int:
    """Find out what the lines of an import would do."""
    return look_through(import_id, version, alive=lambda: keep_alive(_LEASE))


@task(lease=_LEASE)
def take_import(import_id: int) -> int:
    """Take over the lines of an import."""
    return run_import(import_id, alive=lambda: keep_alive(_LEASE))


@task(priority=-10)
def forget_drafts() -> int:
    """Forget what was not begun within a day, and refused lines after a month: they hold addresses of people."""
    at = now()
    old = ImportLine.objects.filter(owner__state__in=_OVER, owner__finished_at__lt=at - REFUSED_FOR)
    gone = old.delete()[0]
    return (
        gone + ContactImport.objects.filter(state=ImportState.DRAFT, created_at__lt=at - timedelta(days=1)).delete()[0]
    )


every(timedelta(hours=6), "contacts.forget_drafts", forget_drafts)
