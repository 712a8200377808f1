"""People from a table: read and looked at first, then taken over in slices, each of which is there whole or not."""

from collections.abc import Callable, Mapping
from typing import Final

from django.db import DataError, transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from otklik.accounts import policies
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.contacts import events
from otklik.contacts.actions.checks import check_import
from otklik.contacts.actions.lines import cleaned, differences, facts_of
from otklik.contacts.actions.looking import people_by_phone
from otklik.contacts.actions.organizations import add_organization
from otklik.contacts.actions.people import add_contact, change_contact
from otklik.contacts.models import Contact, ContactImport, ImportLine, ImportState, Organization, Outcome
from otklik.contacts.queries import contacts_by_address
from otklik.contacts.spreadsheets import (
    FIELDS,
    MOST_ROWS,
    Draft,
    Table,
    Unreadable,
    guess_columns,
    read_line,
    read_table,
)
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, DomainError, Invalid, TooLarge
from otklik.core.events import record
from otklik.core.text import normal_form

LARGEST: Final = 10 * 1024 * 1024
SLICE: Final = 100
_KEPT_AT_ONCE: Final = 1000
KEYS: Final = ("email", "phone")


def read_file(data: bytes, *, by: Actor) -> Table:
    """Return the table in a file, outside of any transaction. Raises ``Invalid`` for no table, ``TooLarge``."""
    check_import(by)
    if len(data) > LARGEST:
        raise TooLarge(_("The file is larger than 10 MB."))
    try:
        return read_table(data)
    except Unreadable as error:
        raise Invalid(_reason(error.code), field="file") from error


def _reason(code: str) -> str:
    return {
        "empty": _("The file holds no table with a heading and at least one line."),
        "rows": _("The file holds more than %(most)s lines; please divide it.") % {"most": MOST_ROWS},
        "columns": _("The file has too many columns."),
        "slow": _("The file takes too long to open. Please save it as CSV."),
    }.get(code, _("This is neither a CSV nor an Excel file that can be read."))


def keep_table(table: Table, *, file_name: str, language: str, by: Actor) -> ContactImport:
    """Keep the lines of a file to be looked at (``begin_import`` has them looked through); nothing is taken over."""
    check_import(by)
    columns = guess_columns(table.header)
    with transaction.atomic():
        row = ContactImport.objects.create(
            file_name=file_name[:200], by_id=by.id or 0, by_name=by.name[:200], language=language, created_at=now(),
            header=list(table.header), total=len(table.rows), columns=columns,
            key="email" if "email" in columns or "phone" not in columns else "phone",
        )  # fmt: skip
        lines = [ImportLine(owner=row, place=place, cells=list(cells)) for place, cells in enumerate(table.rows)]
        ImportLine.objects.bulk_create(lines, batch_size=_KEPT_AT_ONCE)
    return row


def note_columns(row: ContactImport, *, columns: Mapping[str, int], key: str, by: Actor) -> bool:
    """Say which column is what and by what people are known again; the lines are to be looked at anew then.

    Returns false when they are so already. Raises ``Invalid`` naming the field, ``Conflict`` after the start.
    """
    check_import(by)
    for field, place in columns.items():
        if field not in FIELDS or not 0 <= place < len(row.header):
            raise Invalid(_("There is no such column."), field=field)
    if len(set(columns.values())) < len(columns):
        raise Invalid(_("One column cannot be two things."), field="columns")
    if key not in KEYS or key not in columns:
        raise Invalid(_("Choose the column by which people are known again."), field="key")
    drafts = ContactImport.objects.filter(pk=row.pk, state=ImportState.DRAFT)
    if (row.columns, row.key) == (dict(columns), key) and drafts.exists():
        return False
    fresh = {"looked": 0, "will_add": 0, "will_change": 0, "will_keep": 0, "will_refuse": 0}
    if not drafts.update(columns=dict(columns), key=key, version=F("version") + 1, **fresh):
        raise Conflict(_("This import has begun already."))
    row.refresh_from_db()
    return True


def drop_import(row: ContactImport, *, by: Actor) -> None:
    """Forget an import that has not begun."""
    check_import(by)
    with transaction.atomic():
        if not ContactImport.objects.filter(pk=row.pk, state=ImportState.DRAFT).delete()[0]:
            raise Conflict(_("This import has begun already."))


def run_import(import_id: int, *, alive: Callable[[], object] = lambda: None) -> int:
    """Take over what is left of an import, telling ``alive`` after each slice; return how many lines were taken now.

    Each slice is taken by who began it, with the rights he has then: without the right to change people it stops, and
    the lines that are left are refused for that. A repeat goes on where it was cut off.
    """
    taken = 0
    while count := _run_slice(import_id):
        taken += count
        alive()
    return taken


def _run_slice(import_id: int) -> int:
    with transaction.atomic():
        row = ContactImport.objects.select_for_update().filter(pk=import_id, state=ImportState.RUNNING).first()
        if row is None:
            return 0
        user = User.objects.select_related("custom_role").filter(pk=row.by_id, is_active=True).first()
        by = actor_for(user) if user is not None else Actor(kind="user", id=row.by_id, name=row.by_name)
        if not policies.can(by, "contacts.edit"):
            return _stop(row, by)
        lines = list(ImportLine.objects.filter(owner=row, place__gte=row.done).order_by("place")[:SLICE])
        with translation.override(row.language):
            for line in lines:
                _count(row, line, take_line(read_line(line.cells, row.columns), key=row.key, by=by))
        row.done = lines[-1].place + 1 if lines else row.total
        if row.done >= row.total:
            row.state, row.finished_at = ImportState.DONE, now()
            record(_imported(row), by=by)
        row.save(update_fields=["done", "added", "changed", "same", "refused", "state", "finished_at"])
        refused = [line for line in lines if line.outcome == Outcome.REFUSED]
        ImportLine.objects.bulk_update(refused, ["outcome", "reason", "changes"])
        ImportLine.objects.filter(pk__in={line.pk for line in lines} - {line.pk for line in refused}).delete()
        return len(lines)


def _stop(row: ContactImport, by: Actor) -> int:
    """End an import whose owner lost his right: what is left is refused, and can be brought by somebody else."""
    with translation.override(row.language):
        reason = _("Whoever began the import may not change people any more.")
    left = ImportLine.objects.filter(owner=row, place__gte=row.done)
    row.refused += left.update(outcome=Outcome.REFUSED, reason=reason, changes=[])
    row.done, row.state, row.finished_at = row.total, ImportState.STOPPED, now()
    record(_imported(row), by=by)
    row.save(update_fields=["done", "refused", "state", "finished_at"])
    return 0


def _imported(row: ContactImport) -> events.ContactsImported:
    return events.ContactsImported(
        subject_id=row.by_id, file=row.file_name, added=row.added, changed=row.changed, refused=row.refused
    )


def _count(row: ContactImport, line: ImportLine, result: str) -> None:
    taken = result in {Outcome.ADDED, Outcome.CHANGED, Outcome.SAME}
    line.outcome, line.reason, line.changes = (result, "", []) if taken else (Outcome.REFUSED, result[:300], [])
    setattr(row, line.outcome, getattr(row, line.outcome) + 1)


def take_line(draft: Draft, *, key: str, by: Actor) -> str:
    """Take one line over, alone; return ``added``, ``changed``, ``same`` or why it was refused, in words."""
    try:
        with transaction.atomic():
            return _take(cleaned(draft, key), key, by)
    except DomainError as error:
        return str(error.message)
    except DataError:
        return _("The database cannot keep this line.")


def _known_person(draft: Draft, key: str) -> Contact | None:
    """Return the person a line speaks of, if he is known. Raises ``Invalid`` when several are."""
    if key == "email":
        found = {person.pk for person in contacts_by_address(draft.emails).values()}
    else:
        found = set(people_by_phone([draft.phone]).get(draft.phone, ()))
    if len(found) > 1:
        raise Invalid(_("Several people fit this line."), field=key)
    return Contact.objects.select_related("organization").prefetch_related("addresses").filter(pk__in=found).first()


def _take(draft: Draft, key: str, by: Actor) -> str:
    person = _known_person(draft, key)
    if person is None:
        organization = _organization(draft.organization, by) if draft.organization else None
        add_contact(
            name=draft.name, addresses=draft.emails, phone=draft.phone, organization=organization,
            position=draft.position, note=draft.note, by=by,
        )  # fmt: skip
        return Outcome.ADDED
    wanted = differences(draft, facts_of(person))
    if "organization" in wanted:
        wanted["organization"] = _organization(wanted["organization"], by)
    return Outcome.CHANGED if wanted and change_contact(person, by=by, **wanted) else Outcome.SAME


def _organization(name: str, by: Actor) -> Organization:
    found = Organization.objects.filter(name_key=normal_form(name)[:200]).order_by("id").first()
    return found or add_organization(name=name, by=by)
