"""The bin, the spam folder, and the page for the printer."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.accounts.web import permission_required
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import NotFound
from otklik.tickets import queries
from otklik.tickets.actions.bulk import run_bulk
from otklik.tickets.actions.shelving import mark_spam, restore
from otklik.tickets.models import Ticket
from otklik.tickets.presenters.card import present_card
from otklik.tickets.presenters.sides import people_line
from otklik.tickets.presenters.thread import present_messages
from otklik.tickets.queries.sides import letters_of, sides_on
from otklik.tickets.views.answers import actor_of, done, done_page, is_part, noun, only_fields

_ON_PAPER = 2000


@require_http_methods(["POST", "DELETE"])
@permission_required("tickets.edit")
@noun
def bin_of(request: HttpRequest, number: int) -> HttpResponse:
    """POST: put the ticket into the bin. DELETE: take it out of the bin or the spam folder."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    if request.method == "DELETE":
        said = _("The ticket is restored") if restore(ticket, by=actor) else _("This was done already")
        if not is_part(request):
            return done(request, number, said)
        return done_page(f"/tickets/{number}/", {"value": said})  # with all that the card did not offer till now
    only_fields(request, ())
    result = run_bulk([number], act="bin", by=actor)
    toast: dict[str, Any] = {"value": _("Ticket %(number)s is in the bin") % {"number": number}}
    if result.refused:
        toast = {"value": result.refused[0][1], "bad": True}
    if result.step is not None:
        toast |= {"undo": f"/tickets/undo/{result.step.pk}/", "seconds": 10}
    return done_page("/tickets/?folder=open", toast)


@require_POST
@permission_required("tickets.edit")
@noun
def spam(request: HttpRequest, number: int) -> HttpResponse:
    """Put the ticket into the spam folder; ``learn`` takes no more mail from the address or domain."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    only_fields(request, ("learn",))
    step = mark_spam(ticket, learn=request.POST.get("learn", ""), by=actor)
    toast: dict[str, Any] = {"value": _("Ticket %(number)s is spam") % {"number": number}}
    if step is not None:
        toast |= {"undo": f"/tickets/undo/{step.pk}/", "seconds": 10}
    return done_page("/tickets/?folder=open", toast)


@require_safe
@permission_required("tickets.view")
def paper(request: HttpRequest, number: int) -> HttpResponse:
    """Show the ticket as a page for the printer; ``notes=1`` with the notes, ``sides=1`` with side conversations."""
    actor = actor_of(request)
    try:
        ticket = queries.card(actor, number)
    except NotFound as error:
        raise Http404 from error
    at = now()
    messages = queries.messages_of(actor, ticket, limit=_ON_PAPER + 1)
    cut = len(messages) > _ON_PAPER
    with_notes, with_sides = request.GET.get("notes") == "1", request.GET.get("sides") == "1"
    shown = [message for message in messages[-_ON_PAPER:] if with_notes or message.kind != "note"]
    context = {
        "ticket": present_card(ticket, at), "items": present_messages(ticket, shown, {}, at),
        "with_notes": with_notes, "ticket_sides": ticket.side_count, "with_sides": with_sides,
        "sides": _sides(actor, ticket, at) if with_sides else [], "base": f"/tickets/{number}/",
        "newest": _ON_PAPER if cut else 0,
    }  # fmt: skip
    return render(request, "tickets/paper.html", context)


def _sides(actor: Actor, ticket: Ticket, at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "subject": side.subject, "people": people_line(side),
            "items": present_messages(ticket, letters_of(side), {}, at),
        }
        for side in sides_on(actor, ticket)
    ]  # fmt: skip
