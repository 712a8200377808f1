"""A person is forgotten: the contact at once, then what every room holds of him, slice by slice.

Each slice is one transaction that also moves the place, so that a job that was killed goes on where it stopped.
"""

from dataclasses import asdict, replace
from typing import Any, Final

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from otklik.accounts import policies
from otklik.contacts import events
from otklik.contacts.dossiers import Subject, in_order
from otklik.contacts.models import Contact, ContactAddress, ContactMerge, DataExport, Erasure, ImportLine
from otklik.core.actor import Actor
from otklik.core.blobs import drop_unused
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid
from otklik.core.events import record, scrub_subject
from otklik.core.locality import desk_language
from otklik.core.text import normal_form

SLICE: Final = 50


def stand_in() -> str:
    """Return what stands where the name of an erased person stood, in the language of the desk."""
    with translation.override(desk_language()):
        return _("Erased person")


def subject_of(contact: Contact) -> Subject:
    """Return whom it is about: the contact with all that were merged into it."""
    ids, fresh = [contact.pk], [contact.pk]
    while fresh := list(Contact.objects.filter(merged_into__in=fresh).exclude(pk__in=ids).values_list("pk", flat=True)):
        ids += fresh
    people = list(Contact.objects.filter(pk__in=ids))
    written: set[str] = set()
    for address, shown in ContactAddress.objects.filter(contact__in=ids).values_list("address", "shown"):
        written |= {address, shown}
    return Subject(
        ids=tuple(ids),
        addresses=tuple(sorted(written)),
        phones=tuple(sorted({person.phone for person in people} - {""})),
        names=tuple(sorted({person.name for person in people})),
        stand_in=stand_in(),
    )


def blank_contact(contact: Contact, *, typed: str, by: Actor) -> Erasure:
    """Forget the contact itself and note that the rooms have to follow (``go_on_erasing``); there is no way back.

    ``typed`` must be the person's name. A second time changes nothing. Records ``contact.erased``.
    """
    if not policies.can(by, "contacts.erase"):
        raise Forbidden(_("You have no right to do this."))
    with transaction.atomic():
        current = Contact.objects.select_for_update().get(pk=contact.pk)
        if row := Erasure.objects.filter(contact=current).first():
            return row
        if normal_form(typed) != normal_form(current.name):
            raise Invalid(_("Type the name as it stands above."), field="typed")
        subject, at = subject_of(current), now()
        row = Erasure.objects.create(contact=current, subject=asdict(subject), by_name=by.name[:200], begun_at=at)
        ContactAddress.objects.filter(contact__in=subject.ids).delete()
        ContactMerge.objects.filter(target__in=subject.ids).delete()
        ContactMerge.objects.filter(source__in=subject.ids).delete()
        blanks: dict[str, Any] = {"phone": "", "note": "", "position": "", "language": "", "organization": None}
        name = subject.stand_in
        for person in Contact.objects.filter(pk__in=subject.ids):
            Contact.objects.filter(pk=person.pk).update(
                name=name, name_key=normal_form(name), erased_at=at, version=person.version + 1, **blanks
            )
        record(events.ContactErased(subject_id=current.pk), by=by)
    return row


def go_on_erasing(erasure_id: int, *, alive: Any = lambda: None) -> int:
    """Do what is left of an erasure, telling ``alive`` after each slice; return how many slices that took."""
    row = Erasure.objects.get(pk=erasure_id)
    stages, done = in_order(), 0
    keys = [key for key, _holder in stages]
    while row.done_at is None:
        stage = row.stage or keys[0]
        _one_slice(row, stage, dict(stages)[stage], keys)
        done += 1
        alive()
    return done


def _one_slice(row: Erasure, stage: str, holder: Any, keys: list[str]) -> None:
    subject = read_subject(row)
    with transaction.atomic():
        step = holder.erase(subject, row.after, SLICE)
        following = keys.index(stage) + 1
        if step.after is not None:
            row.stage, row.after = stage, step.after
        elif following < len(keys):
            row.stage, row.after = keys[following], 0
        else:
            _end(row, subject)
        row.save(update_fields=["stage", "after", "subject", "done_at"])
    drop_unused(step.blobs)


def read_subject(row: Erasure) -> Subject:
    """Return whom an erasure is about."""
    facts: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.subject.items()
    }
    return Subject(**facts)


def _end(row: Erasure, subject: Subject) -> None:
    """Blank the history of the contacts, and what was looked for."""
    for contact_id in subject.ids:
        scrub_subject(events.SUBJECT_CONTACT, contact_id, blank_actor=("contact", contact_id))
    row.subject = asdict(replace(subject, addresses=(), phones=(), names=()))
    row.done_at = now()


def forget_lines(subject: Subject, after: int, limit: int) -> int | None:
    """Forget the lines of imported files that speak of the person, among the next after a number.

    Returns the last number that was looked at, None at the end. A line of somebody else that only names him stays,
    without his name.
    """
    lines = list(ImportLine.objects.filter(pk__gt=after).order_by("pk")[:limit])
    gone = [line.pk for line in lines if _is_about(line, subject)]
    ImportLine.objects.filter(pk__in=gone).delete()
    for line in lines:
        kept = {"cells": line.cells, "changes": line.changes, "reason": line.reason}
        clean = {key: _cleaned(value, subject) for key, value in kept.items()}
        if clean != kept and line.pk not in gone:
            ImportLine.objects.filter(pk=line.pk).update(**clean)
    return lines[-1].pk if lines else None


def _is_about(line: ImportLine, subject: Subject) -> bool:
    cells = [str(cell) for cell in line.cells]
    low = {cell.casefold() for cell in cells}
    names = {name.casefold() for name in subject.names}
    addresses = [address.casefold() for address in subject.addresses]
    numbers = {"".join(filter(str.isdigit, cell))[-10:] for cell in cells}
    phones = {phone[-10:] for phone in subject.phones}
    return bool(low & names or numbers & phones) or any(address in cell for address in addresses for cell in low)


def _cleaned(value: Any, subject: Subject) -> Any:
    if isinstance(value, list):
        return [_cleaned(item, subject) for item in value]
    return subject.clean(value) if isinstance(value, str) else value


def exports_of(subject: Subject) -> list[int]:
    """Forget the files of exports; return their blobs."""
    rows = DataExport.objects.filter(contact__in=subject.ids)
    blobs = [blob for blob in rows.values_list("blob_id", flat=True) if blob]
    rows.delete()
    return blobs
