"""How a ticket belongs to others: merging, taking a message out, links; and the menu of what is done rarely."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.accounts import policies as rights
from otklik.accounts.web import permission_required
from otklik.core.actor import Actor
from otklik.core.errors import Invalid, NotFound
from otklik.tickets import queries
from otklik.tickets.actions.linking import link, unlink
from otklik.tickets.actions.merging import merge, split_message, undo_merge
from otklik.tickets.models import LinkKind, Merge, Ticket
from otklik.tickets.queries.relations import merge_candidates
from otklik.tickets.views.answers import actor_of, done, is_part, noun, only_fields


@require_safe
@permission_required("tickets.view")
@noun
def more(request: HttpRequest, number: int) -> HttpResponse:
    """Show the menu of what is done rarely with a ticket."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    context: dict[str, Any] = {
        "ticket": ticket, "base": f"/tickets/{number}/", "kinds": LinkKind.choices,
        "may": {name: rights.can(actor, f"tickets.{name}") for name in ("edit", "status", "reply")},
        "candidates": merge_candidates(actor, ticket),
    }  # fmt: skip
    return render(request, "tickets/menus/more.html", context)


def _other(actor: Actor, text: str, field: str) -> Ticket:
    """Return the visible ticket that somebody named by its number; raises ``Invalid`` when there is none."""
    digits = text.strip().removeprefix("№").lstrip("#").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 18):
        raise Invalid(_("Enter the number of a ticket."), field=field)
    try:
        return queries.get_visible(actor, int(digits))
    except NotFound as error:
        raise Invalid(_("There is no ticket with this number."), field=field) from error


@require_http_methods(["POST", "DELETE"])
@permission_required("tickets.edit")
@noun
def merging(request: HttpRequest, number: int) -> HttpResponse:
    """POST ``into``: take this ticket into that one and go there. DELETE: part them again."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    if request.method == "DELETE":
        row = Merge.objects.select_related("source", "target").filter(source=ticket, undone_at__isnull=True).first()
        changed = row is not None and undo_merge(row, by=actor)
        return done(request, number, _("The tickets are parted again") if changed else _("This was done already"))
    only_fields(request, ("into",))
    target = _other(actor, request.POST.get("into", ""), "into")
    _row, step = merge(ticket, into=target, by=actor)
    if not is_part(request):
        return redirect("tickets:card", target.pk)
    toast: dict[str, Any] = {
        "value": _("Ticket %(number)s is merged into this one") % {"number": number},
        "carry": True,
    }
    if step is not None:
        toast |= {"undo": f"/tickets/undo/{step.pk}/", "seconds": 10}
    response = done(request, number, toast=toast)
    response["HX-Redirect"] = f"/tickets/{target.pk}/"
    return response


@require_POST
@permission_required("tickets.edit")
@noun
def links(request: HttpRequest, number: int) -> HttpResponse:
    """Link the ticket with ``other``, as ``kind`` says."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    only_fields(request, ("other", "kind"))
    other = _other(actor, request.POST.get("other", ""), "other")
    changed = link(ticket, other=other, kind=request.POST.get("kind", ""), by=actor)
    return done(request, number, _("The tickets are linked") if changed else _("They are linked already"))


@require_http_methods(["DELETE"])
@permission_required("tickets.edit")
@noun
def one_link(request: HttpRequest, number: int, link_id: int) -> HttpResponse:
    """Take a link off."""
    actor = actor_of(request)
    unlink(queries.get_visible(actor, number), link_id=link_id, by=actor)
    return done(request, number)


@require_POST
@permission_required("tickets.edit")
@noun
def splitting(request: HttpRequest, message_id: int) -> HttpResponse:
    """Take a message out into a ticket of its own and go there."""
    actor = actor_of(request)
    only_fields(request, ("subject",))
    message = queries.messages_visible_to(actor).select_related("ticket").filter(pk=message_id).first()
    if message is None:
        raise NotFound
    fresh = split_message(message, subject=request.POST.get("subject", ""), by=actor)
    if not is_part(request):
        return redirect("tickets:card", fresh.pk)
    words = _("The message is a ticket of its own now")
    response = done(request, message.ticket_id, toast={"value": words, "carry": True})
    response["HX-Redirect"] = f"/tickets/{fresh.pk}/"
    return response
