"""The same act on several selected tickets, each through its own action."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from otklik.accounts.queries import colleagues
from otklik.accounts.web import permission_required
from otklik.core.errors import DomainError, Invalid
from otklik.tickets import actions, queries
from otklik.tickets.models import Category
from otklik.tickets.views.answers import actor_of, is_part, noun, only_fields
from otklik.tickets.views.assignments import chosen_user

MOST = 100


@require_http_methods(["GET", "POST"])
@permission_required("tickets.view")
@noun
def bulk(request: HttpRequest) -> HttpResponse:
    """GET ``menu``: its choices. POST ``ids`` with ``assignee`` or ``status``: do it to each that one may change."""
    actor = actor_of(request)
    if request.method == "GET":
        statuses = [status for status in queries.statuses() if status.category != Category.NEW]
        kind = "status" if request.GET.get("menu") == "status" else "assignee"
        context = {"people": colleagues(), "statuses": statuses, "me": actor.id}
        return render(request, f"tickets/menus/bulk_{kind}.html", context)
    only_fields(request, ("ids", "assignee", "status", "back"))
    tickets = list(queries.visible_to(actor).filter(pk__in=_ids(request.POST.get("ids", ""))))
    changed = 0
    for ticket in tickets:
        try:
            changed += bool(_change(ticket, request, by=actor))
        except DomainError:
            continue  # one that was deleted or closed to us meanwhile does not stop the rest; the count tells
    words = ngettext("%(count)s ticket changed", "%(count)s tickets changed", changed) % {"count": changed}
    if not is_part(request):
        return redirect("tickets:list")
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps({"bulk-done": {}, "ticket-changed": {}, "toast": {"value": words}})
    return response


def _change(ticket: Any, request: HttpRequest, *, by: Any) -> bool:
    if "assignee" in request.POST:
        return actions.assign(ticket, assignee=chosen_user(request.POST["assignee"]), by=by)
    return actions.change_status(ticket, status=request.POST.get("status", ""), by=by)


def _ids(text: str) -> list[int]:
    parts = [part for part in text.split(",") if part]
    if not parts or len(parts) > MOST or not all(p.isascii() and p.isdigit() and len(p) < 18 for p in parts):
        raise Invalid(_("Select up to 100 tickets."), field="ids")
    return [int(part) for part in parts]
