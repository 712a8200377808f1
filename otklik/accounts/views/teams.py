"""The list of teams and the page of one: name, colour, order, members, archive."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik.accounts import actions
from otklik.accounts.models import Team
from otklik.accounts.presenters import team_line
from otklik.accounts.queries import all_teams_visible_to, manageable
from otklik.accounts.views.reading import actor_of, chosen_ids, refuse_unknown, words_of
from otklik.accounts.web import permission_required
from otklik.core.errors import DomainError, Invalid
from otklik.core.shown import initials

_FIELDS = ("name", "hue", "position")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("users.manage")
def teams(request: HttpRequest) -> HttpResponse:
    """List the teams; POST makes one."""
    actor = actor_of(request)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            refuse_unknown(request, ("name",))
            made = actions.ensure_team(request.POST.get("name", ""), by=actor)
        except DomainError as error:
            errors = words_of(error)
        else:
            return redirect("people:team", made.pk)
    rows = [team_line(team) for team in all_teams_visible_to(actor).prefetch_related("members")]
    context = {
        "tab": "teams", "errors": errors, "rows": [row for row in rows if not row["archived"]],
        "archived": [row for row in rows if row["archived"]],
    }  # fmt: skip
    return render(request, "accounts/teams.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("users.manage")
def team(request: HttpRequest, team_id: int) -> HttpResponse:
    """Show a team; POST changes its facts and members, or archives it and takes it back."""
    actor = actor_of(request)
    found = all_teams_visible_to(actor).filter(pk=team_id).first()
    if found is None:
        raise Http404
    members = set(found.members.values_list("pk", flat=True))
    values: dict[str, Any] = {"name": found.name, "hue": str(found.hue), "position": str(found.position)}
    if request.method != "POST":
        return _page(request, found, values, members, {})
    values = {field: request.POST.get(field, "").strip() for field in _FIELDS}
    try:
        if "archived" in request.POST:
            return _archive(request, found)
        refuse_unknown(request, (*_FIELDS, "members"))
        members = chosen_ids(request, "members")
        people = list(manageable(actor).filter(pk__in=members))
        if len(people) != len(members):
            raise Invalid(_("There is no such person."), field="members")
        hue, position = _number(values["hue"], "hue"), _number(values["position"], "position")
        changed = actions.change_team(found, by=actor, name=values["name"], hue=hue, position=position)
        if actions.set_members(found, users=people, by=actor) or changed:
            messages.success(request, _("Saved"))
    except DomainError as error:
        return _page(request, found, values, members, words_of(error), status=error.status)
    return redirect("people:team", team_id)


def _archive(request: HttpRequest, found: Team) -> HttpResponse:
    refuse_unknown(request, ("archived",))
    archived = request.POST["archived"] == "1"
    actions.change_team(found, by=actor_of(request), archived=archived)
    messages.success(request, _("The team is archived.") if archived else _("The team is in use again."))
    return redirect("people:team", found.pk)


def _number(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Invalid(_("Enter a number from 0 to 9999."), field=field)
    return int(text)


def _page(
    request: HttpRequest, found: Team, values: dict[str, Any], members: set[int], errors: dict[str, str],
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    people = manageable(actor_of(request)).order_by("name", "id")[:500]
    context = {
        "tab": "teams", "team": found, "values": values, "errors": errors, "archived": found.archived_at is not None,
        "hues": [(str(hue), str(hue) == values["hue"]) for hue in range(1, 7)],
        "people": [{"id": user.pk, "name": user.name, "email": user.email, "initials": initials(user.name),
                    "hue": f"avatar--{user.hue}", "chosen": user.pk in members}
                   for user in people if user.is_active or user.pk in members],
    }  # fmt: skip
    return render(request, "accounts/team.html", context, status=status)
