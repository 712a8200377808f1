"""What the rooms' tables of routes are made of: the row of a route, and the things that addresses name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from otklik.accounts.models import User
from otklik.contacts.models import Contact
from otklik.testing.people import People
from otklik.tickets.actions.sides import SideSent
from otklik.tickets.models import Attachment, Message, Ticket

CANARY = "Канарейка7319"
ALL = "admin supervisor agent technician observer"
DESK = "admin supervisor agent"
WORKERS = "admin supervisor agent technician"
LEDGER = "admin supervisor agent observer"


@dataclass(frozen=True)
class Row:
    """Methods that are served, roles that are let in ("" for everybody), and whether the address names the ticket.

    ``writers`` are the roles that may write where fewer may than read. ``right`` names the rights that a role must
    have besides seeing tickets, ``writes`` those for writing where they are others. ``query`` goes with the address.
    ``body`` is what is written: the form of a page; for the API what the schema alone does not tell. A value that
    begins with "=" names something of the world. ``of_people`` says that the address names somebody whom only a ticket
    of the foreign team knows, or shows everybody there is. ``own`` says that it names a thing of one person, which
    nobody else finds. ``elsewhere`` names the test that has what the address needs, where this world has not.
    """

    methods: str
    roles: str
    of_ticket: bool = False
    of_people: bool = False
    writers: str | None = None
    right: str = ""
    writes: str | None = None
    query: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    own: bool = False
    elsewhere: str = ""

    def allows(self, role: str | None, method: str) -> bool:
        """Tell whether somebody of this role (None: a stranger) is let in by this method."""
        roles = self.roles if self.writers is None or method in {"GET", "HEAD"} else self.writers
        return not self.roles or (role is not None and role in roles.split())

    def needs(self, method: str) -> frozenset[str]:
        """Return the rights that a method takes besides seeing tickets."""
        return frozenset((self.right if self.writes is None or method in {"GET", "HEAD"} else self.writes).split())


@dataclass(frozen=True)
class Scene:
    """A desk with a ticket of a foreign team, somebody whom only that team knows, and whose own things are named."""

    company: People
    mine: User
    ticket: Ticket
    hidden: Contact
    neighbour: Ticket
    message: Message
    file: Attachment
    side: SideSent
