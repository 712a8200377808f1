"""Figures of the desk for Prometheus at ``/metrics``: for this machine, or for whoever has the token.

Each web process counts its own requests in memory (a few microseconds each). Only one process answers a given question,
so every figure that comes from memory carries the name of its process; queues, states and beats come from the database
and are the same from whoever answers. Labels hold routes, states and names of services, never what people wrote.
"""

import hmac
import os
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from otklik import __version__
from otklik.config.timings import line, requests
from otklik.core import engine, health
from otklik.core.cached import kept_for
from otklik.core.clock import now

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[dict[str, str], float]


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all figures; 404 for a stranger, as for a page that is not there."""
    if not _may(request):
        raise Http404
    return HttpResponse("\n".join([*_lines(), ""]), content_type=_CONTENT_TYPE)


def _may(request: HttpRequest) -> bool:
    """Let in who shows the token; without one in the settings, this machine.

    Behind a proxy that is not named as trusted everybody seems to come from this machine: then nobody is let in.
    """
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    if settings.BASE_URL.startswith("https:") and not settings.TRUSTED_PROXIES:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _lines() -> Iterator[str]:
    yield from _family("otklik_info", "gauge", "Version of the program and of the database.", [_info()])
    try:
        yield from _queues()
        yield from _states()
        yield from _beats()
    except DatabaseError:
        yield from _family("otklik_database_up", "gauge", "Whether the database answers.", [({}, 0)])
    else:
        yield from _family("otklik_database_up", "gauge", "Whether the database answers.", [({}, 1)])
    yield from _family("otklik_process_memory_bytes", "gauge", "Resident memory of our processes here.", _memory())
    yield from requests.lines()


def _info() -> Sample:
    return {"version": __version__, "database": connection.vendor}, 1


def _queues() -> Iterator[str]:
    at = now()
    ages: list[Sample] = []
    limits: list[Sample] = []
    for key, queue in health.queues.items():
        oldest = queue.oldest()
        ages.append(({"queue": key}, max(0.0, (at - oldest).total_seconds()) if oldest else 0.0))
        limits.append(({"queue": key}, queue.limit.total_seconds()))
    yield from _family("otklik_queue_age_seconds", "gauge", "How long the oldest due row of a queue waits.", ages)
    yield from _family("otklik_queue_limit_seconds", "gauge", "The age at which a queue counts as stuck.", limits)


@kept_for(15, "metrics")
def mail_states() -> list[tuple[str, str, list[Sample]]]:
    """Count mails by state; the tables grow for ever, so a scraper in a hurry gets the counts of the last one."""
    from otklik.channels.email.models import Delivery, Inbound

    families: list[tuple[str, str, list[Sample]]] = []
    for name, text, model in (
        ("otklik_mail_in", "Received mails by where they are.", Inbound),
        ("otklik_mail_out", "Mails to single recipients by state.", Delivery),
    ):
        rows = model._default_manager.order_by().values_list("state").annotate(Count("pk"))
        families.append((name, text, [({"state": str(state)}, count) for state, count in rows]))
    return families


def _states() -> Iterator[str]:
    from otklik.core.leases import Lease

    for name, text, samples in mail_states():
        yield from _family(name, "gauge", text, samples)
    held = Lease.objects.filter(expires_at__gt=now()).count()
    yield from _family("otklik_leases_held", "gauge", "Work that one process has to itself now.", [({}, held)])


def _beats() -> Iterator[str]:
    newest: dict[str, engine.ServiceHealth] = {}
    for item in engine.health():
        newest.setdefault(item.name, item)
    at = now()
    ages: list[Sample] = [({"service": n}, (at - item.beat_at).total_seconds()) for n, item in newest.items()]
    restarts: list[Sample] = [({"service": n}, item.restarts) for n, item in newest.items()]
    yield from _family("otklik_service_silent_seconds", "gauge", "How long a loop was not heard of.", ages)
    yield from _family("otklik_service_restarts", "gauge", "How often a loop was started again.", restarts)


def _memory() -> Iterator[Sample]:
    """Read the resident memory of the desk's processes on this machine (Linux); elsewhere nothing."""
    page = os.sysconf("SC_PAGE_SIZE")
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            name = (entry / "comm").read_text(encoding="utf-8").strip()
            if name.startswith("otklik"):
                resident = int((entry / "statm").read_text(encoding="ascii").split()[1])
                yield {"name": name, "process": entry.name}, resident * page
        except OSError:
            continue  # it has just ended, or belongs to somebody else


def _family(name: str, kind: str, text: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield line(name, labels, value)
