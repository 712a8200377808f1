"""What contacts hold about a person: the card, the addresses, files of exports, lines of imported files."""

from collections.abc import Iterable, Iterator
from typing import Final

from otklik.contacts import personal_tasks  # noqa: F401 - its tasks are planned from here
from otklik.contacts.actions.erasing import exports_of, forget_lines
from otklik.contacts.dossiers import Holder, Piece, Slice, Subject, holders
from otklik.contacts.models import Contact, DataExport
from otklik.core.blobs import register_references

_LINES: Final = 20
"""How many lines of files count as one thing: most of them speak of somebody else."""


def collect(subject: Subject) -> Iterator[Piece]:
    """Tell the facts of the contact and of those merged into it."""
    for person in Contact.objects.filter(pk__in=subject.ids).select_related("organization").order_by("pk"):
        rows = person.addresses.order_by("-is_primary", "id")
        facts = {
            "id": person.pk, "name": person.name, "addresses": [row.shown for row in rows], "phone": person.phone,
            "organization": str(person.organization or ""), "position": person.position, "language": person.language,
            "note": person.note, "created_at": person.created_at.isoformat(),
        }  # fmt: skip
        yield Piece("contact", facts)


def erase(subject: Subject, after: int, limit: int) -> Slice:
    """Forget the files of exports and lines of imported files; the contact itself is blanked before everything else."""
    return Slice(forget_lines(subject, after, limit * _LINES), exports_of(subject))


def blobs_of_exports(blob_ids: Iterable[int]) -> set[int]:
    """Return those of the given blobs that are exports."""
    return {key for key in DataExport.objects.filter(blob_id__in=blob_ids).values_list("blob_id", flat=True) if key}


register_references("contacts.exports", blobs_of_exports)
holders.register("contacts", Holder(collect, erase, order=10))
