"""The same act on several selected tickets, with one undo for all; where a colleague was faster, that is shown."""

import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from otklik.accounts import policies as rights
from otklik.accounts.queries import colleagues, teams
from otklik.accounts.web import permission_required
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.tickets import queries
from otklik.tickets.actions.bulk import ACTS, MOST, BulkResult, run_bulk
from otklik.tickets.actions.bulk_runs import MOST_FIXED, start_run
from otklik.tickets.marks import seen_in
from otklik.tickets.models import Category
from otklik.tickets.presenters.card import choices_of_priority, snooze_choices
from otklik.tickets.queries.scopes import scope_by_key, whole_of
from otklik.tickets.views.answers import actor_of, is_part, noun, only_fields
from otklik.tickets.views.assignments import chosen_team, chosen_user
from otklik.tickets.views.clashes import clashes_answer
from otklik.tickets.views.states import moment_of

_MENUS = ("status", "assignee", "more", "targets")


@require_http_methods(["GET", "POST"])
@permission_required("tickets.view")
@noun
def bulk(request: HttpRequest) -> HttpResponse:
    """GET ``menu``: its choices; ``count``: how many a folder or a search holds. POST ``ids`` and one act with its
    value: do it to each that one may change; ``folder`` in place of ``ids`` begins a run over all of it. ``seen`` are
    the marks of the rows: where a colleague changed the same meanwhile, that is shown with an offer to do it anyway."""
    actor = actor_of(request)
    if request.method == "GET" and "count" in request.GET:
        count, capped = whole_of(actor, _scope(request.GET["count"]), MOST_FIXED)
        return JsonResponse({"count": count, "capped": capped})
    if request.method == "GET":
        kind = request.GET.get("menu", "")
        kind = kind if kind in _MENUS else "assignee"
        context: dict[str, Any] = {
            "people": colleagues(), "me": actor.id, "teams": teams(), "snoozes": snooze_choices(now()),
            "statuses": [status for status in queries.offered_statuses() if status.category != Category.NEW],
            "priorities": choices_of_priority(), "shelved": request.GET.get("shelved") == "1",
            "may": {name: rights.can(actor, f"tickets.{name}") for name in ("edit", "assign", "snooze", "status")},
        }  # fmt: skip
        if kind == "targets":
            context["rail"] = json.dumps(_folder_acts(actor))
        return render(request, f"tickets/menus/bulk_{kind}.html", context)
    only_fields(request, ("ids", "folder", "back", "seen", *ACTS))
    asked = [name for name in ACTS if name in request.POST]
    if len(asked) != 1:
        raise Invalid(_("Choose what to do with the selected."), field="act")
    act = asked[0]
    if "folder" in request.POST:
        run = start_run(_scope(request.POST["folder"]), act=act, value=_value(act, request.POST[act]), by=actor)
        if not is_part(request):
            return redirect("tickets:list")
        response = HttpResponse(status=204)
        response["HX-Trigger"] = json.dumps({"bulk-done": {}, "bulk-run": {"run": run.pk}})
        return response
    ids = _ids(request.POST.get("ids", ""))
    seen = seen_in(request.POST["seen"], ids) if "seen" in request.POST else None
    result = run_bulk(ids, act=act, value=_value(act, request.POST[act]), seen=seen, by=actor)
    return _answer(request, act, result)


def _answer(request: HttpRequest, act: str, result: BulkResult) -> HttpResponse:
    response = HttpResponse(status=204)
    if result.clashes:
        response = clashes_answer(request, act, result.clashes, part=is_part(request))
    if not is_part(request):
        return redirect("tickets:list")
    triggers: dict[str, Any] = {"bulk-done": {}, "ticket-changed": {}}
    if result.changed or result.refused or not result.clashes:
        triggers["toast"] = _toast(result)
    response["HX-Trigger"] = json.dumps(triggers)
    return response


def _scope(key: str) -> queries.Folder:
    return scope_by_key(key, {team.pk: team.name for team in teams()})


def _folder_acts(actor: Actor) -> dict[str, str]:
    """Return what dropping tickets on a folder of the rail does to them; the other folders take nothing."""
    acts = {}
    if rights.can(actor, "tickets.assign"):
        acts = {"mine": f"assignee={actor.id}", "unassigned": "assignee="}
        acts |= {f"team-{team.pk}": f"team={team.pk}" for team in teams()}
    if rights.can(actor, "tickets.status"):
        acts |= {"solved": "status=solved"}
    if rights.can(actor, "tickets.edit"):
        acts |= {"spam": "spam=1", "bin": "bin=1"}
        acts |= {f"tag-{pin.tag_id}": urlencode({"tags": pin.name}) for pin in queries.pins_of(actor)}
    return acts


def _value(act: str, text: str) -> Any:
    """Return what a menu sends as the act takes it; raises ``Invalid`` for what it cannot mean."""
    if act == "assignee":
        user = chosen_user(text)
        return user.pk if user else None
    if act == "team":
        team = chosen_team(text)
        return team.pk if team else None
    if act == "priority":
        return int(text) if text in {"1", "2", "3", "4"} else 0
    if act in {"tags", "untags"}:
        return text.split(",")
    if act == "snooze":
        return moment_of(text, "snooze")
    return text


def _toast(result: BulkResult) -> dict[str, Any]:
    count = result.changed
    words = ngettext("%(count)s ticket changed", "%(count)s tickets changed", count) % {"count": count}
    if result.refused:
        told = [f"№ {number} ({why.rstrip('.')})" for number, why in result.refused[:3]]
        more = f" +{len(result.refused) - 3}" if len(result.refused) > 3 else ""
        words += ". " + _("Not changed: %(tickets)s") % {"tickets": ", ".join(told) + more}
    toast: dict[str, Any] = {"value": words}
    if result.step is not None:
        toast |= {"undo": f"/tickets/undo/{result.step.pk}/", "seconds": 12}
    return toast


def _ids(text: str) -> list[int]:
    parts = [part for part in text.split(",") if part]
    if not parts or len(parts) > MOST or not all(p.isascii() and p.isdigit() and len(p) < 18 for p in parts):
        raise Invalid(_("Select up to 200 tickets."), field="ids")
    return [int(part) for part in parts]
