"""What mail does when something happens in the house."""

from otklik.channels.email.outbox.freeze import freeze_replies
from otklik.core.events import StoredEvent, subscriber


@subscriber("email.deliveries", "message.sent", inside=True, order=50)
def queue_replies(events: list[StoredEvent]) -> None:
    """Freeze an answer and its deliveries in the transaction that writes it."""
    freeze_replies([event.data["message_id"] for event in events])
