"""The ticket card: whole, or only its changing parts for a card that is open already."""

from typing import Any, Final
from urllib.parse import urlencode
from zlib import crc32

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from otklik.accounts.policies import sees_everything
from otklik.accounts.queries import teams
from otklik.accounts.web import permission_required
from otklik.core.actor import Actor
from otklik.core.blocks import blocks_of
from otklik.core.clock import now
from otklik.core.errors import NotFound
from otklik.core.events import timeline_rows
from otklik.core.hot import csrf_field, render_hot
from otklik.core.panels import render_slot
from otklik.core.shown import initials
from otklik.tickets import queries
from otklik.tickets.events import SUBJECT_TICKET
from otklik.tickets.models import Ticket
from otklik.tickets.presenters.card import choices, present_card, rights_of, snooze_choices
from otklik.tickets.presenters.lines import Seen, thread_html
from otklik.tickets.presenters.thread import SAID
from otklik.tickets.queries.places import Place
from otklik.tickets.views.answers import actor_of

PROPERTIES: Final = "tickets/card_properties.html"
NEWEST = 100
MOST = 500
PARTS: Final = {
    "head": "tickets/card_head.html",
    "properties": PROPERTIES,
    "people": "tickets/card_people.html",
    "who": "tickets/composer_who.html",
}
"""What changes on a card that is open besides its thread, by the name the templates place it under."""


@require_safe
@permission_required("tickets.view")
def card(request: HttpRequest, number: int) -> HttpResponse:
    """Show a ticket; with ``parts`` only what may have changed, for a card that is on the screen."""
    actor = actor_of(request)
    try:
        ticket = queries.card(actor, number)
    except NotFound as error:
        raise Http404 from error
    request.counters_later = True  # type: ignore[attr-defined]  # they come with the first request for news
    context = card_context(request, actor, ticket)
    if "parts" in request.GET:
        return render(request, "tickets/card_parts.html", context)
    context["composer"] = render_hot("tickets/composer.html", context)
    if "walk" in request.GET:  # the bar of guided work; nobody else pays for it
        context["walk_bar"] = render_slot("ticket.card", "walk", actor, ticket, request)
    if ticket.is_open:
        request.folder_key = request.GET.get("folder", "")  # type: ignore[attr-defined]
    return render(request, "tickets/card.html", context)


def card_context(request: HttpRequest, actor: Actor, ticket: Ticket) -> dict[str, Any]:
    """Return everything the card's templates place."""
    at = now()
    limit = MOST if "earlier" in request.GET else NEWEST
    said = queries.said_on(actor, ticket, limit=limit)
    numbers = [row[0] for row in said.rows]
    done = timeline_rows(SUBJECT_TICKET, ticket.pk, limit=MOST, without=SAID)
    tell = blocks_of("message").get("deliveries")  # what the channels say of messages: one statement
    deliveries = tell(numbers) if tell and numbers else {}
    side = render_slot("ticket.card", "side", actor, ticket, request)
    main = render_slot("ticket.card", "main", actor, ticket, request)
    place = Place.of(request.GET)
    parts = urlencode({"parts": 1} | ({"earlier": 1} if "earlier" in request.GET else {}))
    base = mark_safe(f"/tickets/{ticket.pk}/")  # a number in it, nothing from outside
    context: dict[str, Any] = {
        "ticket": present_card(ticket, at),
        "earlier_url": f"{base}?{urlencode({**dict(request.GET.items()), 'earlier': 1})}"
        if len(numbers) == NEWEST < ticket.message_count
        else "",
        "newest": numbers[-1] if numbers else 0,
        "may": rights_of(actor),
        "sees_all": sees_everything(actor),
        "choices": choices(ticket),
        "teams": teams(),
        "snoozes": snooze_choices(at),
        "me": {"id": actor.id, "name": actor.name, "initials": initials(actor.name)},
        "side_panels": side,
        "side_v": f"{crc32(side.encode()):x}",
        "main_panels": main,
        "main_v": f"{crc32(main.encode()):x}",
        "base": base,
        "parts_url": f"{base}?{parts}{'&' if place.query else ''}{place.query}",
        "back_url": place.url,
        "next_url": f"{base}next/{place.suffix}",
        "previous_url": f"{base}previous/{place.suffix}",
        "place": place.query,
        "editor_url": static("django_prose_editor/editor.js"),
        "csrf": csrf_field(request),
        "notice": "",
    }
    context["parts"] = {name: render_hot(template, context) for name, template in PARTS.items()}
    context["parts"]["thread"] = thread_html(said, done, deliveries, Seen.by(actor, ticket, at), reader=actor.id)
    return context
