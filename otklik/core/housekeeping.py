"""Recurring work of the core itself: what has served its time goes."""

import logging
from datetime import timedelta

from otklik.core.blobs.sweeping import sweep
from otklik.core.cache import CacheEntry
from otklik.core.clock import now
from otklik.core.engine.beats import prune_heartbeats
from otklik.core.events.log import last_seq
from otklik.core.events.models import Live
from otklik.core.idempotency import prune_keys
from otklik.core.jobs import every, prune_jobs, task
from otklik.core.leases import Lease

logger = logging.getLogger(__name__)

LIVE_FOR = timedelta(days=1)
_SLICE = 5000


@task(priority=-10)
def prune() -> dict[str, int]:
    """Remove what is over: live lines of yesterday, ended jobs, old idempotency keys, silent processes, old leases."""
    at = now()
    return {
        "live": prune_live(),
        "jobs": prune_jobs(),
        "keys": prune_keys(),
        "heartbeats": prune_heartbeats(),
        "leases": Lease.objects.filter(expires_at__lt=at - LIVE_FOR).delete()[0],
        "cache": CacheEntry.objects.filter(expires__lt=at).delete()[0],
    }


@task(priority=-10, lease=1800)
def sweep_blobs() -> int:
    """Remove bytes that nobody refers to."""
    return sweep()


def prune_live() -> int:
    """Delete live lines older than a day, in slices so that no writer waits; return how many.

    The newest line stays however old it is: by it a stream knows that it has missed nothing.
    """
    gone, newest = 0, last_seq()
    while True:
        past = Live.objects.filter(at__lt=now() - LIVE_FOR, seq__lt=newest)
        old = list(past.order_by("seq").values_list("seq", flat=True)[:_SLICE])
        if not old:
            return gone
        gone += Live.objects.filter(seq__gte=old[0], seq__lte=old[-1]).delete()[0]


every(timedelta(hours=1), "core.prune", prune)
every(timedelta(days=1), "core.sweep_blobs", sweep_blobs, offset=timedelta(hours=1))
