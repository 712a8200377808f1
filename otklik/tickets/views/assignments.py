"""Who works on a ticket."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik.accounts.models import Team, User
from otklik.accounts.queries import colleagues, teams
from otklik.accounts.web import permission_required
from otklik.core.errors import Invalid
from otklik.tickets import actions, queries
from otklik.tickets.views.answers import actor_of, done, noun, only_fields


@require_http_methods(["GET", "POST"])
@permission_required("tickets.assign")
@noun
def assignment(request: HttpRequest, number: int) -> HttpResponse:
    """GET: the menu of colleagues. POST ``assignee`` or ``team`` (an id, or nothing for nobody): give the ticket.

    ``was`` is the one whom the author saw there.
    """
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    if request.method == "GET":
        context = {"people": colleagues(), "ticket": ticket, "me": actor.id, "base": f"/tickets/{number}/"}
        return render(request, "tickets/menus/assignee.html", context)
    only_fields(request, ("assignee", "team", "was"))
    wanted: dict[str, Any] = {}
    if "assignee" in request.POST:
        wanted["assignee"] = chosen_user(request.POST["assignee"])
    if "team" in request.POST:
        wanted["team"] = chosen_team(request.POST["team"])
    seen = {name: _id(request.POST["was"]) for name in wanted} if "was" in request.POST and len(wanted) == 1 else None
    changed = actions.assign(ticket, **wanted, seen=seen, by=actor)
    return done(request, number, _words(ticket.assignee) if changed and "assignee" in wanted else "")


def _id(value: str) -> int | None:
    if value and not (value.isascii() and value.isdigit() and len(value) < 18):
        raise Invalid(_("This is not a number."))
    return int(value) if value else None


def _words(assignee: User | None) -> str:
    if assignee is None:
        return _("The assignee is removed")
    words = _("Assigned to %(name)s") % {"name": assignee.name}
    return f"{words}. {assignee.away}" if assignee.absence_id else words


def chosen_user(value: str) -> User | None:
    """Return the colleague with this id, nobody for nothing; raises ``Invalid`` for anybody else."""
    if not value:
        return None
    for user in colleagues():
        if str(user.pk) == value:
            return user
    raise Invalid(_("This person cannot be given tickets."), field="assignee")


def chosen_team(value: str) -> Team | None:
    """Return the team with this id, none for nothing; raises ``Invalid`` for any other."""
    if not value:
        return None
    for team in teams():
        if str(team.pk) == value:
            return team
    raise Invalid(_("There is no such team."), field="team")
