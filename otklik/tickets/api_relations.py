"""REST of how tickets belong together: merging and links."""

from typing import Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router

from otklik.accounts.rest import Json, PageQuery, Strict, actor_of, idempotent, listed, needs
from otklik.accounts.shapes import PageOf
from otklik.core.actor import Actor
from otklik.core.errors import Invalid, NotFound
from otklik.tickets import public, queries
from otklik.tickets.actions.linking import link, unlink
from otklik.tickets.actions.merging import merge, undo_merge
from otklik.tickets.models import Merge, Ticket
from otklik.tickets.queries.relations import links_of
from otklik.tickets.shapes import LinkOut, TicketOut

router = Router(tags=["tickets"])


class MergeIn(Strict):
    """The number of the ticket that stays."""

    into: int


class LinkIn(Strict):
    """The other ticket, and what it is to this one."""

    ticket: int
    kind: Literal["parent", "related", "caused_by"]


def _other(actor: Actor, number: int, field: str) -> Ticket:
    try:
        return queries.get_visible(actor, number)
    except NotFound as error:
        raise Invalid(_("There is no ticket with this number."), field=field) from error


@router.post("/tickets/{int:number}/merge", response=TicketOut, summary="Merge a ticket into another")
@idempotent
def post_merge(request: HttpRequest, number: int, body: MergeIn) -> tuple[int, Json]:
    """Take the ticket into another one; answers with the ticket that stays."""
    actor = needs(request, "tickets.edit")
    ticket = queries.get_visible(actor, number)
    target = _other(actor, body.into, "into")
    merge(ticket, into=target, by=actor)
    return 200, public.tickets_json([queries.card(actor, target.pk)])[0]


@router.delete("/tickets/{int:number}/merge", response=TicketOut, summary="Undo a merge")
def delete_merge(request: HttpRequest, number: int) -> Json:
    """Part the ticket from the one it was merged into; answers with the ticket itself."""
    actor = needs(request, "tickets.edit")
    ticket = queries.get_visible(actor, number)
    row = Merge.objects.select_related("source", "target").filter(source=ticket, undone_at__isnull=True).first()
    if row is not None:
        undo_merge(row, by=actor)
    return public.tickets_json([queries.card(actor, number)])[0]


@router.get("/tickets/{int:number}/links", response=PageOf[LinkOut], summary="Links of a ticket")
def list_links(request: HttpRequest, number: int, query: Query[PageQuery]) -> Json:
    """The tickets it is linked with: ``kind`` is what the other one is; from the other end ``of_parent`` and so on."""
    return _links(needs(request, "tickets.view", query), number, query)


@router.post("/tickets/{int:number}/links", response={201: PageOf[LinkOut]}, summary="Link two tickets")
@idempotent
def post_link(request: HttpRequest, number: int, body: LinkIn) -> tuple[int, Json]:
    """Link the ticket with another; a link that is there already stays once."""
    actor = actor_of(request)
    link(queries.get_visible(actor, number), other=_other(actor, body.ticket, "ticket"), kind=body.kind, by=actor)
    return 201, _links(actor, number)


@router.delete("/tickets/{int:number}/links/{int:link_id}", response=PageOf[LinkOut], summary="Unlink two tickets")
def delete_link(request: HttpRequest, number: int, link_id: int) -> Json:
    """Take a link off; answers with what is left."""
    actor = actor_of(request)
    unlink(queries.get_visible(actor, number), link_id=link_id, by=actor)
    return _links(actor, number)


def _links(actor: Actor, number: int, query: PageQuery | None = None) -> Json:
    rows = links_of(actor, queries.get_visible(actor, number))
    items = [
        {"id": row.id, "kind": row.way, "ticket": row.ticket.pk, "subject": row.ticket.subject}
        for row in rows
        if row.ticket is not None
    ]
    return listed(items, query or PageQuery(limit=200, cursor=""))
