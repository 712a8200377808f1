"""People from a file: choose it, look at what would happen, take it over, see what was refused."""

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.accounts.web import StaffRequest, permission_required
from otklik.contacts import import_words
from otklik.contacts.actions import beginning, importing
from otklik.contacts.models import ContactImport, ImportState
from otklik.contacts.queries import get_import, imports_visible_to
from otklik.contacts.sight import sees_everybody
from otklik.contacts.spreadsheets import FIELDS
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import DomainError, Invalid

_NEWEST = 20


def _actor(request: HttpRequest) -> Actor:
    """Return who asks; there is nothing here for somebody from whom people are hidden."""
    actor = cast(StaffRequest, request).actor
    if not sees_everybody(actor):
        raise Http404
    return actor


def _only(request: HttpRequest, *fields: str) -> None:
    for name in {*request.POST, *request.FILES}:
        if name not in {*fields, "csrfmiddlewaretoken"}:
            raise Invalid(_("There is no field “%(field)s”.") % {"field": name[:40]}, field=name[:40])


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("contacts.edit")
def imports(request: HttpRequest) -> HttpResponse:
    """Offer the choice of a file and list the last imports; POST reads a file and has it looked through."""
    actor, error, status = _actor(request), "", 200
    if request.method == "POST":
        try:
            _only(request, "file")
            file = request.FILES.get("file")
            if file is None:
                raise Invalid(_("Choose a file."), field="file")
            table = importing.read_file(file.read(importing.LARGEST + 1), by=actor)
            row = beginning.begin_import(table, file_name=file.name or "", language=get_language() or "ru", by=actor)
            return redirect("contacts:import", row.pk)
        except DomainError as failed:
            error, status = str(failed.message), failed.status
    rows = import_words.present_imports(imports_visible_to(actor).order_by("-id")[:_NEWEST], now())
    return render(request, "contacts/imports.html", {"rows": rows, "error": error}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("contacts.edit")
def one_import(request: HttpRequest, import_id: int) -> HttpResponse:
    """Show what an import would do, how far it is, or what it did; POST says which column is what."""
    row, error, status = get_import(_actor(request), import_id), "", 200
    if request.method == "POST":
        try:
            _only(request, "key", *FIELDS)
            beginning.choose_columns(
                row, columns=_columns(request), key=request.POST.get("key", ""), by=_actor(request)
            )
            return redirect("contacts:import", row.pk)
        except DomainError as failed:
            error, status = str(failed.message), failed.status
    context: dict[str, Any] = {"row": row, "error": error, "draft": row.state == ImportState.DRAFT}
    context |= _looked_at(request, row) if context["draft"] else import_words.result(row)
    part = "contacts/import_look.html" if context["draft"] else "contacts/import_progress.html"
    return render(request, part if getattr(request, "htmx", False) else "contacts/import.html", context, status=status)


def _looked_at(request: HttpRequest, row: ContactImport) -> dict[str, Any]:
    after = request.GET.get("after", "")
    usable = after.isascii() and after.isdigit() and len(after) < 9
    return import_words.preview(row, show=request.GET.get("show", ""), after=int(after) if usable else -1)


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


@require_POST
@permission_required("contacts.edit")
def start(request: HttpRequest, import_id: int) -> HttpResponse:
    """Begin to take an import over."""
    _only(request)
    beginning.start_import(get_import(_actor(request), import_id), by=_actor(request))
    return redirect("contacts:import", import_id)


@require_POST
@permission_required("contacts.edit")
def drop(request: HttpRequest, import_id: int) -> HttpResponse:
    """Forget an import that has not begun."""
    _only(request)
    importing.drop_import(get_import(_actor(request), import_id), by=_actor(request))
    return redirect("contacts:imports")


@require_safe
@permission_required("contacts.edit")
def refused(request: HttpRequest, import_id: int) -> HttpResponse:
    """Send the refused lines as they came, each with its reason, as CSV that can be corrected and chosen again."""
    row = get_import(_actor(request), import_id)
    response = HttpResponse(import_words.refused_csv(row), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{row.pk}.csv"'
    return response
