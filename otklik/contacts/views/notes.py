"""The note on a person or an organisation, edited where it stands."""

from collections.abc import Callable
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from otklik.accounts.web import StaffRequest, permission_required
from otklik.contacts import actions, queries
from otklik.contacts.models import Contact, Organization
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, DomainError, Invalid, NotFound

LONGEST = 10_000
_Found = Contact | Organization


@require_POST
@permission_required("contacts.edit")
def contact_note(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Change the note on a person; answers with the part of the page, or with 409 and both texts."""
    return _note(request, contact_id, "contacts:contact", queries.get_visible, actions.change_contact)


@require_POST
@permission_required("contacts.edit")
def organization_note(request: HttpRequest, organization_id: int) -> HttpResponse:
    """Change the note on an organisation; answers with the part of the page, or with 409 and both texts."""
    load = queries.get_visible_organization
    return _note(request, organization_id, "contacts:organization", load, actions.change_organization)


def _note(
    request: HttpRequest, key: int, route: str, load: Callable[[Actor, int], _Found], change: Callable[..., Any]
) -> HttpResponse:
    actor = cast(StaffRequest, request).actor
    try:
        found = load(actor, key if key < 2**63 else 0)
    except NotFound as error:
        raise Http404 from error
    text = request.POST.get("note", "").replace("\r\n", "\n").strip()
    version = request.POST.get("version", "")
    problem, status = "", 200
    try:
        if unknown := set(request.POST) - {"note", "version", "csrfmiddlewaretoken"}:
            raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)[:40]}, field=min(unknown)[:40])
        if not (version.isascii() and version.isdigit() and len(version) < 10):
            raise Invalid(_("There is no version."), field="version")
        if len(text) > LONGEST:
            raise Invalid(_("The note is too long."), field="note")
        change(found, by=actor, version=int(version), note=text)
    except Conflict:
        found = load(actor, key)
        problem = _("Somebody changed this meanwhile. Above is the text of now, below is yours.")
        status = 409
    except DomainError as failed:
        problem, status = str(failed.message), failed.status
    if not getattr(request, "htmx", False) and not problem:
        return redirect(route, key)
    context = {
        "subject": found, "note_url": reverse(f"{route}-note", args=[key]), "may_edit": True, "error": problem,
        "text": text if problem else found.note, "is_saved": not problem,  # the form beside it has seen it too
    }  # fmt: skip
    return render(request, "contacts/note.html", context, status=status)
