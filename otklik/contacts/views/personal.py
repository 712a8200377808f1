"""Personal data: the file with all of it, and the erasing that nobody can take back."""

from typing import cast
from urllib.parse import quote

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.accounts.web import StaffRequest, permission_required
from otklik.contacts import queries
from otklik.contacts.actions.personal import erase_contact, export_contact
from otklik.contacts.models import Contact
from otklik.core.clock import now
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.core.text import normal_form


def _person(request: HttpRequest, contact_id: int) -> Contact:
    try:
        return queries.get_visible(cast(StaffRequest, request).actor, contact_id if contact_id < 2**63 else 0)
    except NotFound as error:
        raise Http404 from error


def _only(request: HttpRequest, *fields: str) -> None:
    if unknown := set(request.POST) - {*fields, "csrfmiddlewaretoken"}:
        raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)[:40]}, field=min(unknown)[:40])


@require_POST
@permission_required("contacts.export")
def export(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Have all data of a person put into a file."""
    person = _person(request, contact_id)
    _only(request)
    export_contact(person, by=cast(StaffRequest, request).actor)
    messages.success(request, _("The file is being made"))
    return redirect("contacts:contact", contact_id)


@require_safe
@permission_required("contacts.export")
def export_file(request: HttpRequest, contact_id: int, export_id: int) -> HttpResponse:
    """Give the file of an export while its day lasts."""
    person = _person(request, contact_id)
    row = queries.newest_export(cast(StaffRequest, request).actor, person)
    if row is None or row.pk != export_id or row.blob is None or row.until <= now():
        raise Http404
    response = FileResponse(row.blob.open(), content_type="application/zip")
    name = f"{normal_form(person.name).replace(' ', '-')[:60] or person.pk}.zip"
    response["Content-Length"] = str(row.blob.size)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response["Cache-Control"] = "no-store"
    return cast(HttpResponse, response)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("contacts.erase")
def erase(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Say what erasing takes away; POST with the name typed erases."""
    person = _person(request, contact_id)
    error, status, typed = "", 200, ""
    if request.method == "POST":
        typed = request.POST.get("typed", "")[:200]
        try:
            _only(request, "typed")
            erase_contact(person, typed=typed, by=cast(StaffRequest, request).actor)
        except DomainError as failed:
            error, status = str(failed.message), failed.status
        else:
            messages.success(request, _("The data are being erased"))
            return redirect("contacts:contact", contact_id)
    if person.erased_at is not None:
        return redirect("contacts:contact", contact_id)
    context = {"person": person, "error": error, "typed": typed}
    return render(request, "contacts/erase.html", context, status=status)
