"""Lists of people and of organisations, and the forms that add one."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from otklik.accounts import policies
from otklik.accounts.web import StaffRequest, permission_required
from otklik.contacts import actions, queries
from otklik.contacts.models import Contact, Organization
from otklik.contacts.sight import sees_everybody
from otklik.core import shown
from otklik.core.actor import Actor
from otklik.core.errors import DomainError, Invalid
from otklik.core.pages import Page, keyset_page

_ORDER: list[tuple[str, type]] = [("name_key", str), ("id", int)]
_ROWS = 50
_TABS = (("people", gettext_lazy("People")), ("organizations", gettext_lazy("Organisations")))


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("contacts.view")
def people_list(request: HttpRequest) -> HttpResponse:
    """List people by name, or those whose name or address begins with ``q``; POST enters a person, by right."""

    def add(actor: Actor, given: dict[str, str]) -> str:
        person = actions.add_contact(
            name=given["name"], addresses=given["addresses"].split(), phone=given["phone"], by=actor
        )
        return _redirect_to("contacts:contact", person.pk)

    return _directory(request, "people", ("name", "addresses", "phone"), add)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("contacts.view")
def organization_list(request: HttpRequest) -> HttpResponse:
    """List organisations by name, or those whose name begins with ``q``; POST enters one, by right."""

    def add(actor: Actor, given: dict[str, str]) -> str:
        found = actions.add_organization(name=given["name"], domains=given["domains"].split(), by=actor)
        return _redirect_to("contacts:organization", found.pk)

    return _directory(request, "organizations", ("name", "domains"), add)


def _redirect_to(route: str, key: int) -> str:
    return redirect(route, key)["Location"]


def _directory(
    request: HttpRequest, tab: str, fields: tuple[str, ...], add: Callable[[Actor, dict[str, str]], str]
) -> HttpResponse:
    actor = cast(StaffRequest, request).actor
    if request.method != "POST":
        return _page(request, tab, {}, {})
    if not policies.can(actor, "contacts.edit"):
        raise Http404
    given = {field: request.POST.get(field, "").strip() for field in fields}
    try:
        if unknown := set(request.POST) - {*fields, "csrfmiddlewaretoken"}:
            raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)[:40]})
        place = add(actor, given)
    except Invalid as error:
        return _page(request, tab, given, {field or "": str(words) for field, words in error.errors}, status=422)
    except DomainError as error:
        return _page(request, tab, given, {"": str(error.message)}, status=error.status)
    messages.success(request, _("Added"))
    return redirect(place)


def _page(
    request: HttpRequest, tab: str, values: dict[str, str], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    actor = cast(StaffRequest, request).actor
    words = request.GET.get("q", "").strip()[:100]
    cursor = request.GET.get("cursor", "")[:600]
    rows, following = (_people if tab == "people" else _organizations)(actor, words, cursor)
    context = {
        "tab": tab,
        "tabs": [
            {"key": key, "label": label, "route": f"contacts:{key}", "current": key == tab} for key, label in _TABS
        ],
        "rows": rows,
        "words": words,
        "more": f"?{urlencode({'q': words, 'cursor': following})}" if following else "",
        "values": values,
        "errors": errors,
        "may_edit": policies.can(actor, "contacts.edit"),
        "may_import": policies.can(actor, "contacts.edit") and sees_everybody(actor),
    }
    return render(request, "contacts/directory.html", context, status=status)


def _people(actor: Actor, words: str, cursor: str) -> tuple[list[dict[str, Any]], str | None]:
    if words:
        return [_person_row(row) for row in queries.find_people(actor, words, limit=_ROWS)], None
    found = queries.visible_to(actor).select_related("organization").prefetch_related("addresses")
    page: Page[Contact] = keyset_page(found, order=_ORDER, cursor=cursor or None, limit=_ROWS)
    return [_person_row(row) for row in page.items], page.next


def _person_row(row: Contact) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "initials": row.initials,
        "hue": shown.hue_class(row.pk),
        "second": row.organization.name if row.organization else row.position,
        "third": queries.primary_address(row) or row.phone,
    }


def _organizations(actor: Actor, words: str, cursor: str) -> tuple[list[dict[str, Any]], str | None]:
    found = queries.find_organizations(actor, words).prefetch_related("domains")
    page: Page[Organization] = keyset_page(found, order=_ORDER, cursor=cursor or None, limit=_ROWS)
    rows = [
        {
            "id": row.pk,
            "name": row.name,
            "second": ", ".join(f"@{domain.domain}" for domain in row.domains.all()),
            "third": "",
        }
        for row in page.items
    ]
    return rows, page.next
