"""The desk that the routes are tried on."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse

from otklik.core.actor import Actor
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.sides import Letter, open_side
from otklik.tickets.models import Ticket
from tests.routes import names
from tests.routes.table import CANARY, Scene


@dataclass
class World:
    """A desk with a ticket of a foreign team, and what addresses need to name it."""

    company: People
    ticket: Ticket
    names: dict[str, dict[str, Any]]

    def url(self, name: str) -> str:
        """Return the address of a route, naming the canary's ticket where it names one."""
        return reverse(name, kwargs=self.names.get(name, {}))


@pytest.fixture
def world(company: People) -> World:
    """A desk whose agents see the tickets of their teams, and what the addresses name on it."""
    anna = company.actor(company.anna)
    ticket = company.ticket(CANARY, team=company.field, foreign_refs=[("sd", "RP1", None)])
    file = actions.upload(BytesIO(b"x"), name="x.txt", content_type="text/plain", size=1, by=anna)
    message = actions.reply(ticket, body_text=f"Ответ {CANARY}", attachments=[file.pk], by=anna)
    actions.add_person(ticket, address="boss@berezka.example", by=anna)
    side = open_side(ticket, Letter(body_text=f"Деталь {CANARY}"), subject=CANARY, to=["p@parts.example"], by=anna)
    set_value("agents_see", "teams", by=Actor.system())
    return World(company, ticket, names(Scene(company, ticket, message, file, side)))
