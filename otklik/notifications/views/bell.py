"""The bell: its panel, and saying that something is read."""

import json
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from otklik.accounts.web import staff_required
from otklik.core.clock import now
from otklik.core.errors import Conflict
from otklik.core.shown import Moments
from otklik.notifications import actions, queries
from otklik.notifications.presenters import groups_of, newest
from otklik.notifications.views.reading import actor_of, number_in, refuse_unknown

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@require_safe
@staff_required
def panel(request: HttpRequest) -> HttpResponse:
    """Show the newest notifications, gathered by ticket."""
    rows = queries.page_of(actor_of(request), limit=queries.IN_PANEL).items
    context = {"groups": groups_of(rows, Moments(now())), "until": newest(rows)}
    response = render(request, "notifications/panel.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@staff_required
def read(request: HttpRequest) -> HttpResponse:
    """Mark as read: what was told of ``ticket`` (it is open), or everything up to the notification ``until``."""
    actor = actor_of(request)
    refuse_unknown(request, {"ticket", "until"})
    if "ticket" in request.POST:
        actions.mark_ticket_read(number_in(request, "ticket"), by=actor)
        return HttpResponse(status=204)
    mark = actions.mark_all_read(until=number_in(request, "until"), by=actor)
    response = HttpResponse(status=204)
    if mark is not None:
        back = reverse("notifications:undo", args=[(mark - _EPOCH) // _MICROSECOND])
        toast = {"value": _("All is marked as read"), "undo": back, "seconds": 10}
        response["HX-Trigger"] = json.dumps({"bell-changed": {}, "toast": toast})
    return response


@require_POST
@staff_required
def undo(request: HttpRequest, mark: int) -> HttpResponse:
    """Take a "mark all read" back."""
    refuse_unknown(request, set())
    response = HttpResponse(status=204)
    try:
        actions.undo_read(_EPOCH + timedelta(microseconds=min(mark, 2**52)), by=actor_of(request))
    except Conflict:
        response["HX-Trigger"] = json.dumps({"toast": {"value": _("It is too late to undo this."), "bad": True}})
        return response
    response["HX-Trigger"] = json.dumps({"bell-changed": {}})
    return response
