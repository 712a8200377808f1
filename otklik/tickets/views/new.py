"""A new ticket by hand: a request that came by a call or a visit, or a letter of ours to begin with."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from otklik.accounts.queries import colleagues, teams
from otklik.accounts.web import permission_required
from otklik.contacts.models import Contact
from otklik.contacts.queries import find_people, primary_address
from otklik.contacts.queries import visible_to as contacts_visible_to
from otklik.core.actor import Actor
from otklik.core.errors import DomainError, Invalid
from otklik.tickets import actions, queries
from otklik.tickets.actions.opening import write_first
from otklik.tickets.models import Channel, Priority, Ticket, TicketType
from otklik.tickets.queries.people import find_requesters
from otklik.tickets.views.answers import actor_of, only_fields
from otklik.tickets.views.assignments import chosen_team, chosen_user

_FIELDS = (
    "way", "requester_id", "requester_email", "requester_name", "requester_phone", "subject", "text", "channel",
    "mailbox", "priority", "type", "team", "assignee", "tags",
)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("tickets.open")
def new_ticket(request: HttpRequest) -> HttpResponse:
    """Show the form; open the ticket and go to its card. ``way=write`` sends the text to the customer."""
    actor = actor_of(request)
    values = {field: request.POST.get(field, "") for field in _FIELDS}
    if request.method != "POST":
        values |= {
            "priority": str(int(Priority.NORMAL)), "requester_email": request.GET.get("to", "")[:320],
            "way": "write" if request.GET.get("way") == "write" else "record",
        }  # fmt: skip
        return _page(request, values, {})
    try:
        only_fields(request, _FIELDS)
        ticket = _open(values, by=actor)
    except Invalid as error:
        return _page(request, values, {field or "": str(words) for field, words in error.errors}, status=422)
    except DomainError as error:
        return _page(request, values, {"": str(error.message)}, status=error.status)
    return redirect("tickets:card", ticket.pk)


def _open(values: dict[str, str], *, by: Actor) -> Ticket:
    common: dict[str, Any] = {
        "requester": known_person(values["requester_id"], by), "requester_email": values["requester_email"],
        "requester_name": values["requester_name"], "subject": values["subject"], "body_text": values["text"],
        "priority": _priority(values["priority"]), "kind": _type(values["type"]), "tags": values["tags"].split(","),
        **_given(values), "by": by,
    }  # fmt: skip
    if values["way"] == "write":
        return write_first(channel=_channel(values["mailbox"]) if values["mailbox"] else None, **common)
    return actions.open_ticket(requester_phone=values["requester_phone"], channel=_channel(values["channel"]), **common)


def known_person(text: str, by: Actor) -> Contact | None:
    """Return the person who was chosen from the list; raises ``Invalid`` for one who is not there."""
    if not text:
        return None
    known = contacts_visible_to(by).filter(pk=int(text)).first() if text.isdecimal() and len(text) < 18 else None
    if known is None:
        raise Invalid(_("There is no such contact."), field="requester")
    return known


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
    kinds = {"call": 0, "visit": 1, "other": 2, "email": 3}
    channels = sorted(queries.active_channels(), key=lambda row: (kinds.get(row.kind, 4), row.pk))
    context = {
        "values": values, "errors": errors,
        "channels": [row for row in channels if row.kind not in {"api", "webform"}],
        "mailboxes": [row for row in channels if row.kind == "email" and row.address],
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


@require_safe
@permission_required("tickets.open")
def requesters(request: HttpRequest) -> HttpResponse:
    """Answer with visible people by the beginning of a name, an address or a phone, each with all three."""
    items = [
        {
            "id": person.pk, "name": person.name, "email": primary_address(person) or "", "phone": person.phone,
            "hint": person.organization.name if person.organization else "",
        }
        for person in find_requesters(actor_of(request), request.GET.get("q", "")[:100])
    ]  # fmt: skip
    return JsonResponse({"items": items})
