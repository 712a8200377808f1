"""REST of people from a file, and of all data of a person: the same steps as on the pages."""

import hashlib
from typing import Any, Literal

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import File, Query, Router
from ninja.files import UploadedFile
from pydantic import Field

from otklik.accounts.rest import BYTES_OUT, Json, PageQuery, Strict, answered_once, idempotent, needs, takes_key
from otklik.accounts.shapes import PageOf
from otklik.contacts import import_words, queries
from otklik.contacts.actions import beginning, importing
from otklik.contacts.actions.checks import check_import
from otklik.contacts.actions.personal import erase_contact, export_contact
from otklik.contacts.models import Contact, ContactImport, DataExport, ImportLine, ImportState
from otklik.contacts.shapes import ErasureOut, ExportOut, ImportLineOut, ImportOut
from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.core.idempotency import fingerprint
from otklik.core.pages import keyset_page

router = Router(tags=["contacts"])


class ColumnsIn(Strict):
    """Which column is what, by its place in the heading from 0 on, and by what people are known again."""

    columns: dict[Literal["name", "email", "phone", "organization", "position", "note"], int]
    key: Literal["email", "phone"]


class LinesQuery(PageQuery):
    """Lines of one outcome, or all."""

    outcome: Literal["", "added", "changed", "same", "refused"] = ""


class ErasureIn(Strict):
    """The person's name, typed as it stands: there is no way back."""

    name: str = Field(max_length=200)


@router.get("/imports", response=PageOf[ImportOut], summary="Files of people")
def list_imports(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """The files that were brought, newest first. 403 for whom people are hidden from: a file is held against all."""
    actor = needs(request, "contacts.edit", query)
    check_import(actor)
    rows = queries.imports_visible_to(actor)
    page = keyset_page(rows, order=[("-id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [_import_json(row) for row in page.items], "next": page.next}


@router.post("/imports", response={201: ImportOut}, summary="Bring a file of people")
@takes_key
def post_import(request: HttpRequest, file: File[UploadedFile]) -> HttpResponse:
    """Read a CSV or Excel file and have it looked through; nothing is taken over before it is started.

    It is ``looking`` until ``looked`` reaches ``total``, then a ``draft`` whose ``preview`` says what would happen.
    """
    actor = needs(request, "contacts.edit")
    data, name = file.read(importing.LARGEST + 1), file.name or ""
    table = importing.read_file(data, by=actor)

    def work() -> tuple[int, Json]:
        row = beginning.begin_import(table, file_name=name, language=actor.language, by=actor)
        return 201, _import_json(row)

    mark = fingerprint(request.method or "", request.get_full_path(), name, hashlib.sha256(data).hexdigest())
    return answered_once(request, work, mark=mark)


@router.get("/imports/{int:import_id}", response=ImportOut, summary="One file of people")
def get_import(request: HttpRequest, import_id: int) -> Json:
    """How far an import is, what it would do, or what it did."""
    return _import_json(queries.get_import(needs(request, "contacts.edit"), import_id))


@router.patch("/imports/{int:import_id}", response=ImportOut, summary="Choose the columns of a file")
def patch_import(request: HttpRequest, import_id: int, body: ColumnsIn) -> Json:
    """Say which column is what; the file is looked through anew. 409 once it was started."""
    actor = needs(request, "contacts.edit")
    row = queries.get_import(actor, import_id)
    columns: dict[str, int] = {str(field): place for field, place in body.columns.items()}
    beginning.choose_columns(row, columns=columns, key=body.key, by=actor)
    return _import_json(queries.get_import(actor, import_id))


@router.delete("/imports/{int:import_id}", response={204: None}, summary="Forget a file of people")
def delete_import(request: HttpRequest, import_id: int) -> tuple[int, None]:
    """Forget a file that was not started."""
    actor = needs(request, "contacts.edit")
    importing.drop_import(queries.get_import(actor, import_id), by=actor)
    return 204, None


@router.get("/imports/{int:import_id}/lines", response=PageOf[ImportLineOut], summary="Lines of a file of people")
def list_import_lines(request: HttpRequest, import_id: int, query: Query[LinesQuery]) -> Json:
    """What each line would do, with old and new values; after the import only the refused lines are left."""
    row = queries.get_import(needs(request, "contacts.edit", query), import_id)
    rows = queries.lines_of(row, outcome=query.outcome)
    page = keyset_page(rows, order=[("place", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [_line_json(line) for line in page.items], "next": page.next}


@router.post("/imports/{int:import_id}/start", response=ImportOut, summary="Take a file of people over")
@idempotent
def post_import_start(request: HttpRequest, import_id: int) -> tuple[int, Json]:
    """Begin to take the lines over in the background. 409 while the file is looked through, and for a second start."""
    actor = needs(request, "contacts.edit")
    beginning.start_import(queries.get_import(actor, import_id), by=actor)
    return 200, _import_json(queries.get_import(actor, import_id))


@router.get("/imports/{int:import_id}/refused", openapi_extra=BYTES_OUT, summary="Refused lines as CSV")
def get_import_refused(request: HttpRequest, import_id: int) -> HttpResponse:
    """The refused lines as they came, each with its reason: correct them and bring that file."""
    row = queries.get_import(needs(request, "contacts.edit"), import_id)
    return _file(HttpResponse(import_words.refused_csv(row)), f"refused-{row.pk}.csv")


@router.post("/contacts/{int:contact_id}/export", response={201: ExportOut}, summary="Export all data of a person")
@idempotent
def post_export(request: HttpRequest, contact_id: int) -> tuple[int, Json]:
    """Have all data of a person put into a file; while one is being made there is no second."""
    actor = needs(request, "contacts.export")
    return 201, _export_json(export_contact(_person(actor, contact_id), by=actor))


@router.get("/contacts/{int:contact_id}/export", response=ExportOut, summary="Export of a person")
def get_export(request: HttpRequest, contact_id: int) -> Json:
    """The newest export of a person that is being made or can be fetched."""
    return _export_json(_newest(needs(request, "contacts.export"), contact_id))


@router.get("/contacts/{int:contact_id}/export/file", openapi_extra=BYTES_OUT, summary="The file of an export")
def get_export_file(request: HttpRequest, contact_id: int) -> Any:
    """The ZIP with all data of a person; 404 until it is ready and after its day."""
    row = _newest(needs(request, "contacts.export"), contact_id)
    if row.blob is None:
        raise NotFound
    return _file(FileResponse(row.blob.open()), f"contact-{contact_id}.zip")


@router.post("/contacts/{int:contact_id}/erasure", response={201: ErasureOut}, summary="Erase the data of a person")
@idempotent
def post_erasure(request: HttpRequest, contact_id: int, body: ErasureIn) -> tuple[int, Json]:
    """Erase a person for ever: the contact at once, the rest in the background. Again changes nothing."""
    actor = needs(request, "contacts.erase")
    row = erase_contact(_person(actor, contact_id), typed=body.name, by=actor)
    return 201, {"contact": row.contact_id, "begun_at": row.begun_at, "done_at": row.done_at}


def _person(actor: Actor, contact_id: int) -> Contact:
    return queries.get_visible(actor, contact_id)


def _newest(actor: Actor, contact_id: int) -> DataExport:
    row = queries.newest_export(actor, _person(actor, contact_id))
    if row is None:
        raise NotFound
    return row


def _file(response: Any, name: str) -> Any:
    response["Content-Type"] = "application/octet-stream"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def _import_json(row: ContactImport) -> Json:
    looking = row.state == ImportState.DRAFT and row.looked < row.total
    return {
        "id": row.pk, "file": row.file_name, "by": {"id": row.by_id, "name": row.by_name},
        "state": "looking" if looking else row.state, "header": row.header, "columns": row.columns, "key": row.key,
        "total": row.total, "looked": row.looked, "done": row.done,
        "preview": None if looking else {
            "added": row.will_add, "changed": row.will_change, "same": row.will_keep, "refused": row.will_refuse,
        },
        "result": {"added": row.added, "changed": row.changed, "same": row.same, "refused": row.refused},
        "created_at": row.created_at, "finished_at": row.finished_at,
    }  # fmt: skip


def _line_json(line: ImportLine) -> Json:
    return {
        "line": line.place + 2, "cells": line.cells, "outcome": line.outcome or None, "reason": line.reason or None,
        "changes": [{"field": field, "old": old, "new": new} for field, old, new in line.changes],
    }  # fmt: skip


def _export_json(row: DataExport) -> Json:
    return {
        "id": row.pk, "contact": row.contact_id, "made_at": row.made_at, "ready_at": row.ready_at, "until": row.until,
        "by_name": row.by_name,
    }  # fmt: skip
