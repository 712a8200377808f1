"""The page of an organisation: its mail domains, its people, how its own desk numbers requests."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik.accounts import policies
from otklik.accounts.web import StaffRequest, permission_required
from otklik.contacts import actions, queries
from otklik.contacts.models import Organization
from otklik.core import shown
from otklik.core.errors import Conflict, DomainError, Invalid, NotFound

_FIELDS = {"name", "note", "domains", "system", "pattern", "url", "version", "csrfmiddlewaretoken"}
_PEOPLE = 200


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("contacts.view")
def organization(request: HttpRequest, organization_id: int) -> HttpResponse:
    """Show an organisation; POST changes name, note, domains and reference patterns, by right. 409 with the fresh
    facts when somebody was faster."""
    actor = cast(StaffRequest, request).actor
    try:
        found = queries.get_visible_organization(actor, organization_id)
    except NotFound as error:
        raise Http404 from error
    if request.method != "POST":
        return _page(request, found, _values(found), {})
    if not policies.can(actor, "contacts.edit"):
        raise Http404
    values: dict[str, Any] = {
        field: request.POST.get(field, "").replace("\r\n", "\n").strip() for field in ("name", "note", "domains")
    }
    values |= {"patterns": _patterns(request), "version": _version(request) or found.version}
    try:
        if unknown := set(request.POST) - _FIELDS:
            raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)[:40]})
        actions.change_organization(
            found, by=actor, version=values["version"], name=values["name"], domains=values["domains"].split(),
            reference_patterns=values["patterns"], note=values["note"] if "note" in request.POST else found.note,
        )  # fmt: skip
    except Conflict as error:
        fresh = queries.get_visible_organization(actor, organization_id)
        is_late = fresh.version != values["version"]
        return _page(request, fresh, _values(fresh) if is_late else values, {"": str(error.message)}, status=409)
    except Invalid as error:
        errors = {field or "": str(words) for field, words in error.errors}
        return _page(request, found, values, errors, status=422)
    except DomainError as error:
        return _page(request, found, values, {"": str(error.message)}, status=error.status)
    messages.success(request, _("Saved"))
    return redirect("contacts:organization", organization_id)


def _version(request: HttpRequest) -> int | None:
    version = request.POST.get("version", "")
    return int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None


def _patterns(request: HttpRequest) -> list[dict[str, str]]:
    rows = zip(*(request.POST.getlist(name) for name in ("system", "pattern", "url")), strict=False)
    return [
        {"system": system.strip(), "pattern": pattern.strip(), "url": url.strip()}
        for system, pattern, url in rows
        if pattern.strip()
    ]


def _values(found: Organization) -> dict[str, Any]:
    return {
        "version": found.version, "name": found.name, "note": found.note, "patterns": found.reference_patterns,
        "domains": "\n".join(row.domain for row in found.domains.all()),
    }  # fmt: skip


def _page(
    request: HttpRequest, found: Organization, values: dict[str, Any], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    actor = cast(StaffRequest, request).actor
    people = queries.visible_to(actor).filter(organization=found).order_by("name_key", "id")[:_PEOPLE]
    context = {
        "organization": found, "values": values, "errors": errors, "may_edit": policies.can(actor, "contacts.edit"),
        "domains": [row.domain for row in found.domains.all()],
        "people": [
            {"id": row.pk, "name": row.name, "position": row.position, "initials": row.initials,
             "hue": shown.hue_class(row.pk)}
            for row in people
        ],
    }  # fmt: skip
    return render(request, "contacts/organization.html", context, status=status)
