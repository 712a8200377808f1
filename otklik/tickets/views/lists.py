"""The list of tickets: a folder or what was looked for, by keyset pages; rows alone for the next page and for news."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from otklik.accounts.queries import teams
from otklik.accounts.web import permission_required
from otklik.core.actor import Actor
from otklik.core.errors import Invalid, NotFound
from otklik.core.pages import decode_cursor, encode_cursor
from otklik.tickets import queries
from otklik.tickets.models import Ticket
from otklik.tickets.presenters.card import rights_of
from otklik.tickets.presenters.empty import present_empty
from otklik.tickets.presenters.rows import COLUMNS, present_rows
from otklik.tickets.queries import Folder
from otklik.tickets.views.answers import actor_of

PAGE = 50
MOST_FOUND = 500  # news of a search look whether a ticket is among so many
_ORDER = (datetime, int)


@require_safe
@permission_required("tickets.view")
def ticket_list(request: HttpRequest) -> HttpResponse:
    """Show a folder (``folder``) or the tickets that fit ``q``; ``cursor`` gives the next rows, ``ids`` only those."""
    actor = actor_of(request)
    words = " ".join(request.GET.get("q", "").split())[:200]
    try:
        folder = queries.folder_by_key(request.GET.get("folder", "open"), {team.pk: team.name for team in teams()})
        tickets = _tickets(request, actor, folder, words)
    except NotFound as error:
        raise Http404 from error
    carried = urlencode({"q": words} if words else {"folder": folder.key})
    rows = present_rows(tickets, query=f"?{carried}", limit=PAGE)
    context: dict[str, Any] = {"rows": rows.html, "more_url": "", "may": rights_of(actor)}
    if rows.last is not None:
        context["more_url"] = f"/tickets/?{carried}&{urlencode({'cursor': encode_cursor(rows.last)})}"
    if "cursor" in request.GET or "ids" in request.GET:
        return render(request, "tickets/list_rows.html", context)
    if not words:
        request.folder_key = folder.key  # type: ignore[attr-defined]
    context |= {
        "folder": folder.key,
        "title": _("Found: %(words)s") % {"words": words} if words else str(folder.name),
        "query": words,
        "url": f"/tickets/?{carried}",
        "first_url": rows.first_url,
        "empty": None if rows.count else present_empty(actor, folder.key, words),
    }
    return render(request, "tickets/list.html", context)


def _tickets(
    request: HttpRequest, actor: Actor, folder: Folder, words: str
) -> QuerySet[Ticket] | list[tuple[Any, ...]]:
    if "ids" in request.GET:
        numbers = _numbers(request.GET["ids"])
        if words:
            numbers = list(
                set(numbers) & set(queries.find(actor, words, limit=MOST_FOUND).values_list("pk", flat=True))
            )
            return queries.visible_to(actor).filter(pk__in=numbers).order_by("-activity_at", "-id")
        return queries.visible_to(actor).filter(folder.where(actor), pk__in=numbers).order_by("-activity_at", "-id")
    after = None
    if cursor := request.GET.get("cursor"):
        moment, number = decode_cursor(cursor, _ORDER)
        assert isinstance(moment, datetime)
        assert isinstance(number, int)
        after = (moment, number)
    if words:
        return queries.find(actor, words, after=after, limit=PAGE)
    if after is None:
        return queries.first_rows(actor, folder, COLUMNS, limit=PAGE)
    return queries.in_folder(actor, folder, after=after, limit=PAGE)


def _numbers(text: str) -> list[int]:
    parts = text.split(",")[:PAGE]
    if not all(part.isascii() and part.isdigit() and len(part) < 18 for part in parts):
        raise Invalid(_("This is not a list of tickets."), field="ids")
    return [int(part) for part in parts]
