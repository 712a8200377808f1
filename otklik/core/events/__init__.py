"""The event log: one emitter (``record``), one fan-out (``subscriber``), one history (``timeline``)."""

from otklik.core.events.base import DomainEvent, StoredEvent, UnknownEvent, event_classes
from otklik.core.events.dispatch import dispatch_batch, retry_failures
from otklik.core.events.listening import Subscriber, subscriber, subscribers
from otklik.core.events.log import (
    LivePart,
    OutsideTransaction,
    last_seq,
    live_after,
    live_since,
    newest_events,
    record,
    record_many,
    scrub_subject,
    timeline,
    unannounced,
)
from otklik.core.events.models import Event, Failure, Live, Outbox

__all__ = [
    "DomainEvent",
    "Event",
    "Failure",
    "Live",
    "LivePart",
    "Outbox",
    "OutsideTransaction",
    "StoredEvent",
    "Subscriber",
    "UnknownEvent",
    "dispatch_batch",
    "event_classes",
    "last_seq",
    "live_after",
    "live_since",
    "newest_events",
    "record",
    "record_many",
    "retry_failures",
    "scrub_subject",
    "subscriber",
    "subscribers",
    "timeline",
    "unannounced",
]
