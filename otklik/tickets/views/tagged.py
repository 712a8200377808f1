"""The folder of a tag, open and closed tickets by number, and the page of all tags."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.pages import decode_cursor, encode_cursor
from otklik.core.prepared import found_by
from otklik.tickets import queries
from otklik.tickets.columns import Layout
from otklik.tickets.presenters.card import rights_of
from otklik.tickets.presenters.rows import Rows, columns_of, present_rows
from otklik.tickets.queries.tagged import tagged

PAGE = 50


def tagged_list(
    request: HttpRequest, actor: Actor, folder: queries.Folder, layout: Layout | None, ids: list[int] | None
) -> HttpResponse:
    """Show the tickets with a tag; ``cursor`` gives the next rows alone, ``ids`` those of the named ones that fit."""
    carried = urlencode({"folder": folder.key})
    rows = _rows(request, actor, folder, layout, ids, f"?{carried}")
    context: dict[str, Any] = {"rows": rows.html, "more_url": "", "may": rights_of(actor), "folder": folder.key}
    if rows.last is not None:
        context["more_url"] = f"/tickets/?{carried}&{urlencode({'cursor': encode_cursor([rows.last[1]])})}"
    if "cursor" in request.GET or ids is not None:
        return render(request, "tickets/list_rows.html", context)
    request.folder_key = folder.key  # type: ignore[attr-defined]
    pin = next((pin for pin in queries.pins_of(actor) if pin.key == folder.tag), None)
    name = pin.name if pin else str(folder.name)
    context |= {
        "title": _("Tag: %(tag)s") % {"tag": name},
        "tag": name,
        "pinned": pin is not None,
        "url": f"/tickets/?{carried}",
        "first_url": rows.first_url,
        "empty": None if rows.count else _empty(name),
    }
    return render(request, "tickets/list.html", context)


def _rows(
    request: HttpRequest, actor: Actor, folder: queries.Folder, layout: Layout | None, ids: list[int] | None, query: str
) -> Rows:
    after = 0
    if cursor := request.GET.get("cursor"):
        (after,) = decode_cursor(cursor, [int])  # type: ignore[assignment]
    rising = layout is not None and layout.sort == "created"
    tickets = tagged(actor, folder.tag, after=after, rising=rising, among=ids, limit=PAGE)
    return present_rows(
        found_by(tickets.values_list(*columns_of(layout))), query=query, limit=PAGE, instead_of=actor.stands_in_for,
        layout=layout, by_number=layout is None,
    )  # fmt: skip


def _empty(name: str) -> dict[str, Any]:
    return {
        "icon": "tag", "mark": "", "title": _("No ticket has the tag “%(tag)s”") % {"tag": name},
        "text": _("Tags are given on the card of a ticket."),
    }  # fmt: skip
