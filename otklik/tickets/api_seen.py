"""What the API says of an answer whose author has not read everything."""

from collections.abc import Iterator
from contextlib import contextmanager

from otklik.core.errors import Conflict
from otklik.tickets.actions import Unseen
from otklik.tickets.models import Message
from otklik.tickets.public import messages_json


@contextmanager
def naming_unseen() -> Iterator[None]:
    """Let a conflict over messages that came meanwhile carry them as their public JSON."""
    try:
        yield
    except Unseen as unseen:
        rows = Message.objects.select_related("channel").filter(pk__in=[row.pk for row in unseen.messages])
        came = messages_json(list(rows.prefetch_related("attachments").order_by("pk")))
        raise Conflict(unseen.message, current={"messages": came}) from unseen
