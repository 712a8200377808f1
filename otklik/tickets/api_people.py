"""REST of who takes part in a ticket besides its requester."""

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.rest import Json, PageQuery, Strict, actor_of, idempotent, listed, needs
from otklik.accounts.shapes import PageOf
from otklik.core.actor import Actor
from otklik.tickets import public, queries
from otklik.tickets.actions.people import add_person, remove_person
from otklik.tickets.shapes import PersonOut

router = Router(tags=["tickets"])


class PersonIn(Strict):
    """Somebody by his address, with the name to be used when he is not known yet."""

    email: str = Field(max_length=320)
    name: str = Field("", max_length=200)


@router.get("/tickets/{int:number}/people", response=PageOf[PersonOut], summary="Participants of a ticket")
def list_people(request: HttpRequest, number: int, query: Query[PageQuery]) -> Json:
    """Those who get copies of the answers and may write on the ticket, in the order in which they joined."""
    return _people(needs(request, "tickets.view", query), number, query)


@router.post("/tickets/{int:number}/people", response={201: PageOf[PersonOut]}, summary="Add a participant")
@idempotent
def post_person(request: HttpRequest, number: int, body: PersonIn) -> tuple[int, Json]:
    """Let somebody take part; one who does already stays once. Answers with all of them."""
    actor = actor_of(request)
    add_person(queries.get_visible(actor, number), address=body.email, name=body.name, by=actor)
    return 201, _people(actor, number)


@router.delete(
    "/tickets/{int:number}/people/{int:contact_id}", response=PageOf[PersonOut], summary="Remove a participant"
)
def delete_person(request: HttpRequest, number: int, contact_id: int) -> Json:
    """End somebody's part in a ticket; answers with those who are left."""
    actor = actor_of(request)
    remove_person(queries.get_visible(actor, number), contact_id=contact_id, by=actor)
    return _people(actor, number)


def _people(actor: Actor, number: int, query: PageQuery | None = None) -> Json:
    rows = public.people_json(queries.get_visible(actor, number))
    return listed(rows, query or PageQuery(limit=200, cursor=""), key="email")
