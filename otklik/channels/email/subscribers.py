"""What mail does when something happens in the house."""

from datetime import datetime

from otklik.channels.email.actions.blanking import blank_purged
from otklik.channels.email.outbox.actions import cancel
from otklik.channels.email.outbox.freeze import freeze_replies
from otklik.channels.email.outbox.freeze_sides import freeze_sides
from otklik.core.errors import Conflict
from otklik.core.events import StoredEvent, subscriber


@subscriber("email.deliveries", "message.sent", inside=True, order=50)
def queue_replies(events: list[StoredEvent]) -> None:
    """Freeze an answer and its deliveries in the transaction that writes it."""
    held = {event.data["message_id"]: event.data.get("not_before") for event in events}
    freeze_replies(list(held), not_before={pk: datetime.fromisoformat(at) for pk, at in held.items() if at})


@subscriber("email.side_deliveries", "side.sent", inside=True, order=50)
def queue_side_letters(events: list[StoredEvent]) -> None:
    """Freeze a letter to a third party and its deliveries in the transaction that writes it."""
    held = {event.data["message_id"]: event.data.get("not_before") for event in events}
    freeze_sides(list(held), not_before={pk: datetime.fromisoformat(at) for pk, at in held.items() if at})


@subscriber("email.unsent", "message.unsent", "side.unsent", inside=True, order=50)
def take_replies_back(events: list[StoredEvent]) -> None:
    """Take back the mails of an answer that is being undone; refuse when one of them is on its way."""
    if not cancel([event.data["message_id"] for event in events]):
        raise Conflict


@subscriber("email.purged", "ticket.purged", inside=True, order=50)
def blank_mail(events: list[StoredEvent]) -> None:
    """Blank the mail of tickets that are deleted for ever, while it is still known which that is."""
    for event in events:
        blank_purged(event.subject_id)
