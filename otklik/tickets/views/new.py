"""A new ticket by hand: who asks, what about, by which way."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from otklik.accounts.queries import colleagues, teams
from otklik.accounts.web import permission_required
from otklik.contacts.queries import find_people, primary_address
from otklik.core.errors import DomainError, Invalid
from otklik.tickets import actions, queries
from otklik.tickets.models import Channel, Priority, TicketType
from otklik.tickets.views.answers import actor_of, only_fields
from otklik.tickets.views.assignments import chosen_team, chosen_user

_FIELDS = (
    "requester_email", "requester_name", "requester_phone", "subject", "text", "channel", "priority", "type", "team",
    "assignee", "tags",
)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("tickets.open")
def new_ticket(request: HttpRequest) -> HttpResponse:
    """Show the form; open the ticket and go to its card."""
    actor = actor_of(request)
    values = {field: request.POST.get(field, "") for field in _FIELDS}
    if request.method != "POST":
        values |= {"priority": str(int(Priority.NORMAL)), "assignee": "", "requester_email": request.GET.get("to", "")}
        return _page(request, values, {})
    try:
        only_fields(request, _FIELDS)
        ticket = actions.open_ticket(
            requester_email=values["requester_email"], requester_name=values["requester_name"],
            requester_phone=values["requester_phone"], subject=values["subject"], body_text=values["text"],
            channel=_channel(values["channel"]), priority=_priority(values["priority"]), kind=_type(values["type"]),
            tags=values["tags"].split(","), by=actor, **_given(values),
        )  # fmt: skip
    except Invalid as error:
        return _page(request, values, {field or "": str(words) for field, words in error.errors}, status=422)
    except DomainError as error:
        return _page(request, values, {"": str(error.message)}, status=error.status)
    return redirect("tickets:card", ticket.pk)


def _given(values: dict[str, str]) -> dict[str, Any]:
    """Return team and assignee only when they were chosen: else the channel's team stands."""
    given: dict[str, Any] = {}
    if values["team"]:
        given["team"] = chosen_team(values["team"])
    if values["assignee"]:
        given["assignee"] = chosen_user(values["assignee"])
    return given


def _channel(text: str) -> Channel:
    for channel in queries.active_channels():
        if str(channel.pk) == text:
            return channel
    raise Invalid(_("Choose how the request came."), field="channel")


def _priority(text: str) -> int:
    return int(text) if text in {"1", "2", "3", "4"} else 0


def _type(text: str) -> TicketType | None:
    return next((row for row in queries.types() if str(row.pk) == text), None)


def _page(request: HttpRequest, values: dict[str, str], errors: dict[str, str], status: int = 200) -> HttpResponse:
    kinds = {"call": 0, "visit": 1, "email": 2}
    channels = sorted(queries.active_channels(), key=lambda row: (kinds.get(row.kind, 3), row.pk))
    context = {
        "values": values, "errors": errors, "channels": [row for row in channels if row.kind != "api"],
        "types": queries.types(), "teams": teams(), "people": colleagues(), "priorities": queries.priorities(),
    }  # fmt: skip
    return render(request, "tickets/new.html", context, status=status)


@require_safe
@permission_required("tickets.open")
def suggestions(request: HttpRequest) -> HttpResponse:
    """Answer with visible people whose name or address begins with ``q``."""
    items = []
    for contact in find_people(actor_of(request), request.GET.get("q", "")):
        if address := primary_address(contact):
            company = f" · {contact.organization.name}" if contact.organization else ""
            items.append({"value": address, "label": f"{contact.name}{company}"})
    return JsonResponse({"items": items})
