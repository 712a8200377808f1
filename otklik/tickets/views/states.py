"""Status and snooze of a ticket."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from otklik.accounts.web import permission_required
from otklik.core import shown
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.tickets import actions, queries
from otklik.tickets.views.answers import actor_of, done, is_part, noun, only_fields


@require_POST
@permission_required("tickets.status")
@noun
def status(request: HttpRequest, number: int) -> HttpResponse:
    """Give the ticket another status; ``then=next`` goes on to the next one of ``folder``."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    only_fields(request, ("status", "then", "folder", "was"))
    seen = request.POST.get("was") or None
    changed = actions.change_status(ticket, status=request.POST.get("status", ""), seen=seen, by=actor)
    if request.POST.get("then") == "next":
        url = f"/tickets/{number}/next/?folder={request.POST.get('folder') or 'open'}"
        if not is_part(request):
            return redirect(url)
        response = done(request, number)
        response["HX-Redirect"] = url
        return response
    return done(request, number, _("Status: %(name)s") % {"name": ticket.status} if changed else "")


@require_http_methods(["POST", "DELETE"])
@permission_required("tickets.snooze")
@noun
def snooze(request: HttpRequest, number: int) -> HttpResponse:
    """POST ``until``: put the ticket off; ``was`` is what the page showed. DELETE (or POST without a moment): take it
    back now."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    only_fields(request, ("until", "was"))
    value, was = request.POST.get("until", ""), request.POST.get("was")
    seen = None if was is None else {"until": moment_of(was, "was") if was else None}
    if request.method == "DELETE" or not value:
        changed = actions.unsnooze(ticket, seen=seen, by=actor)
        return done(request, number, _("The ticket is back in the queue") if changed else "")
    until = moment_of(value)
    actions.snooze(ticket, until=until, seen=seen, by=actor)
    return done(request, number, _("Snoozed until %(time)s") % {"time": shown.moment(until, now())})


def moment_of(text: str, field: str = "until") -> datetime:
    """Return a moment from a menu (with zone) or a field (in the reader's zone); raises ``Invalid`` naming it."""
    try:
        moment = datetime.fromisoformat(text[:40])
    except ValueError as error:
        raise Invalid(_("This is not a date and time."), field=field) from error
    return moment if moment.tzinfo else timezone.make_aware(moment, timezone.get_current_timezone())
