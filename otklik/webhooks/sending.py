"""The service that calls receivers: webhooks side by side, one call at a time for each, so that a slow one holds up
nobody else."""

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import DatabaseError, connections

from otklik.core.claims import worker_name
from otklik.core.clock import now
from otklik.core.engine import wait_for_wake
from otklik.core.secrets import SecretUnreadable, unseal
from otklik.webhooks.actions import delivering
from otklik.webhooks.client import Outcome, call
from otklik.webhooks.models import Delivery
from otklik.webhooks.payload import body_of

log = logging.getLogger(__name__)
AT_ONCE = 6
IN_A_ROW = 50
LONGEST_REST = 15.0


def drain(webhook_id: int, *, stop: threading.Event | None = None, most: int = IN_A_ROW) -> int:
    """Make the calls that are due for one webhook, in order; return how many were made."""
    made = 0
    while made < most and not (stop and stop.is_set()):
        delivery = delivering.claim_next(webhook_id, worker_name())
        if delivery is None:
            break
        outcome = _attempt(delivery)
        if outcome is None:
            delivering.cancel(delivery)
            continue
        made += 1
        delivering.note(delivery, outcome)
        log.info("webhook %s: %s", webhook_id, outcome.error or outcome.status)
    return made


def _attempt(delivery: Delivery) -> Outcome | None:
    if not delivery.body:
        body = body_of(delivery)
        if body is None:
            return None
        delivering.keep_body(delivery, body)
    try:
        secret = unseal(delivery.webhook.secret)
    except SecretUnreadable:
        return Outcome(None, "secret", "", 0)
    return call(delivery.webhook.url, secret, delivery.body.encode())


def run(stop: threading.Event) -> None:
    """Run the service until ``stop``; a call that is being made is finished first."""
    busy: dict[int, Future[int]] = {}
    pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="webhooks")
    try:
        while not stop.is_set():
            rest = 1.0
            try:
                _start(pool, busy, stop)
                rest = _rest(bool(busy))
            except DatabaseError:
                log.warning("webhooks cannot be read now", exc_info=True)
                connections.close_all()
            wait_for_wake(delivering.SERVICE, rest)
    finally:
        pool.shutdown(wait=True)
        connections.close_all()


def _start(pool: ThreadPoolExecutor, busy: dict[int, Future[int]], stop: threading.Event) -> None:
    for webhook_id in [key for key, work in busy.items() if work.done()]:
        if error := busy.pop(webhook_id).exception():
            log.error("webhook %s broke off", webhook_id, exc_info=error)
            stop.wait(1.0)
    for webhook_id in delivering.due(now()).order_by().values_list("webhook_id", flat=True).distinct():
        if webhook_id not in busy and len(busy) < AT_ONCE:
            busy[webhook_id] = pool.submit(_drain, webhook_id, stop)
            busy[webhook_id].add_done_callback(lambda _ended: delivering.wake_sender())


def _drain(webhook_id: int, stop: threading.Event) -> int:
    try:
        return drain(webhook_id, stop=stop)
    finally:
        connections.close_all()


def _rest(working: bool) -> float:
    """Return how many seconds to wait at most: until the next delivery is due."""
    if working:
        return 1.0
    rows = Delivery.objects.filter(run_at__isnull=False).order_by("run_at").values_list("run_at", flat=True)
    following = rows.first()
    if following is None:
        return LONGEST_REST
    return min(LONGEST_REST, max(1.0, (following - now()).total_seconds()))
