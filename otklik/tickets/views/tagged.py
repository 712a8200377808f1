"""The folder of a tag: its tickets, open and closed, the newest first."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.pages import decode_cursor, encode_cursor
from otklik.tickets.presenters.card import rights_of
from otklik.tickets.presenters.rows import COLUMNS, present_rows
from otklik.tickets.queries.tagged import tagged

PAGE = 50
LONGEST_NAME = 40


def tagged_list(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """Show the tickets with a tag; ``cursor`` gives the next rows alone."""
    name = " ".join(name.replace("\x00", "").split())[:LONGEST_NAME]
    before = 0
    if cursor := request.GET.get("cursor"):
        (before,) = decode_cursor(cursor, [int])  # type: ignore[assignment]
    carried = urlencode({"tag": name})
    values = list(tagged(actor, name, before=before, limit=PAGE).values_list(*COLUMNS))
    rows = present_rows(values, query=f"?{carried}", limit=PAGE, instead_of=actor.stands_in_for)
    context: dict[str, Any] = {"rows": rows.html, "more_url": "", "may": rights_of(actor)}
    if rows.last is not None:
        context["more_url"] = f"/tickets/?{carried}&{urlencode({'cursor': encode_cursor([rows.last[1]])})}"
    if cursor:
        return render(request, "tickets/list_rows.html", context)
    context |= {
        "title": _("Tag: %(tag)s") % {"tag": name},
        "url": f"/tickets/?{carried}",
        "fixed": True,  # the script orders rows by their last activity, this folder by number
        "first_url": rows.first_url,
        "empty": None if rows.count else _empty(name),
    }
    return render(request, "tickets/list.html", context)


def _empty(name: str) -> dict[str, Any]:
    return {
        "icon": "tag", "mark": "", "title": _("No ticket has the tag “%(tag)s”") % {"tag": name},
        "text": _("Tags are given on the card of a ticket."),
    }  # fmt: skip
