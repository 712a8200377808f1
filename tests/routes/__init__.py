"""Every address of the desk, who may use it and how, by room: one row for each route (see ``tests/test_routes.py``).

A new route gets a row in ``ROWS`` of its room's module, and in ``names`` what its address needs to name things.
"""

from typing import Any

from tests.routes import (
    accounts,
    contacts,
    desk,
    email,
    email_api,
    notifications,
    portal,
    queues,
    sides,
    ticket_lists,
    tickets,
    webhooks,
)  # fmt: skip
from tests.routes.table import Row, Scene

ROOMS = (
    desk, tickets, ticket_lists, sides, queues, notifications, contacts, accounts, email, email_api, portal, webhooks,
)  # fmt: skip
ROWS: dict[str, Row] = {name: row for room in ROOMS for name, row in room.ROWS.items()}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return what the addresses of all rooms need to name things; the ticket's number where a row says no more."""
    found: dict[str, dict[str, Any]] = {name: {"number": scene.ticket.pk} for name in ROWS if ROWS[name].of_ticket}
    for room in ROOMS:
        found |= room.names(scene)
    return found
