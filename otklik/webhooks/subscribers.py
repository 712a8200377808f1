"""Writes down what is to be told to which webhook; the sender does the rest."""

from datetime import datetime

from otklik.core.events import StoredEvent, subscriber
from otklik.webhooks.actions.delivering import Fact, queue_facts
from otklik.webhooks.catalog import KINDS
from otklik.webhooks.dossier import blank_sent


@subscriber("webhooks.deliveries", *KINDS)
def queue_deliveries(events: list[StoredEvent]) -> None:
    """Queue one delivery for each event and each webhook that asks for it; told twice, queued once."""
    facts = [
        Fact(event.id, event.kind, event.subject_id, event.data, _held(event), event.subject_kind)
        for event in events
        if event.is_announced
    ]
    queue_facts(facts)


def _held(event: StoredEvent) -> datetime | None:
    """Return until when an answer can still be taken back; it is not told before."""
    held = event.data.get("not_before")
    return datetime.fromisoformat(held) if isinstance(held, str) else None


@subscriber("webhooks.purged", "ticket.purged", inside=True, order=60)
def blank_copies(events: list[StoredEvent]) -> None:
    """Blank what was sent of tickets that are deleted for ever."""
    blank_sent([event.subject_id for event in events])
