"""The menu of columns, and which of them a list has."""

from dataclasses import replace
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik.accounts.models import User
from otklik.accounts.queries import teams
from otklik.accounts.web import permission_required
from otklik.core.errors import Invalid, NotFound
from otklik.tickets import queries
from otklik.tickets.actions.layouts import forget_layout, save_layout
from otklik.tickets.columns import COLUMNS, DEFAULT, NUMBERED, SORTS, SUBJECT, WIDTHS, Layout, read_layout
from otklik.tickets.queries.folders import TAG
from otklik.tickets.queries.layouts import Kept, layouts_of
from otklik.tickets.views.answers import actor_of, is_part, noun, only_fields

_SESSION_KEY = "layouts"


def layout_for(request: HttpRequest, folder: str) -> Layout | None:
    """Return how the reader wants this folder, nothing for the usual way; asks the database once a session."""
    found = _kept(request)
    kept = found.get(folder) or found.get("")
    layout = read_layout(*kept) if kept else None
    if layout is not None and folder.startswith(TAG) and layout.sort not in NUMBERED:
        layout = replace(layout, sort=NUMBERED[0])
    return layout


def _kept(request: HttpRequest) -> Kept:
    user = request.user
    if not isinstance(user, User):
        return {}
    held = request.session.get(_SESSION_KEY)
    if held is None or held["stamp"] != user.access_stamp:  # changed on another device, or a new session
        held = {"stamp": user.access_stamp, "folders": layouts_of(user.pk)}
        request.session[_SESSION_KEY] = held
    folders: Kept = held["folders"]
    return folders


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("tickets.view")
@noun
def columns(request: HttpRequest) -> HttpResponse:
    """GET ``folder``: the menu. POST ``column`` in their order, ``width-…``, ``sort``, ``here``; ``usual`` ends it."""
    actor = actor_of(request)
    key = request.POST.get("folder", "") if request.method == "POST" else request.GET.get("folder", "")
    try:
        queries.folder_by_key(key, {team.pk: team.name for team in teams()})
    except NotFound as error:
        raise Http404 from error
    if request.method != "POST":
        return render(request, "tickets/menus/columns.html", _menu(request, key))
    only_fields(request, ("folder", "column", "sort", "here", "usual", *(f"width-{name}" for name in COLUMNS)))
    if "usual" in request.POST:
        for folder in ("", key):
            forget_layout(folder, by=actor)
    else:
        chosen = request.POST.getlist("column")
        if len(chosen) > len(COLUMNS):
            raise Invalid(_("There is no such column."), field="column")
        pairs = [(name, request.POST.get(f"width-{name}", "m")) for name in chosen]
        here = request.POST.get("here") == "1"
        save_layout(key if here else "", columns=pairs, sort=request.POST.get("sort", ""), by=actor)
        if not here:
            forget_layout(key, by=actor)
    url = f"/tickets/?{urlencode({'folder': key})}"
    if not is_part(request):
        return redirect(url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response


def _menu(request: HttpRequest, folder: str) -> dict[str, object]:
    layout = layout_for(request, folder) or DEFAULT
    widths = dict(layout.columns)
    order = [*widths, *(name for name in COLUMNS if name not in widths)]
    known = NUMBERED if folder.startswith(TAG) else tuple(SORTS)
    names = {"s": _("narrow"), "m": _("middle"), "l": _("wide")}
    return {
        "folder": folder,
        "here": folder in _kept(request),
        "columns": [
            {
                "key": name, "label": COLUMNS[name], "on": name in widths, "fixed": name == SUBJECT,
                "widths": [(key, names[key], widths.get(name, "m") == key) for key in WIDTHS],
            }
            for name in order
        ],
        "sorts": [(key, label, key == layout.sort) for key, label in SORTS.items() if key in known],
    }  # fmt: skip
