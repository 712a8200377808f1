"""Background work of contacts: taking over a file, and forgetting files that nobody took over."""

from datetime import timedelta

from otklik.contacts.actions.importing import run_import
from otklik.contacts.models import ContactImport, ImportState
from otklik.core.clock import now
from otklik.core.jobs import every, task


@task(lease=1800)
def take_import(import_id: int) -> int:
    """Take over the lines of an import."""
    return run_import(import_id)


@task(priority=-10)
def forget_drafts() -> int:
    """Forget what was uploaded and not begun within a day: it holds addresses of people."""
    return ContactImport.objects.filter(state=ImportState.DRAFT, created_at__lt=now() - timedelta(days=1)).delete()[0]


every(timedelta(hours=6), "contacts.forget_drafts", forget_drafts)
