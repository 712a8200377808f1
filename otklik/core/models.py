"""All tables of the core, gathered for Django; each is declared beside what works with it."""

from otklik.core.blobs.models import Blob
from otklik.core.cache import CacheEntry
from otklik.core.engine.beats import Heartbeat
from otklik.core.events.models import Event, Failure, Live, Outbox
from otklik.core.idempotency import IdempotencyKey
from otklik.core.jobs.models import Job
from otklik.core.leases import Lease
from otklik.core.moments import Moment
from otklik.core.settings_store.models import SettingValue, SettingVersion

__all__ = [
    "Blob",
    "CacheEntry",
    "Event",
    "Failure",
    "Heartbeat",
    "IdempotencyKey",
    "Job",
    "Lease",
    "Live",
    "Moment",
    "Outbox",
    "SettingValue",
    "SettingVersion",
]
