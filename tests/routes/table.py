"""What the rooms' tables of routes are made of: the row of a route, and the things that addresses name."""

from dataclasses import dataclass

from otklik.testing.people import People
from otklik.tickets.actions.sides import SideSent
from otklik.tickets.models import Attachment, Message, Ticket

CANARY = "Канарейка7319"
ALL = "admin supervisor agent technician observer"
DESK = "admin supervisor agent"
WORKERS = "admin supervisor agent technician"


@dataclass(frozen=True)
class Row:
    """Methods that are served, roles that are let in ("" for everybody), and whether the address names the ticket."""

    methods: str
    roles: str
    of_ticket: bool = False


@dataclass(frozen=True)
class Scene:
    """A desk with a ticket of a foreign team, and things on it."""

    company: People
    ticket: Ticket
    message: Message
    file: Attachment
    side: SideSent
