"""The list of tickets: a folder or a tag, by keyset pages; rows alone for the next page and for news."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from otklik.accounts.queries import teams
from otklik.accounts.web import permission_required
from otklik.core.actor import Actor
from otklik.core.errors import Invalid, NotFound
from otklik.core.pages import decode_cursor, encode_cursor
from otklik.core.prepared import Found, found_by
from otklik.tickets import queries
from otklik.tickets.columns import DEFAULT_SORT, Layout
from otklik.tickets.presenters.card import rights_of
from otklik.tickets.presenters.empty import present_empty
from otklik.tickets.presenters.rows import columns_of, present_rows
from otklik.tickets.queries import Folder
from otklik.tickets.queries.folders import TAG
from otklik.tickets.views.answers import actor_of
from otklik.tickets.views.columns import layout_for
from otklik.tickets.views.tagged import tagged_list

PAGE = 50
_ORDER = (datetime, int)


@require_safe
@permission_required("tickets.view")
def ticket_list(request: HttpRequest) -> HttpResponse:
    """Show a folder (``folder``) or the tickets of a ``tag``; ``cursor`` gives the next rows, ``ids`` only those.

    What has ``q`` is a search.
    """
    actor = actor_of(request)
    if words := " ".join(request.GET.get("q", "").split()):
        return redirect(f"{reverse('tickets:search')}?{urlencode({'q': words})}")
    tag = " ".join(request.GET.get("tag", "").replace("\x00", "").split())[:40]
    key = f"{TAG}{tag}" if tag else request.GET.get("folder", "open")
    try:
        folder = queries.folder_by_key(key, {team.pk: team.name for team in teams()})
    except NotFound as error:
        raise Http404 from error
    layout = layout_for(request, folder.key)
    if folder.tag:
        ids = numbers_of(request.GET["ids"]) if "ids" in request.GET else None
        return tagged_list(request, actor, folder, layout, ids)
    carried = urlencode({"folder": folder.key})
    found = _tickets(request, actor, folder, layout)
    rows = present_rows(found, query=f"?{carried}", limit=PAGE, instead_of=actor.stands_in_for, layout=layout)
    context: dict[str, Any] = {"rows": rows.html, "more_url": "", "may": rights_of(actor)}
    if rows.last is not None:
        context["more_url"] = f"/tickets/?{carried}&{urlencode({'cursor': encode_cursor(rows.last)})}"
    if "cursor" in request.GET or "ids" in request.GET:
        return render(request, "tickets/list_rows.html", context)
    request.folder_key = folder.key  # type: ignore[attr-defined]
    context |= {
        "folder": folder.key,
        "title": str(folder.name),
        "url": f"/tickets/?{carried}",
        "first_url": rows.first_url,
        "empty": None if rows.count else present_empty(actor, folder.key),
    }
    return render(request, "tickets/list.html", context)


def _tickets(request: HttpRequest, actor: Actor, folder: Folder, layout: Layout | None) -> Found[Any]:
    columns = columns_of(layout)
    if "ids" in request.GET:
        numbers = numbers_of(request.GET["ids"])
        named = queries.visible_to(actor).filter(folder.where(actor), pk__in=numbers)
        return found_by(named.order_by("-activity_at", "-id").values_list(*columns))
    after = None
    if cursor := request.GET.get("cursor"):
        moment, number = decode_cursor(cursor, _ORDER)
        assert isinstance(moment, datetime)
        assert isinstance(number, int)
        after = (moment, number)
    if after is None and layout is None:
        return queries.first_rows(actor, folder, columns, limit=PAGE)
    sort = layout.sort if layout is not None else DEFAULT_SORT
    return found_by(queries.in_folder(actor, folder, after=after, limit=PAGE, sort=sort).values_list(*columns))


def numbers_of(text: str) -> list[int]:
    """Return the numbers of a list with commas, at most a page of them; raises ``Invalid`` for anything else."""
    parts = text.split(",")[:PAGE]
    if not all(part.isascii() and part.isdigit() and len(part) < 18 for part in parts):
        raise Invalid(_("This is not a list of tickets."), field="ids")
    return [int(part) for part in parts]
