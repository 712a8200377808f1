"""The search page: the line, what was understood of it, and the newest tickets that fit; live while one types."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from otklik.accounts.web import permission_required
from otklik.contacts.queries import get_visible, get_visible_organization
from otklik.core.actor import Actor
from otklik.core.errors import Invalid, NotFound
from otklik.tickets.presenters.card import rights_of
from otklik.tickets.presenters.found import chips_of, count_of, hints, present_found, search_url, trouble_of
from otklik.tickets.presenters.history import found_history
from otklik.tickets.queries.searching import SORTS, Found, search
from otklik.tickets.queries.understanding import LONGEST_LINE, understand
from otklik.tickets.views.answers import actor_of, is_part
from otklik.tickets.views.lists import numbers_of

PAGE = 30


@require_safe
@permission_required("tickets.view")
def search_page(request: HttpRequest) -> HttpResponse:
    """Show what fits ``q`` by ``sort``; the script gets the found part alone, ``cursor`` and ``ids`` only rows."""
    actor = actor_of(request)
    line = request.GET.get("q", "").replace("\x00", "")[:LONGEST_LINE]
    sort = request.GET.get("sort", SORTS[0])
    if sort not in SORTS:
        raise Http404
    rows_only = "cursor" in request.GET or "ids" in request.GET
    context = _context(request, actor, line, sort)
    if rows_only:
        return render(request, "tickets/list_rows.html", context)
    request.counters_later = True  # type: ignore[attr-defined]
    name = "tickets/search_found.html" if is_part(request) else "tickets/search.html"
    response = render(request, name, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _context(request: HttpRequest, actor: Actor, line: str, sort: str) -> dict[str, Any]:
    context: dict[str, Any] = {
        "query": line, "sort": sort, "url": search_url(line, sort), "newest_url": search_url(line),
        "fit_url": search_url(line, "fit"), "may": rights_of(actor), "more_url": "", "longest": LONGEST_LINE,
    }  # fmt: skip
    try:
        asked = understand(actor, line)
        found = search(actor, asked, limit=PAGE, cursor=request.GET.get("cursor", ""), sort=sort, among=_among(request))
    except Invalid as error:
        if error.field == "cursor" or "ids" in request.GET:
            raise
        return context | {"trouble": trouble_of(error), "hints": hints(get_language() or "ru")}
    if not asked:
        return context | {"hints": hints(get_language() or "ru")}
    return context | _found(actor, found, sort)


def _found(actor: Actor, found: Found, sort: str) -> dict[str, Any]:
    line = found.corrected or found.asked.text
    rows = present_found(actor, found, search_url(line, sort).removeprefix("/search/"))
    return {
        "rows": rows.html,
        "empty": not rows.count,
        "more_url": search_url(line, sort, cursor=found.next) if found.next else "",
        "chips": chips_of(found.asked, sort),
        "count": count_of(found) if rows.count else "",
        "corrected": found.corrected,
        "limited": found.limited,
        "hints": hints(get_language() or "ru") if not rows.count else [],
        "found_url": search_url(line, sort),
        "walked": line,
        "fixed": sort != SORTS[0],
    }


def _among(request: HttpRequest) -> list[int] | None:
    return numbers_of(request.GET["ids"]) if "ids" in request.GET else None


@require_safe
@permission_required("tickets.view")
def search_history(request: HttpRequest) -> HttpResponse:
    """Find within the tickets of a ``person`` or an ``organization``: the rows of its panel."""
    actor = actor_of(request)
    line = request.GET.get("q", "").replace("\x00", "")[:LONGEST_LINE]
    try:
        if "person" in request.GET:
            context = found_history(actor, line, person=get_visible(actor, _id(request.GET["person"])))
        else:
            organization = get_visible_organization(actor, _id(request.GET.get("organization", "")))
            context = found_history(actor, line, organization=organization)
    except NotFound as error:
        raise Http404 from error
    if request.GET.get("narrow"):  # the panel beside a ticket: nothing stands there until something is looked for
        context = context | {"narrow": True} if line.strip() else {"rows": [], "silent": True}
    return render(request, "tickets/panels/history_rows.html", context)


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise NotFound
    return int(text)
