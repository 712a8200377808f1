"""People from a table: read and looked at first, then taken over in slices, each of which is there whole or not."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from otklik.contacts import events
from otklik.contacts.actions.checks import check_edit, clean_address, normal_phone
from otklik.contacts.actions.organizations import add_organization
from otklik.contacts.actions.people import add_contact, change_contact
from otklik.contacts.models import Contact, ContactImport, ImportState, Organization
from otklik.contacts.queries import contacts_by_address
from otklik.contacts.spreadsheets import FIELDS, MOST_ROWS, Draft, Unreadable, guess_columns, read_line, read_table
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, DomainError, Invalid, TooLarge
from otklik.core.events import record
from otklik.core.text import normal_address, normal_form

LARGEST: Final = 10 * 1024 * 1024
SLICE: Final = 100
KEYS: Final = ("email", "phone")


def begin_import(data: bytes, *, file_name: str, language: str, by: Actor) -> ContactImport:
    """Read a file and keep its lines to be looked at; nothing is taken over yet. Raises ``Invalid`` for no table."""
    check_edit(by)
    if len(data) > LARGEST:
        raise TooLarge(_("The file is larger than 10 MB."))
    try:
        table = read_table(data)
    except Unreadable as error:
        raise Invalid(_reason(error.code), field="file") from error
    columns = guess_columns(table.header)
    return ContactImport.objects.create(
        file_name=file_name[:200],
        by_id=by.id or 0,
        by_name=by.name[:200],
        language=language,
        created_at=now(),
        header=list(table.header),
        lines=[list(line) for line in table.rows],
        total=len(table.rows),
        columns=columns,
        key="email" if "email" in columns or "phone" not in columns else "phone",
    )


def _reason(code: str) -> str:
    return {
        "empty": _("The file holds no table with a heading and at least one line."),
        "rows": _("The file holds more than %(most)s lines; please divide it.") % {"most": MOST_ROWS},
        "columns": _("The file has too many columns."),
        "slow": _("The file takes too long to open. Please save it as CSV."),
    }.get(code, _("This is neither a CSV nor an Excel file that can be read."))


def choose_columns(row: ContactImport, *, columns: Mapping[str, int], key: str, by: Actor) -> None:
    """Say which column is what and by what people are known again. Raises ``Invalid`` naming the field."""
    check_edit(by)
    for field, place in columns.items():
        if field not in FIELDS or not 0 <= place < len(row.header):
            raise Invalid(_("There is no such column."), field=field)
    if len(set(columns.values())) < len(columns):
        raise Invalid(_("One column cannot be two things."), field="columns")
    if key not in KEYS or key not in columns:
        raise Invalid(_("Choose the column by which people are known again."), field="key")
    changed = ContactImport.objects.filter(pk=row.pk, state=ImportState.DRAFT).update(columns=dict(columns), key=key)
    if not changed:
        raise Conflict(_("This import has begun already."))
    row.columns, row.key = dict(columns), key


def drop_import(row: ContactImport, *, by: Actor) -> None:
    """Forget an import that has not begun."""
    check_edit(by)
    if not ContactImport.objects.filter(pk=row.pk, state=ImportState.DRAFT).delete()[0]:
        raise Conflict(_("This import has begun already."))


def run_import(import_id: int) -> int:
    """Take over what is left of an import; return how many lines were taken now. A repeat goes on where it stopped."""
    taken = 0
    while count := _run_slice(import_id):
        taken += count
    return taken


def _run_slice(import_id: int) -> int:
    with transaction.atomic():
        row = ContactImport.objects.select_for_update().filter(pk=import_id, state=ImportState.RUNNING).first()
        if row is None:
            return 0
        by = Actor(kind="user", id=row.by_id, name=row.by_name, role="admin")  # his right was checked at the start
        lines = row.lines[row.done : row.done + SLICE]
        with translation.override(row.language):
            for place, line in enumerate(lines, start=row.done):
                _count(row, place, take_line(read_line(line, row.columns), key=row.key, by=by))
        row.done += len(lines)
        if row.done >= row.total:
            row.state, row.finished_at, row.lines = ImportState.DONE, now(), []
            record(_imported(row), by=by)
        row.save(update_fields=["done", "added", "changed", "same", "refused", "state", "finished_at", "lines"])
        return len(lines)


def _imported(row: ContactImport) -> events.ContactsImported:
    return events.ContactsImported(
        subject_id=row.by_id, file=row.file_name, added=row.added, changed=row.changed, refused=len(row.refused)
    )


def _count(row: ContactImport, place: int, result: str) -> None:
    if result in {"added", "changed", "same"}:
        setattr(row, result, getattr(row, result) + 1)
    else:
        row.refused.append({"line": place + 2, "reason": result})  # the heading is the first line of the file


def take_line(draft: Draft, *, key: str, by: Actor) -> str:
    """Take one line over, alone; return ``added``, ``changed``, ``same`` or why it was refused, in words."""
    try:
        with transaction.atomic():
            return _take(draft, key, by)
    except DomainError as error:
        return str(error.message)


def look_at(draft: Draft, *, key: str) -> str:
    """Return what ``take_line`` would do as far as it can be told without writing: ``added``, ``changed`` or why."""
    try:
        return "changed" if known_person(draft, key) else "added"
    except DomainError as error:
        return str(error.message)


def known_person(draft: Draft, key: str) -> Contact | None:
    """Return the person a line speaks of, if he is known. Raises ``Invalid`` when the line does not say enough."""
    for address in draft.emails:
        clean_address(address)
    phone = normal_phone(draft.phone)
    if key == "email":
        if not draft.emails:
            raise Invalid(_("No e-mail address, so it cannot be told who it is."), field="email")
        found = {person.pk: person for person in contacts_by_address(draft.emails).values()}
    else:
        if not phone:
            raise Invalid(_("No phone number, so it cannot be told who it is."), field="phone")
        found = {person.pk: person for person in Contact.objects.filter(phone=phone).order_by("id")[:2]}
    if len(found) > 1:
        raise Invalid(_("Several people fit this line."), field=key)
    return next(iter(found.values()), None)


def _take(draft: Draft, key: str, by: Actor) -> str:
    person = known_person(draft, key)
    organization = _organization(draft.organization, by)
    if person is None:
        add_contact(
            name=draft.name, addresses=draft.emails, phone=draft.phone, organization=organization,
            position=draft.position, note=draft.note, by=by,
        )  # fmt: skip
        return "added"
    wanted: dict[str, Any] = {
        field: value for field in ("name", "phone", "position", "note") if (value := getattr(draft, field))
    }
    if organization is not None:
        wanted["organization"] = organization
    if added := _new_addresses(person, draft.emails):
        wanted["addresses"] = [*added[0], *added[1]]
    return "changed" if change_contact(person, by=by, **wanted) else "same"


def _new_addresses(person: Contact, emails: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """Return the addresses a person has and those a line adds; None when it adds nothing."""
    present = list(person.addresses.order_by("-is_primary", "id").values_list("shown", flat=True))
    known = {normal_address(address) for address in present}
    fresh = [address for address in emails if normal_address(address) not in known]
    return (present, fresh) if fresh else None


def _organization(name: str, by: Actor) -> Organization | None:
    if not name:
        return None
    found = Organization.objects.filter(name_key=normal_form(" ".join(name.split())[:200])[:200]).order_by("id").first()
    return found or add_organization(name=name, by=by)
