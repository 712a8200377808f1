"""Pages of the public lists: tickets, messages, events, by cursor."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from otklik.accounts.queries import teams
from otklik.core.actor import Actor
from otklik.core.errors import Invalid, NotFound
from otklik.core.events import StoredEvent
from otklik.core.pages import decode_cursor, encode_cursor, keyset_page
from otklik.tickets import public, queries
from otklik.tickets.models import Ticket
from otklik.tickets.queries.found import found_tickets
from otklik.tickets.queries.searching import search
from otklik.tickets.queries.understanding import understand

Json = dict[str, Any]
_BY_ACTIVITY: list[tuple[str, type]] = [("-activity_at", datetime), ("-id", int)]


def tickets_page(actor: Actor, *, words: str, view: str, sort: str, limit: int, cursor: str) -> Json:
    """Return a page of visible tickets: found by a search line, of a standing view, or all."""
    if words.strip():
        return _found_page(actor, words, sort="fit" if sort == "fit" else "newest", limit=limit, cursor=cursor)
    tickets = queries.visible_to(actor)
    if view:
        folder = queries.folder_by_key(view, {team.pk: team.name for team in teams()})
        if folder.tag:
            raise NotFound  # ``query`` finds a tag's tickets from the index
        tickets = tickets.filter(folder.where(actor))
    else:
        tickets = tickets.filter(shelf__isnull=True)  # the bin and spam are views of their own
    order = _BY_ACTIVITY if sort == "-activity_at" else [("-id", int)]
    page = keyset_page(_related(tickets), order=order, cursor=cursor or None, limit=limit)
    return _page(page.items, page.next)


def _found_page(actor: Actor, words: str, *, sort: str, limit: int, cursor: str) -> Json:
    try:
        asked = understand(actor, words)
    except Invalid as error:
        told = [("query", f"{part}: {text}" if part else text) for part, text in error.errors]
        raise Invalid(error.message, errors=told) from error
    found = search(actor, asked, limit=limit, cursor=cursor, sort=sort)
    tickets = {ticket.pk: ticket for ticket in _related(found_tickets(actor, found))}
    page = _page([tickets[number] for number in found.numbers if number in tickets], found.next)
    return page | ({"corrected": found.corrected} if found.corrected else {})


def _related(tickets: Any) -> Any:
    return tickets.select_related(*queries.CARD_RELATED).prefetch_related("requester__addresses")


def _page(tickets: list[Ticket], following: str | None) -> Json:
    return {"items": public.tickets_json(tickets), "next": following}


def messages_page(actor: Actor, ticket: Ticket, *, limit: int, cursor: str) -> Json:
    """Return a page of a visible ticket's messages, oldest first."""
    rows = queries.messages_on(actor, ticket).select_related("channel").prefetch_related("attachments")
    page = keyset_page(rows, order=[("id", int)], cursor=cursor or None, limit=limit)
    return {"items": public.messages_json(page.items), "next": page.next}


def events_page(
    timeline: Callable[..., list[StoredEvent]], subject_kind: int, subject_id: int, *, limit: int, cursor: str
) -> Json:
    """Return a page of a subject's history, each event with its sentence."""
    after = decode_cursor(cursor, [int])[0] if cursor else 0
    rows = timeline(subject_kind, subject_id, after_id=after, limit=limit + 1)
    items = [
        {
            "id": row.id,
            "at": public.iso(row.at),
            "event": row.kind,
            "actor": {"kind": row.actor.kind, "id": row.actor.id, "name": row.actor.name},
            "text": row.event.describe(),
            "data": row.data,
        }
        for row in rows[:limit]
    ]
    return {"items": items, "next": encode_cursor([rows[limit - 1].id]) if len(rows) > limit else None}
