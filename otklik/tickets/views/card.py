"""The ticket card: whole, or only its changing parts for a card that is open already."""

from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from otklik.accounts.web import permission_required
from otklik.core.actor import Actor
from otklik.core.blocks import blocks_of
from otklik.core.clock import now
from otklik.core.errors import NotFound
from otklik.core.events import newest_events
from otklik.core.hot import render_hot
from otklik.core.panels import render_slot
from otklik.tickets import queries
from otklik.tickets.events import SUBJECT_TICKET
from otklik.tickets.models import Ticket
from otklik.tickets.presenters.card import choices, present_card, rights_of, snooze_choices
from otklik.tickets.presenters.lines import Seen, thread_html
from otklik.tickets.presenters.parts import CHANGING, WHOLE, parts_html
from otklik.tickets.presenters.thread import SAID
from otklik.tickets.queries.places import Place
from otklik.tickets.views.answers import actor_of

NEWEST = 100
MOST = 500


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
    if "parts" in request.GET:
        return HttpResponse(render_hot("tickets/card_parts.html", card_context(request, actor, ticket, CHANGING)))
    context = card_context(request, actor, ticket, WHOLE)
    # the bar of guided work: nobody else pays for it
    context["walk_bar"] = render_slot("ticket.card", "walk", actor, ticket, request) if "walk" in request.GET else ""
    if ticket.is_open:
        request.folder_key = request.GET.get("folder", "")  # type: ignore[attr-defined]
    page = {"number": number, "subject": ticket.subject or "—", "card": render_hot("tickets/card.html", context)}
    return render(request, "tickets/card.html", page)


def card_context(request: HttpRequest, actor: Actor, ticket: Ticket, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what the templates of a card place: the named parts, thread and panels, each as HTML."""
    at = now()
    steps = _steps_back(request)
    limit = MOST * steps if steps else NEWEST
    said = queries.said_on(actor, ticket, limit=limit)
    numbers = [row[0] for row in said.rows]
    done = newest_events(SUBJECT_TICKET, ticket.pk, limit=max(limit, MOST), without=SAID)
    tell = blocks_of("message").get("deliveries")  # what the channels say of messages: one statement
    deliveries = tell(numbers) if tell and numbers else {}
    side = render_slot("ticket.card", "side", actor, ticket, request)
    main = render_slot("ticket.card", "main", actor, ticket, request)
    given = given_to_parts(request, actor, ticket, at, newest=numbers[-1] if numbers else 0)
    if ticket.link_count and "composer" in names:  # what is written after it is new on the linked tickets
        given["newest_anywhere"] = queries.newest_message()
    thread = thread_html(said, done, deliveries, Seen.by(actor, ticket, at), reader=actor.id)
    base, place = given["base"], given["place"]
    parts_query = urlencode({"parts": 1} | ({"earlier": steps} if steps else {}))
    return {
        "number": ticket.pk,
        "parts": parts_html(names, given, request) | {"thread": thread},
        "side_panels": side,
        "side_v": f"{crc32(side.encode()):x}",
        "main_panels": main,
        "main_v": f"{crc32(main.encode()):x}",
        "parts_url": f"{base}?{parts_query}{'&' if place else ''}{place}",
        "earlier_url": f"{base}?{urlencode({**dict(request.GET.items()), 'earlier': steps + 1})}"
        if len(numbers) == limit < ticket.message_count
        else "",
    }


def _steps_back(request: HttpRequest) -> int:
    """Return how often the reader has asked for earlier messages."""
    given = request.GET.get("earlier", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 3 else 0


@cache
def _editor_url() -> str:
    return static("django_prose_editor/editor.js")


def given_to_parts(
    request: HttpRequest, actor: Actor, ticket: Ticket, at: datetime, *, newest: int = 0, notice: str = ""
) -> dict[str, Any]:
    """Return everything that the parts around the thread show, as plain values."""
    place, base = Place.of(request.GET), f"/tickets/{ticket.pk}/"
    return {
        "ticket": present_card(ticket, at),
        "may": rights_of(actor, shelved=ticket.shelf is not None),
        "me": {"id": actor.id},
        "choices": choices(ticket),
        "snoozes": snooze_choices(at),
        "newest": newest,
        "newest_anywhere": 0,
        "base": base,
        "back_url": place.url,
        "next_url": f"{base}next/{place.suffix}",
        "previous_url": f"{base}previous/{place.suffix}",
        "place": place.query,
        "editor_url": _editor_url(),
        "notice": notice,
    }
