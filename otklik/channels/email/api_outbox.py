"""REST of the outbox: mail of ours that waits, is uncertain or failed, and sending it again."""

from typing import Literal

from django.http import HttpRequest
from ninja import Query, Router

from otklik.accounts.rest import Json, PageQuery, idempotent, needs
from otklik.accounts.shapes import PageOf
from otklik.channels.email.outbox import actions, queries
from otklik.channels.email.shapes import ArrivalIn, OutboxRowOut, SentAgainOut
from otklik.core.errors import Conflict
from otklik.core.pages import keyset_page

router = Router(tags=["outbox"])


class OutboxQuery(PageQuery):
    """What waits, is not certain, or failed and nobody has seen to it; all deliveries when left out."""

    state: Literal["", "waiting", "uncertain", "failed"] = ""


@router.get("/outbox", response=PageOf[OutboxRowOut], summary="Outbox")
def list_outbox(request: HttpRequest, query: Query[OutboxQuery]) -> Json:
    """Mails on their way out, one row for each recipient, newest first."""
    actor = needs(request, "outbox.view", query, scope="outbox:read")
    rows = queries.in_tab(actor, query.state) if query.state else queries.visible_to(actor).select_related("outgoing")
    page = keyset_page(rows, order=[("-id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [queries.public_row(row) for row in page.items], "next": page.next}


@router.post("/outbox/again", response=SentAgainOut, summary="Send everything that waits now")
@idempotent
def post_outbox_again(request: HttpRequest) -> tuple[int, Json]:
    """Have every mail that waits for a later attempt tried now, at most a thousand at once."""
    return 200, {"count": actions.send_waiting_again(by=needs(request, "outbox.retry", scope="outbox:write"))}


@router.get("/outbox/{int:delivery_id}", response=OutboxRowOut, summary="One mail of the outbox")
def get_delivery(request: HttpRequest, delivery_id: int) -> Json:
    """A mail to one recipient and where it stands."""
    return queries.public_row(queries.get_visible(needs(request, "outbox.view", scope="outbox:read"), delivery_id))


@router.post("/outbox/{int:delivery_id}/again", response=OutboxRowOut, summary="Send a mail again")
@idempotent
def post_delivery_again(request: HttpRequest, delivery_id: int) -> tuple[int, Json]:
    """Have the same mail sent to its recipient now; 409, with the row in ``current``, when it is out already."""
    return _act(request, delivery_id, "again")


@router.post("/outbox/{int:delivery_id}/end", response=OutboxRowOut, summary="Give a mail up")
@idempotent
def post_delivery_end(request: HttpRequest, delivery_id: int) -> tuple[int, Json]:
    """Stop trying, or note that a failed one was seen to. A second time changes nothing."""
    return _act(request, delivery_id, "end")


@router.post("/outbox/{int:delivery_id}/arrival", response=OutboxRowOut, summary="Say what became of a mail")
@idempotent
def post_delivery_arrival(request: HttpRequest, delivery_id: int, body: ArrivalIn) -> tuple[int, Json]:
    """Note that a mail which is out arrived, or came back: reports that prove nothing are hints. A second time changes
    nothing; 409, with the row in ``current``, for one that is not out."""
    actor = needs(request, "outbox.retry", scope="outbox:write")
    row = queries.get_visible(actor, delivery_id)
    try:
        actions.correct(row, arrived=body.arrived, by=actor)
    except Conflict as error:
        raise Conflict(error.message, current=queries.public_row(queries.get_visible(actor, delivery_id))) from error
    return 200, queries.public_row(queries.get_visible(actor, delivery_id))


def _act(request: HttpRequest, delivery_id: int, what: str) -> tuple[int, Json]:
    actor = needs(request, "outbox.retry", scope="outbox:write")
    row = queries.get_visible(actor, delivery_id)
    try:
        (actions.send_again if what == "again" else actions.give_up)(row, by=actor)
    except Conflict as error:
        raise Conflict(error.message, current=queries.public_row(queries.get_visible(actor, delivery_id))) from error
    return 200, queries.public_row(queries.get_visible(actor, delivery_id))
