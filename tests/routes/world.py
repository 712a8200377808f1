"""The desk that the routes are tried on."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse

from otklik.accounts.models import User
from otklik.contacts import actions as contacts
from otklik.core.actor import Actor
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.sides import Letter, open_side
from otklik.tickets.models import Ticket
from tests.routes import ROWS, names
from tests.routes.table import CANARY, Scene


@dataclass
class World:
    """A desk with a ticket of a foreign team, and what addresses need to name it."""

    company: People
    ticket: Ticket
    names: dict[str, dict[str, Any]]
    known: dict[str, Any]

    def url(self, name: str) -> str:
        """Return the address of a route, naming the canary's ticket where it names one."""
        query = ROWS[name].query.format_map(self.known)
        return reverse(name, kwargs=self.names.get(name, {})) + (f"?{query}" if query else "")

    def body(self, name: str) -> dict[str, Any]:
        """Return what a route is written, with the numbers of this world."""
        given = ROWS[name].body.items()
        return {key: self.known[value[1:]] if str(value).startswith("=") else value for key, value in given}


def furnish(company: People, mine: User) -> World:
    """Return a desk whose agents see their teams; addresses name things of ``mine`` where one owns them."""
    anna = company.actor(company.anna)
    ticket = company.ticket(CANARY, team=company.field, foreign_refs=[("sd", "RP1", None)])
    hidden = contacts.add_contact(
        name=f"Иван {CANARY}", addresses=["ivan@hidden.example"], note=CANARY, by=Actor.system()
    )
    company.ticket("Его заявка", requester=hidden, team=company.field, by=Actor.system())
    neighbour = company.ticket("Соседняя")
    file = actions.upload(BytesIO(b"x"), name="x.txt", content_type="text/plain", size=1, by=anna)
    message = actions.reply(ticket, body_text=f"Ответ {CANARY}", attachments=[file.pk], by=anna)
    actions.add_person(ticket, address="boss@berezka.example", by=anna)
    side = open_side(ticket, Letter(body_text=f"Деталь {CANARY}"), subject=CANARY, to=["p@parts.example"], by=anna)
    set_value("agents_see", "teams", by=Actor.system())
    known = {"ticket": ticket.pk, "number": ticket.pk, "other": company.dmitri.pk, "into": neighbour.pk}
    known["hidden"] = hidden.pk
    return World(company, ticket, names(Scene(company, mine, ticket, hidden, neighbour, message, file, side)), known)


@pytest.fixture
def world(company: People) -> World:
    """A desk on which the administrator owns what one person owns."""
    return furnish(company, company.admin)
