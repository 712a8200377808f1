"""People from a file: choose it, look at what would happen, take it over, see what was refused."""

import csv
import io
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.accounts.web import StaffRequest, permission_required
from otklik.contacts.actions import importing
from otklik.contacts.actions.beginning import start_import
from otklik.contacts.models import ContactImport, ImportState
from otklik.contacts.spreadsheets import FIELDS, read_line
from otklik.core import shown
from otklik.core.clock import now
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.core.text import spreadsheet_cell

_SHOWN = 12
_NEWEST = 20
_LABELS = {
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "organization": gettext_lazy("Organisation"),
    "position": gettext_lazy("Position"),
    "note": gettext_lazy("Note"),
}


def _only(request: HttpRequest, *fields: str) -> None:
    for name in {*request.POST, *request.FILES}:
        if name not in {*fields, "csrfmiddlewaretoken"}:
            raise Invalid(_("There is no field “%(field)s”.") % {"field": name[:40]}, field=name[:40])


def _found(import_id: int) -> ContactImport:
    row = ContactImport.objects.filter(pk=import_id).first() if import_id < 2**63 else None
    if row is None:
        raise NotFound
    return row


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("contacts.edit")
def imports(request: HttpRequest) -> HttpResponse:
    """Offer the choice of a file and list the last imports; POST reads a file and shows what would happen."""
    error, status = "", 200
    if request.method == "POST":
        try:
            _only(request, "file")
            file = request.FILES.get("file")
            if file is None:
                raise Invalid(_("Choose a file."), field="file")
            row = importing.begin_import(
                file.read(importing.LARGEST + 1), file_name=file.name or "", language=get_language() or "ru",
                by=cast(StaffRequest, request).actor,
            )  # fmt: skip
            return redirect("contacts:import", row.pk)
        except DomainError as failed:
            error, status = str(failed.message), failed.status
    at = now()
    rows = [
        {
            "id": row.pk, "file": row.file_name, "who": row.by_name, "when": shown.ago(row.created_at, at),
            "exact": shown.exact(row.created_at), "state": _state(row),
        }
        for row in ContactImport.objects.defer("lines", "refused").order_by("-id")[:_NEWEST]
    ]  # fmt: skip
    return render(request, "contacts/imports.html", {"rows": rows, "error": error}, status=status)


def _state(row: ContactImport) -> str:
    if row.state == ImportState.DRAFT:
        return _("not begun")
    if row.state == ImportState.RUNNING:
        return _("%(done)s of %(total)s") % {"done": row.done, "total": row.total}
    return _("%(added)s new, %(changed)s changed") % {"added": row.added, "changed": row.changed}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("contacts.edit")
def one_import(request: HttpRequest, import_id: int) -> HttpResponse:
    """Show what an import would do, how far it is, or what it did; POST says which column is what."""
    row, error, status = _found(import_id), "", 200
    if request.method == "POST":
        try:
            _only(request, "key", *FIELDS)
            importing.choose_columns(
                row, columns=_columns(request), key=request.POST.get("key", ""), by=cast(StaffRequest, request).actor
            )
            return redirect("contacts:import", row.pk)
        except DomainError as failed:
            error, status = str(failed.message), failed.status
    context: dict[str, Any] = {
        "row": row, "error": error, "draft": row.state == ImportState.DRAFT,
        "running": row.state == ImportState.RUNNING, "refused": row.refused[:200], "refused_count": len(row.refused),
    }  # fmt: skip
    if context["draft"]:
        context |= _looked_at(row)
    name = "contacts/import_progress.html" if getattr(request, "htmx", False) else "contacts/import.html"
    return render(request, name, context, status=status)


def _columns(request: HttpRequest) -> dict[str, int]:
    columns = {}
    for field in FIELDS:
        text = request.POST.get(field, "")
        if not text:
            continue
        if not (text.isascii() and text.isdigit() and len(text) < 4):
            raise Invalid(_("There is no such column."), field=field)
        columns[field] = int(text)
    return columns


def _looked_at(row: ContactImport) -> dict[str, Any]:
    words = {"added": _("new"), "changed": _("known")}
    lines = []
    for line in row.lines[:_SHOWN]:
        result = importing.look_at(read_line(line, row.columns), key=row.key)
        cells = [line[row.columns[field]] if field in row.columns else "" for field in FIELDS]
        lines.append({"cells": cells, "result": words.get(result, result), "bad": result not in words})
    fields = [{"key": field, "label": _LABELS[field], "place": row.columns.get(field, -1)} for field in FIELDS]
    headings = [{"place": place, "text": text or "—"} for place, text in enumerate(row.header)]
    return {"fields": fields, "headings": headings, "lines": lines, "more": max(0, row.total - _SHOWN)}


@require_POST
@permission_required("contacts.edit")
def start(request: HttpRequest, import_id: int) -> HttpResponse:
    """Begin to take an import over."""
    _only(request)
    start_import(_found(import_id), by=cast(StaffRequest, request).actor)
    return redirect("contacts:import", import_id)


@require_POST
@permission_required("contacts.edit")
def drop(request: HttpRequest, import_id: int) -> HttpResponse:
    """Forget an import that has not begun."""
    _only(request)
    importing.drop_import(_found(import_id), by=cast(StaffRequest, request).actor)
    return redirect("contacts:imports")


@require_safe
@permission_required("contacts.edit")
def refused(request: HttpRequest, import_id: int) -> HttpResponse:
    """Send the refused lines with their reasons as CSV that spreadsheets open as text."""
    row = _found(import_id)
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";")
    writer.writerow([_("Line"), _("Reason")])
    writer.writerows([entry["line"], spreadsheet_cell(entry["reason"])] for entry in row.refused)
    response = HttpResponse("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{row.pk}.csv"'
    return response
