"""Background work on personal data: writing the file of an export, erasing slice by slice."""

from datetime import timedelta

from otklik.contacts.actions.erasing import go_on_erasing
from otklik.contacts.actions.exporting import forget_exports, make_export
from otklik.core.jobs import every, keep_alive, task


@task(lease=600, max_attempts=20)
def write_export(export_id: int) -> int:
    """Write the file of an export."""
    return make_export(export_id)


@task(lease=600, max_attempts=50)
def erase_person(erasure_id: int) -> int:
    """Go on with an erasure."""
    return go_on_erasing(erasure_id, alive=lambda: keep_alive(600))


@task(priority=-10)
def forget_old_exports() -> int:
    """Forget files of exports whose day is over."""
    return forget_exports()


every(timedelta(hours=1), "contacts.forget_exports", forget_old_exports)
