"""The part of a card that shows who else is there."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik.accounts.web import StaffRequest, permission_required
from otklik.core.errors import Invalid, NotFound
from otklik.presence import actions
from otklik.presence.models import Writing
from otklik.presence.queries import Colleague, others_at
from otklik.tickets.queries import get_visible

_FIELDS = {"tab", "writing", "leave", "csrfmiddlewaretoken"}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("tickets.view")
def presence(request: HttpRequest, number: int) -> HttpResponse:
    """Show who else has the ticket open. POST says that I do (``tab``, ``writing``), ``leave`` that I closed it."""
    actor = cast(StaffRequest, request).actor
    try:
        ticket = get_visible(actor, number)
    except NotFound as error:
        raise Http404 from error
    if request.method == "POST":
        if unknown := set(request.POST) - _FIELDS:
            raise Invalid(field=min(unknown)[:40])
        tab = request.POST.get("tab", "")
        if "leave" in request.POST:
            actions.leave(ticket, tab=tab, by=actor)
            return HttpResponse(status=204)
        actions.look(ticket, tab=tab, writing=request.POST.get("writing", ""), by=actor)
    people = others_at(ticket, actor)
    response = render(request, "presence/others.html", {"people": people, "words": _words(people)})
    response["Cache-Control"] = "no-store"
    return response


def _words(people: list[Colleague]) -> str:
    """Say what the first of them does, or how many look."""
    if not people:
        return ""
    first = people[0]
    if first.writing == Writing.REPLY:
        return _("%(name)s is writing a reply…") % {"name": first.name}
    if first.writing == Writing.NOTE:
        return _("%(name)s is writing a note…") % {"name": first.name}
    if first.writing == Writing.INCOMING:
        return _("%(name)s is recording the customer’s words…") % {"name": first.name}
    if len(people) == 1:
        return _("%(name)s is looking at this ticket") % {"name": first.name}
    return _("Also here: %(names)s") % {"names": ", ".join(person.name for person in people[:4])}
