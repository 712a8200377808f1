"""The page of a person: facts, addresses, and what other rooms know of him."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik.accounts import policies
from otklik.accounts.web import StaffRequest, permission_required
from otklik.contacts import actions, queries
from otklik.contacts.models import Contact, Organization
from otklik.contacts.views.merging import merge_rows
from otklik.core import shown
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, DomainError, Invalid, NotFound

_TEXTS = ("name", "position", "phone", "note", "language")
_FIELDS = (*_TEXTS, "addresses", "organization", "is_blocked", "version", "csrfmiddlewaretoken")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("contacts.view")
def contact(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Show a person; POST changes what the form holds, by right. 409 with the fresh facts when somebody was faster."""
    actor = cast(StaffRequest, request).actor
    try:
        person = queries.get_visible(actor, contact_id)
    except NotFound as error:
        if request.method != "POST" and (kept := queries.kept_for(actor, contact_id)):
            return redirect("contacts:contact", kept.pk)
        raise Http404 from error
    if request.method != "POST":
        return _page(request, person, _values(person), {})
    if not policies.can(actor, "contacts.edit"):
        raise Http404
    given = request.POST.dict()
    try:
        _change(actor, person, given)
    except Conflict as error:
        fresh = queries.get_visible(actor, contact_id)
        return _page(request, fresh, _values(fresh), {"": str(error.message)}, status=409)
    except Invalid as error:
        errors = {field or "": str(words) for field, words in error.errors}
        return _page(request, person, _values(person) | given, errors, status=422)
    except DomainError as error:
        return _page(request, person, _values(person) | given, {"": str(error.message)}, status=error.status)
    messages.success(request, _("Saved"))
    return redirect("contacts:contact", contact_id)


def _change(actor: Actor, person: Contact, given: dict[str, str]) -> None:
    if unknown := set(given) - set(_FIELDS):
        raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)[:40]})
    version = given.get("version", "")
    actions.change_contact(
        person,
        by=actor,
        version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None,
        addresses=given.get("addresses", "").splitlines(),
        organization=_organization(actor, given.get("organization", "")),
        is_blocked=given.get("is_blocked") == "on",
        **{
            field: given.get(field, "").replace("\r\n", "\n").strip()
            for field in _TEXTS
            if field != "note" or field in given
        },
    )


def _organization(actor: Actor, name: str) -> Organization | None:
    """Return the visible organisation of this name; raises ``Invalid`` when there is none."""
    if not name.strip():
        return None
    found = queries.organizations_visible_to(actor).filter(name=name.strip()).order_by("id").first()
    if found is None:
        raise Invalid(_("There is no organisation of this name."), field="organization")
    return found


def _values(person: Contact) -> dict[str, Any]:
    rows = sorted(person.addresses.all(), key=lambda row: (not row.is_primary, row.pk))
    return {field: getattr(person, field) for field in _TEXTS} | {
        "addresses": "\n".join(row.shown for row in rows),
        "organization": person.organization.name if person.organization else "",
        "is_blocked": "on" if person.is_blocked else "",
        "version": person.version,
    }


def _page(
    request: HttpRequest, person: Contact, values: dict[str, Any], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    actor = cast(StaffRequest, request).actor
    addresses = [
        {
            "shown": row.shown,
            "bounced": shown.exact(row.bounced_at) if row.bounced_at else "",
            "reason": row.bounce_reason,
        }
        for row in sorted(person.addresses.all(), key=lambda row: (not row.is_primary, row.pk))
    ]
    organizations = queries.organizations_visible_to(actor).order_by("name_key", "id")
    context = {
        "person": person, "addresses": addresses, "values": values, "errors": errors,
        "hue": shown.hue_class(person.pk), "may_edit": policies.can(actor, "contacts.edit") and not person.erased_at,
        "erased": shown.exact(person.erased_at) if person.erased_at else "",
        "may_export": policies.can(actor, "contacts.export") and not person.erased_at,
        "may_erase": policies.can(actor, "contacts.erase") and not person.erased_at,
        "export": queries.newest_export(actor, person),
        "may_open": policies.can(actor, "tickets.open"), "main_address": addresses[0]["shown"] if addresses else "",
        "duplicates": queries.likely_duplicates(actor, person), "merges": merge_rows(person),
        "organizations": organizations.values_list("name", flat=True)[:500],
    }  # fmt: skip
    return render(request, "contacts/contact.html", context, status=status)
