"""All data of a person as one file: asked for by a page, made by a job, kept for a day."""

import json
import tempfile
import zipfile
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from otklik.accounts import policies
from otklik.contacts import events
from otklik.contacts.actions.erasing import subject_of
from otklik.contacts.dossiers import Piece, in_order
from otklik.contacts.models import Contact, DataExport
from otklik.core.actor import Actor
from otklik.core.blobs import Blob, BlobMissing, put_blob, store
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden
from otklik.core.events import record
from otklik.core.filenames import clean_file_name

KEPT_FOR: Final = timedelta(days=1)
_PIECE: Final = 256 * 1024


def note_export(contact: Contact, *, by: Actor) -> DataExport:
    """Note that all data of a person are wanted as a file. While one is being made there is no second.

    Records ``contact.exported``. Raises ``Conflict`` for a person who is erased.
    """
    if not policies.can(by, "contacts.export"):
        raise Forbidden(_("You have no right to do this."))
    with transaction.atomic():
        current = Contact.objects.select_for_update().get(pk=contact.pk)
        if current.erased_at is not None:
            raise Conflict(_("The data of this person are erased."))
        at = now()
        waiting = DataExport.objects.filter(contact=current, ready_at__isnull=True, until__gt=at).first()
        if waiting is not None:
            return waiting
        row = DataExport.objects.create(
            contact=current, by_name=by.name[:200], language=by.language, made_at=at, until=at + KEPT_FOR
        )
        record(events.ContactExported(subject_id=current.pk), by=by)
    return row


def make_export(export_id: int) -> int:
    """Write the file of an export outside any transaction and hand it over; return its size, 0 when it is made."""
    row = DataExport.objects.select_related("contact").filter(pk=export_id, ready_at__isnull=True).first()
    if row is None:
        return 0
    with tempfile.TemporaryFile() as file, translation.override(row.language):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            _write(archive, row)
        file.seek(0)
        prepared = store(file)
    with transaction.atomic():
        blob = put_blob(prepared)
        at = now()
        # a person who was erased meanwhile has no such row any more, and the file goes with the next sweep
        DataExport.objects.filter(pk=row.pk, ready_at__isnull=True).update(blob=blob, ready_at=at, until=at + KEPT_FOR)
    return prepared.size


def _write(archive: zipfile.ZipFile, row: DataExport) -> None:
    subject, sections = subject_of(row.contact), dict[str, list[dict[str, Any]]]()
    count = 0
    for _key, holder in in_order():
        for piece in holder.collect(subject):
            names = []
            for name, blob in piece.files:
                count += 1
                names.append(_write_file(archive, f"files/{count}-{clean_file_name(name)}", blob))
            sections.setdefault(piece.section, []).append({**_plain(piece), "files": names})
    archive.writestr("data.json", json.dumps(sections, ensure_ascii=False, indent=1))
    context = {"person": row.contact, "sections": _readable(sections), "language": row.language}
    archive.writestr("index.html", render_to_string("contacts/dossier.html", context))


def _plain(piece: Piece) -> dict[str, Any]:
    return piece.facts


def _write_file(archive: zipfile.ZipFile, path: str, blob: Blob) -> str:
    try:
        source = blob.open()
    except BlobMissing:
        return ""
    with source, archive.open(path, "w") as target:
        while data := source.read(_PIECE):
            target.write(data)
    return path


def _readable(sections: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the sections as the page shows them: lines of a name and a text, messages, links to files."""
    titles = {"contact": _("Contact"), "tickets": _("Tickets"), "mails": _("Letters"), "forms": _("Web forms"),
              "spam_senders": _("Spam senders")}  # fmt: skip
    shown = []
    for key, rows in sections.items():
        entries = []
        for row in rows:
            facts = [(name, value) for name, value in row.items() if name not in {"messages", "files"} and value]
            entries.append({
                "facts": [(name, ", ".join(value) if isinstance(value, list) else value) for name, value in facts],
                "messages": row.get("messages", []), "files": [name for name in row["files"] if name],
            })  # fmt: skip
        shown.append({"title": titles.get(key, key), "entries": entries})
    return shown


def forget_exports() -> int:
    """Forget files whose day is over; the sweep takes their bytes."""
    return DataExport.objects.filter(until__lt=now()).delete()[0]
