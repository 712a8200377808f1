"""What a form adds to a ticket's card: who the poster says he is, and that nobody has checked it."""

from typing import Any

from django.utils.translation import gettext_lazy

from otklik.channels.webform.queries import request_of
from otklik.core.actor import Actor
from otklik.core.panels import Panel, register_panel
from otklik.tickets.models import Ticket


def context(actor: Actor, ticket: Ticket) -> dict[str, Any] | None:
    """Return what was entered; nothing for tickets that came by another way, which costs them no statement."""
    if ticket.channel.kind != "web":
        return None
    request = request_of(ticket.pk)
    if request is None:
        return None
    said = [part for part in (request.name, request.email, request.phone) if part]
    return {"form": request.form.channel.name, "said": said}


register_panel(
    Panel(
        key="webform.sender",
        title=gettext_lazy("Web form"),
        page="ticket.card",
        slot="side",
        template="webform/panels/sender.html",
        context=context,
        order=80,
    )
)
