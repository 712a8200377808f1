"""Two contacts of one person: taken together, with a way back that returns exactly what went over."""

from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext as _

from otklik.contacts import events
from otklik.contacts.actions.checks import check_edit
from otklik.contacts.models import Contact, ContactAddress, ContactMerge
from otklik.contacts.sight import hides_moved, hides_work_of
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import record

_FACTS: Final = ("phone", "note", "position", "language", "organization_id")


def merge_contacts(source: Contact, *, into: Contact, by: Actor) -> ContactMerge:
    """Take ``source`` for the same person as ``into``: addresses go over, facts fill what is blank there, notes join.

    Records ``contact.merged`` and ``contact.absorbed``, which move the tickets in the same transaction. The same merge
    again changes nothing and returns the first. Raises ``Invalid`` (field ``into``) for oneself, ``Conflict`` when
    either was merged into somebody else meanwhile, ``Forbidden`` when ``source`` has tickets hidden from the actor.
    """
    check_edit(by)
    if source.pk == into.pk:
        raise Invalid(_("A contact cannot be merged into itself."), field="into")
    with transaction.atomic():
        gone, kept = _both(source.pk, into.pk)
        if gone.merged_into_id == kept.pk:
            return ContactMerge.objects.get(source=gone, undone_at__isnull=True)
        if gone.erased_at is not None or kept.erased_at is not None:
            raise Conflict(_("The data of this person are erased."))
        if gone.merged_into_id is not None or kept.merged_into_id is not None:
            raise Conflict(_("This contact was merged into another one meanwhile."))
        if hides_work_of(by, gone.pk):
            raise Forbidden(_("This person has tickets that you do not see. A supervisor can merge the contacts."))
        row = ContactMerge(source=gone, target=kept, made_at=now(), by_name=by.name[:200])
        row.data = {"addresses": _move_addresses(gone, kept), **_fill(gone, kept)}
        gone.merged_into, gone.version = kept, gone.version + 1
        gone.save(update_fields=["merged_into", "version"])
        row.save()
        record(events.ContactMerged(subject_id=gone.pk, into=kept.pk), by=by)
        told = record(events.ContactAbsorbed(subject_id=kept.pk, contact_id=gone.pk, name=gone.name), by=by)
        row.data["event"] = told.pk
        row.save(update_fields=["data"])
    return row


def undo_contact_merge(row: ContactMerge, *, by: Actor) -> bool:
    """Part two contacts again: what went over and is still as the merge left it goes back. False when done already.

    Records ``contact.merge_undone`` on both. Raises ``Conflict`` when the one that stayed was merged on meanwhile and
    ``Forbidden`` when the merge moved tickets that the actor does not see.
    """
    check_edit(by)
    with transaction.atomic():
        gone, kept = _both(row.source_id, row.target_id)
        if not ContactMerge.objects.filter(pk=row.pk, undone_at__isnull=True).update(undone_at=now()):
            return False
        if kept.merged_into_id is not None:
            raise Conflict(_("The other contact was merged on: undo that first."))
        if hides_moved(by, row.data["event"]):
            raise Forbidden(_("This merge moved tickets that you do not see. A supervisor can part the contacts."))
        gone.merged_into, gone.version = None, gone.version + 1
        gone.save(update_fields=["merged_into", "version"])
        _return_addresses(row, gone, kept)
        _empty(row.data, kept)
        record(events.ContactMergeUndone(subject_id=gone.pk, contact_id=kept.pk), by=by)
        undone = events.ContactMergeUndone(subject_id=kept.pk, contact_id=gone.pk, undoes=row.data["event"])
        record(undone, by=by)
    return True


def _both(first: int, second: int) -> tuple[Contact, Contact]:
    """Return both as they are now, locked until the transaction ends, in one order whoever asks."""
    rows = Contact.objects.filter(pk__in=[first, second]).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    found = {row.pk: row for row in rows}
    return found[first], found[second]


def _move_addresses(gone: Contact, kept: Contact) -> dict[str, bool]:
    rows = list(ContactAddress.objects.filter(contact=gone))
    has_main = ContactAddress.objects.filter(contact=kept, is_primary=True).exists()
    moved = {str(row.pk): row.is_primary for row in rows}
    for row in rows:
        row.contact, row.is_primary = kept, row.is_primary and not has_main
    ContactAddress.objects.bulk_update(rows, ["contact", "is_primary"])
    return moved


def joined(gone: Contact, kept: Contact) -> dict[str, Any]:
    """Return the facts of the one that stays as a merge would leave them: his own, else those of the other.

    Both notes stand one after the other; a second phone, which has no field of its own, ends the note.
    """
    facts = {name: getattr(kept, name) or getattr(gone, name) for name in _FACTS}
    other = gone.phone if gone.phone not in {"", facts["phone"]} else ""
    more = _("Also by phone: %(phone)s") % {"phone": other} if other else ""
    facts["note"] = "\n\n".join(dict.fromkeys(text for text in (kept.note, gone.note, more) if text))
    return facts


def _fill(gone: Contact, kept: Contact) -> dict[str, Any]:
    """Take over what the one that stays has not; return how that was before and is after."""
    before, after = {name: getattr(kept, name) for name in _FACTS}, joined(gone, kept)
    _set(kept, after)
    return {"before": before, "after": after}


def _set(kept: Contact, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        setattr(kept, name, value)
    kept.version += 1
    kept.save(update_fields=[*(name.removesuffix("_id") for name in facts), "version"])


def _return_addresses(row: ContactMerge, gone: Contact, kept: Contact) -> None:
    moved: dict[str, bool] = row.data["addresses"]
    rows = list(ContactAddress.objects.filter(contact=kept, pk__in=[int(key) for key in moved]))
    for address in rows:
        address.contact, address.is_primary = gone, moved[str(address.pk)]
    ContactAddress.objects.bulk_update(rows, ["contact", "is_primary"])


def _empty(data: dict[str, Any], kept: Contact) -> None:
    _set(kept, {name: data["before"][name] for name in _FACTS if getattr(kept, name) == data["after"][name]})
