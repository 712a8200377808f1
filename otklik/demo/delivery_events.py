"""What happened to each mail that went out, told on its ticket as the sender would have told it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from otklik.channels.email.events import outgoing as events
from otklik.channels.email.models import Delivery, DeliveryState
from otklik.core.events import Event
from otklik.core.events.base import to_data
from otklik.demo.quick import insert

FATE_AFTER: Final = timedelta(seconds=40)


def write_delivery_events(deliveries: Sequence[Delivery]) -> None:
    """Tell on the ticket what happened to each mail; what went well is told silently, as the sender does."""
    made: list[tuple[datetime, events.DeliveryEvent]] = []
    for row in deliveries:
        assert row.outgoing.ticket is not None
        facts: dict[str, Any] = {
            "subject_id": row.outgoing.ticket_id,
            "team_id": row.outgoing.ticket.team_id,
            "delivery_id": row.pk,
            "message_id": row.outgoing.ticket_message_id,
            "recipient": row.recipient,
        }
        if row.sent_at is not None:
            made.append((row.sent_at, events.MailSent(**facts)))
        at = row.first_queued_at + FATE_AFTER
        if row.state == DeliveryState.BOUNCED:
            made.append((at, events.MailBounced(**facts, code=row.error_code, status="5.1.1", response=row.response)))
        elif row.state == DeliveryState.FAILED:
            made.append(
                (at + timedelta(days=2), events.MailFailed(**facts, code=row.error_code, response=row.response))
            )
        elif row.state == DeliveryState.UNCERTAIN:
            made.append((at, events.MailUncertain(**facts, code=row.error_code, repeats=False)))
    insert([_event(at, event) for at, event in sorted(made, key=lambda pair: pair[0])])


def _event(at: datetime, event: events.DeliveryEvent) -> Event:
    return Event(
        at=at,
        kind=event.kind,
        version=event.version,
        actor_kind="system",
        actor_name="Otklik",
        subject_kind=event.subject_kind,
        subject_id=event.subject_id,
        data=to_data(event),
    )
