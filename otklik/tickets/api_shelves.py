"""REST of the bin and the spam folder."""

from typing import Literal

from django.http import HttpRequest
from ninja import Router

from otklik.accounts.rest import Json, Strict, actor_of, idempotent
from otklik.core.actor import Actor
from otklik.tickets import public, queries
from otklik.tickets.actions.shelving import BIN, SPAM, mark_spam, put_in_bin, restore
from otklik.tickets.api_messages import undo_json
from otklik.tickets.shapes import TicketOut
from otklik.tickets.shapes_writing import SpamOut

router = Router(tags=["tickets"])


class SpamIn(Strict):
    """What is learnt from it: nothing, or to take in no more mail from the requester's address or mail domain."""

    learn: Literal["", "address", "domain"] = ""


@router.post("/tickets/{int:number}/bin", response=TicketOut, summary="Put a ticket into the bin")
@idempotent
def post_bin(request: HttpRequest, number: int) -> tuple[int, Json]:
    """Put a ticket aside: it leaves every list and is deleted after 30 days. A second time changes nothing."""
    actor = actor_of(request)
    put_in_bin(queries.get_visible(actor, number), by=actor)
    return 200, _json(actor, number)


@router.delete("/tickets/{int:number}/bin", response=TicketOut, summary="Take a ticket out of the bin")
def delete_bin(request: HttpRequest, number: int) -> Json:
    """Restore a ticket from the bin in the status it had; one that does not lie there stays as it is."""
    return _restore(request, number, BIN)


@router.post("/tickets/{int:number}/spam", response=SpamOut, summary="Mark a ticket as spam")
@idempotent
def post_spam(request: HttpRequest, number: int, body: SpamIn) -> tuple[int, Json]:
    """Put a ticket into the spam folder; ``undo`` brings it back and forgets what was learnt."""
    actor = actor_of(request)
    step = mark_spam(queries.get_visible(actor, number), learn=body.learn, by=actor)
    return 200, {"ticket": _json(actor, number), "undo": undo_json(step)}


@router.delete("/tickets/{int:number}/spam", response=TicketOut, summary="Take a ticket out of spam")
def delete_spam(request: HttpRequest, number: int) -> Json:
    """Restore a ticket from the spam folder and forget what was learnt from it: mail from there is taken in again."""
    return _restore(request, number, SPAM)


def _restore(request: HttpRequest, number: int, shelf: str) -> Json:
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    restore(ticket, only=shelf, by=actor)
    return _json(actor, number)


def _json(actor: Actor, number: int) -> Json:
    return public.tickets_json([queries.card(actor, number)])[0]
