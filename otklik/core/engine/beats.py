"""Whether the loops of all processes are well: kept in memory, written to a table, read by ``/readyz`` and pages."""

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import models

from otklik.core.claims import worker_name
from otklik.core.clock import now

WRITE_EVERY = 10.0
"""Seconds between two writings of the table."""
SILENT_AFTER = timedelta(seconds=60)
"""A loop that has not been heard of for so long counts as stuck or dead."""


class Heartbeat(models.Model):
    """One loop of one process, as it was at ``beat_at``."""

    process = models.CharField(max_length=120)
    name = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    restarts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=1000, default="")
    last_error_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["process", "name"], name="core_heartbeat_once")]

    def __str__(self) -> str:
        """Return the loop and its process."""
        return f"{self.name} in {self.process}"


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """What is known of one loop."""

    name: str
    started_at: datetime
    beat_at: datetime
    restarts: int = 0
    last_error: str = ""
    last_error_at: datetime | None = None
    process: str = ""

    @property
    def alive(self) -> bool:
        """Whether it was heard of lately."""
        return now() - self.beat_at < SILENT_AFTER


_lock = threading.Lock()
_local: dict[str, ServiceHealth] = {}
_current = threading.local()


def expect(name: str) -> None:
    """Enter a loop that is about to start."""
    at = now()
    with _lock:
        _local[name] = ServiceHealth(name=name, started_at=at, beat_at=at, process=worker_name())


def begin(name: str, *, again: bool = False) -> None:
    """Let this thread be the loop ``name``; ``again`` counts a restart."""
    _current.name = name
    with _lock:
        known = _local[name]
        _local[name] = replace(known, beat_at=now(), restarts=known.restarts + again)


def beat(name: str | None = None) -> None:
    """Say that the loop of this thread (or ``name``) goes on; long work inside a loop calls it now and then."""
    who = name or getattr(_current, "name", None)
    if who is None:
        return
    with _lock:
        if who in _local:
            _local[who] = replace(_local[who], beat_at=now())


def failed(name: str, error: str) -> None:
    """Keep the error that ended a loop."""
    with _lock:
        if name in _local:
            _local[name] = replace(_local[name], last_error=error[:1000], last_error_at=now())


def forget() -> None:
    """Empty the memory of this process (a new engine, tests)."""
    with _lock:
        _local.clear()


def local_health() -> list[ServiceHealth]:
    """Return the loops of this process."""
    with _lock:
        return list(_local.values())


def write_health() -> None:
    """Write the loops of this process to the table, in one statement."""
    rows = [
        Heartbeat(
            process=item.process,
            name=item.name,
            started_at=item.started_at,
            beat_at=item.beat_at,
            restarts=item.restarts,
            last_error=item.last_error,
            last_error_at=item.last_error_at,
        )
        for item in local_health()
    ]
    if rows:
        Heartbeat.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["process", "name"],
            update_fields=["beat_at", "restarts", "last_error", "last_error_at"],
        )


def remove_health() -> None:
    """Take the loops of this process out of the table: it ended as it should."""
    Heartbeat.objects.filter(process=worker_name()).delete()


def health() -> list[ServiceHealth]:
    """Return the loops of all processes as last written, the newest of each name first."""
    return [
        ServiceHealth(
            name=row.name,
            started_at=row.started_at,
            beat_at=row.beat_at,
            restarts=row.restarts,
            last_error=row.last_error,
            last_error_at=row.last_error_at,
            process=row.process,
        )
        for row in Heartbeat.objects.order_by("name", "-beat_at")
    ]


def healthy(names: list[str] | None = None) -> dict[str, str]:
    """Return what is wrong, by loop: empty when every loop (or each of ``names``) was heard of lately somewhere."""
    newest: dict[str, ServiceHealth] = {}
    for item in health():
        newest.setdefault(item.name, item)
    wrong = {}
    for name in names if names is not None else list(newest):
        known = newest.get(name)
        if known is None:
            wrong[name] = "not running"
        elif not known.alive:
            wrong[name] = f"silent since {known.beat_at.isoformat(timespec='seconds')}"
    return wrong


def others(name: str) -> bool:
    """Tell whether the table knows a loop of this name in another process: one that runs, or one that died lately.

    A loop that ends as it should takes itself out; what was killed stays for an hour (``prune_heartbeats``).
    """
    return Heartbeat.objects.filter(name=name).exclude(process=worker_name()).exists()


def prune_heartbeats() -> int:
    """Remove processes that have been silent for an hour; return how many loops that were."""
    gone, _ = Heartbeat.objects.filter(beat_at__lt=now() - timedelta(hours=1)).delete()
    return gone
