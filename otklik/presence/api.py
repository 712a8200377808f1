"""REST of who has a ticket open."""

from django.http import HttpRequest
from ninja import Query, Router

from otklik.accounts.rest import Json, PageQuery, listed, needs
from otklik.accounts.shapes import PageOf
from otklik.presence.queries import people_at
from otklik.presence.shapes import HereOut
from otklik.tickets.queries import get_visible

router = Router(tags=["tickets"])


@router.get("/tickets/{int:number}/presence", response=PageOf[HereOut], summary="Who has a ticket open")
def list_presence(request: HttpRequest, number: int, query: Query[PageQuery]) -> Json:
    """The people who have the ticket open in the desk at this moment, those who write first."""
    ticket = get_visible(needs(request, "tickets.view", query), number)
    rows = [{"id": one.user_id, "name": one.name, "writing": one.writing.value or None} for one in people_at(ticket)]
    return listed(rows, query)
