"""From one card to the next and to the one before, in the place it was opened from."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from otklik.accounts.web import permission_required
from otklik.core.errors import NotFound
from otklik.tickets import queries
from otklik.tickets.columns import DEFAULT_SORT
from otklik.tickets.models import Ticket
from otklik.tickets.queries.places import Place, beside, first_of
from otklik.tickets.views.answers import actor_of
from otklik.tickets.views.columns import layout_for


@require_safe
@permission_required("tickets.view")
def next_ticket(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """Go to the ticket after this one in the place it was opened from, or to its first; to the list at the end."""
    return _go(request, number, 1)


@require_safe
@permission_required("tickets.view")
def previous_ticket(request: HttpRequest, number: int) -> HttpResponse:
    """Go to the ticket before this one in the place it was opened from; to the list at its beginning."""
    return _go(request, number, -1)


def _go(request: HttpRequest, number: int | None, step: int) -> HttpResponse:
    actor, place = actor_of(request), Place.of(request.GET)
    try:
        if number is None:
            found = first_of(actor, place, sort=_sort(request, place))
        else:
            found = number_beside(request, place, queries.get_visible(actor, number), step)
    except NotFound as error:
        raise Http404 from error
    return redirect(address_of(place, found))


def number_beside(request: HttpRequest, place: Place, ticket: Ticket, step: int = 1) -> int | None:
    """Return the ticket beside this one, in the order that the reader has chosen for the folder."""
    return beside(actor_of(request), place, ticket, step=step, sort=_sort(request, place))


def address_of(place: Place, number: int | None) -> str:
    """Return the card of a ticket as it is opened from a place; the place itself when there is no ticket."""
    return place.url if number is None else f"/tickets/{number}/{place.suffix}"


def _sort(request: HttpRequest, place: Place) -> str:
    layout = None if place.line else layout_for(request, place.folder or "open")
    return layout.sort if layout else DEFAULT_SORT
