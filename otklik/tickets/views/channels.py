"""The directory of ways that requests come by hand: calls, visits and the like."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik.accounts.queries import teams
from otklik.accounts.web import permission_required
from otklik.core.errors import DomainError
from otklik.tickets.actions.channels import BY_HAND, save_channel
from otklik.tickets.models import Channel
from otklik.tickets.views.answers import actor_of, only_fields

_FIELDS = ("id", "kind", "name", "team", "enabled")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("settings.edit")
def channels(request: HttpRequest) -> HttpResponse:
    """Show the channels entered by hand; POST ``id`` (or none for a new one), ``name``, ``team``, ``enabled``."""
    if request.method != "POST":
        return _page(request, "")
    try:
        only_fields(request, _FIELDS)
        row = _row(request.POST.get("id", ""))
        team = next((team for team in teams() if str(team.pk) == request.POST.get("team")), None)
        save_channel(
            row, kind=request.POST.get("kind", ""), name=request.POST.get("name", ""), team=team,
            enabled=row is None or request.POST.get("enabled") == "1", by=actor_of(request),
        )  # fmt: skip
    except DomainError as error:
        return _page(request, str(error.message), status=error.status)
    messages.success(request, _("The channel is saved"))
    return redirect("tickets:channels")


def _row(text: str) -> Channel | None:
    if not text:
        return None
    known = Channel.objects.filter(kind__in=BY_HAND, pk=int(text)).first() if text.isdecimal() else None
    if known is None:
        raise Http404
    return known


def _page(request: HttpRequest, error: str, status: int = 200) -> HttpResponse:
    words = {"call": _("Call"), "visit": _("Visit"), "other": _("Other")}
    rows = [{"row": row, "kind": words.get(row.kind, row.kind)} for row in Channel.objects.filter(kind__in=BY_HAND)]
    context: dict[str, Any] = {"rows": rows, "kinds": list(words.items()), "teams": teams(), "error": error}
    return render(request, "tickets/channels.html", context, status=status)
