"""REST of who has a ticket open, and saying that one has."""

from typing import Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.rest import Json, PageQuery, Strict, listed, needs
from otklik.accounts.shapes import PageOf
from otklik.presence import actions
from otklik.presence.queries import Colleague, others_at, people_at
from otklik.presence.shapes import HereOut, OthersOut
from otklik.tickets.queries import get_visible

router = Router(tags=["tickets"])
_TAB = r"^[A-Za-z0-9]{1,16}$"


class HereIn(Strict):
    """What the owner of the token does on the ticket; ``tab`` tells several windows or devices of his apart."""

    writing: Literal["reply", "note", "incoming"] | None = None
    tab: str = Field("api", pattern=_TAB)


class LeaveQuery(Strict):
    """The window or device in which the ticket was closed."""

    tab: str = Field("api", pattern=_TAB)


@router.get("/tickets/{int:number}/presence", response=PageOf[HereOut], summary="Who has a ticket open")
def list_presence(request: HttpRequest, number: int, query: Query[PageQuery]) -> Json:
    """The people who have the ticket open in the desk at this moment, those who write first."""
    ticket = get_visible(needs(request, "tickets.view", query, scope="presence:read"), number)
    return listed([_json(one) for one in people_at(ticket)], query)


@router.put("/tickets/{int:number}/presence", response=OthersOut, summary="Say that one has a ticket open")
def put_presence(request: HttpRequest, number: int, body: HereIn) -> Json:
    """Show the token's owner to his colleagues as looking at the ticket or writing on it; return who else is there.

    It lasts ``lasts`` seconds, a word about writing 30: say it again every 10 to 20 seconds while it is so. At most 20
    tickets at once (429).
    """
    actor = needs(request, "tickets.view", scope="presence:write")
    ticket = get_visible(actor, number)
    actions.look_by_program(ticket, tab=body.tab, writing=body.writing or "", by=actor)
    return {"others": [_json(one) for one in others_at(ticket, actor)], "lasts": int(actions.LASTS.total_seconds())}


@router.delete("/tickets/{int:number}/presence", response={204: None}, summary="Say that one closed a ticket")
def delete_presence(request: HttpRequest, number: int, query: Query[LeaveQuery]) -> tuple[int, None]:
    """Take the token's owner away again, unless another window of his has the ticket open; a second time changes
    nothing."""
    actor = needs(request, "tickets.view", query, scope="presence:write")
    actions.leave(get_visible(actor, number), tab=query.tab, by=actor)
    return 204, None


def _json(one: Colleague) -> Json:
    return {"id": one.user_id, "name": one.name, "writing": one.writing.value or None}
