"""The bar of a walk above the card; asked for only where the address says that one walks."""

from typing import Any

from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.core.panels import Panel, register_panel
from otklik.queues import queries
from otklik.tickets.models import Ticket


def _bar(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    walk = queries.walk_of(actor)
    if walk is None or walk.ticket_id != ticket.pk:
        return None
    try:
        folder = queries.folder_of(walk)
    except NotFound:
        return None
    return {
        "number": ticket.pk,
        "position": walk.had,
        "folder_name": str(folder.name),
        "reasons": [{"id": row.pk, "name": str(row)} for row in queries.reasons()],
    }


register_panel(
    Panel(key="walk", title="", page="ticket.card", slot="walk", template="queues/bar.html", context=_bar)
)  # fmt: skip
