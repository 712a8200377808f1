"""What others select from the channels room."""

from django.db.models import QuerySet

from otklik.accounts.policies import can
from otklik.channels.models import Connection
from otklik.core.actor import Actor


def visible_to(actor: Actor | None) -> QuerySet[Connection]:
    """Return the connections an actor may see: those who may change settings see all, others none."""
    if actor is not None and can(actor, "settings.edit"):
        return Connection.objects.select_related("channel")
    return Connection.objects.none()


def connected(kind: str) -> QuerySet[Connection]:
    """Return the connections in use of one kind, oldest first; for the services that drive them."""
    return (
        Connection.objects.select_related("channel")
        .filter(enabled=True, channel__enabled=True, channel__kind=kind)
        .order_by("id")
    )
