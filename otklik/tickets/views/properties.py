"""Properties, tags, the customer's own numbers and the people of a ticket."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from otklik.accounts.web import permission_required
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid
from otklik.tickets import actions, queries
from otklik.tickets.models import TicketType
from otklik.tickets.presenters.parts import parts_html
from otklik.tickets.views.answers import actor_of, done, noun, only_fields
from otklik.tickets.views.card import given_to_parts
from otklik.tickets.views.new import known_person


@require_POST
@permission_required("tickets.edit")
@noun
def properties(request: HttpRequest, number: int) -> HttpResponse:
    """Change subject, priority or type. ``was`` is the value that was seen: when it is another by now, 409 shows who
    was faster; with ``version`` any change of the ticket is answered with the fresh section."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    only_fields(request, ("subject", "priority", "type", "version", "was"))
    wanted: dict[str, Any] = {}
    if "subject" in request.POST:
        wanted["subject"] = request.POST["subject"]
    if "priority" in request.POST:
        wanted["priority"] = _number(request.POST["priority"])
    if "type" in request.POST:
        wanted["type"] = _type(request.POST["type"])
    seen = _seen(request, list(wanted))
    version = _number(request.POST["version"]) if request.POST.get("version") else None
    try:
        actions.edit_properties(ticket, version=version, seen=seen, by=actor, **wanted)
    except actions.Clash:
        raise
    except Conflict as error:
        return _conflict(request, actor, number, error)
    return done(request, number)


def _seen(request: HttpRequest, names: list[str]) -> dict[str, Any] | None:
    """Return the one property's value that the author saw."""
    if "was" not in request.POST or len(names) != 1:
        return None
    was = request.POST["was"]
    if names == ["subject"]:
        return {"subject": was}
    return {names[0]: _number(was) if was else None}


def _conflict(request: HttpRequest, actor: Actor, number: int, error: Conflict) -> HttpResponse:
    given = given_to_parts(request, actor, queries.card(actor, number), now(), notice=str(error.message))
    return HttpResponse(parts_html(("properties",), given, request)["properties"], status=409)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid(_("This is not a number."))
    return int(text)


def _type(text: str) -> TicketType | None:
    if not text:
        return None
    for row in queries.types():
        if str(row.pk) == text:
            return row
    raise Invalid(_("There is no such type."), field="type")


@require_POST
@permission_required("tickets.edit")
@noun
def tags(request: HttpRequest, number: int) -> HttpResponse:
    """Make the words of ``tags``, separated by commas, the ticket's tags; ``was`` are those the author saw."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    only_fields(request, ("tags", "was"))
    seen = request.POST["was"].split(",") if "was" in request.POST else None
    actions.set_tags(ticket, tags=request.POST.get("tags", "").split(","), seen=seen, by=actor)
    return done(request, number)


@require_POST
@permission_required("tickets.edit")
@noun
def references(request: HttpRequest, number: int) -> HttpResponse:
    """Add a number that the customer's own desk gave to the request."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    only_fields(request, ("system", "number", "url"))
    known = [(row.system, row.number, row.url or None) for row in ticket.references.order_by("id")]
    added = (request.POST.get("system", ""), request.POST.get("number", ""), request.POST.get("url") or None)
    actions.set_references(ticket, references=[*known, added], by=actor)
    return done(request, number)


@require_http_methods(["DELETE"])
@permission_required("tickets.edit")
@noun
def reference(request: HttpRequest, number: int, reference_id: int) -> HttpResponse:
    """Take a customer's number off."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    actions.remove_reference(ticket, reference_id=reference_id, by=actor)
    return done(request, number)


@require_POST
@permission_required("tickets.edit")
@noun
def people(request: HttpRequest, number: int) -> HttpResponse:
    """Let somebody take part: he gets copies of the replies from now on."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    only_fields(request, ("address", "name"))
    actions.add_person(ticket, address=request.POST.get("address", ""), name=request.POST.get("name", ""), by=actor)
    return done(request, number)


@require_http_methods(["DELETE"])
@permission_required("tickets.edit")
@noun
def person(request: HttpRequest, number: int, contact_id: int) -> HttpResponse:
    """End somebody's part in the ticket."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    actions.remove_person(ticket, contact_id=contact_id, by=actor)
    return done(request, number)


@require_POST
@permission_required("tickets.edit")
@noun
def requester(request: HttpRequest, number: int) -> HttpResponse:
    """Make somebody else the requester: a known person by ``requester`` or ``requester_id``, else whoever has the
    address, name or phone. ``was`` is the requester whom the author saw."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    words = ("requester_email", "requester_name", "requester_phone")
    only_fields(request, ("requester", "requester_id", "was", *words))
    email, name, phone = (request.POST.get(word, "") for word in words)
    chosen = request.POST.get("requester") or request.POST.get("requester_id", "")
    known = known_person(chosen, actor, address=email, phone=phone)
    seen = {"seen": _number(request.POST["was"])} if request.POST.get("was") else {}
    actions.change_requester(ticket, requester=known, email=email, name=name, phone=phone, **seen, by=actor)
    return done(request, number)
