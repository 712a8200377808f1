"""Claiming rows that are work: one conditional update gives a row to one worker for a while.

Such a row has ``run_at`` (not before, back-off and end of the lease in one), ``worker`` and ``attempts``. A claim
moves ``run_at`` into the future; when the worker dies the row becomes due again by itself, with no reaper. On SQLite
the claim runs inside ``BEGIN IMMEDIATE``, on PostgreSQL with ``FOR UPDATE SKIP LOCKED``.
"""

import os
import random
import socket
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connections, transaction
from django.db.models import F, Model, QuerySet

from otklik.core.text import short_token


@lru_cache(maxsize=4)
def _process_name(pid: int) -> str:
    return f"{socket.gethostname()[:40]}:{pid}:{short_token()[:8]}"


def worker_name() -> str:
    """Return the name of this process as a worker: host, process, and a few random letters against reused numbers."""
    return _process_name(os.getpid())


def back_off(attempts: int, *, base: float = 2.0, cap: float = 3600.0) -> timedelta:
    """Return how long to wait after ``attempts`` failures: base, 2·base, 4·base … up to ``cap`` seconds, ±20 %."""
    pause = min(cap, base * 2.0 ** min(max(attempts - 1, 0), 30))
    return timedelta(seconds=pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreads retries, guards nothing


def claim[M: Model](
    queryset: QuerySet[M],
    now: datetime,
    lease: timedelta,
    limit: int,
    worker: str,
    **changes: Any,
) -> list[M]:
    """Give up to ``limit`` due rows of ``queryset`` (in its order) to ``worker`` until ``now + lease``.

    Sets ``attempts`` one higher and ``changes`` on the rows, in the database and in the returned objects, and commits
    when no transaction is open. Nothing due costs one read and takes no write lock.
    """
    due = queryset.filter(run_at__lte=now)
    connection = connections[queryset.db]
    if not connection.in_atomic_block and not due.exists():
        return []
    with transaction.atomic(using=queryset.db):
        rows = list(due.select_for_update(skip_locked=True, of=("self",))[:limit])
        if not rows:
            return []
        until = now + lease
        taken = queryset.model._default_manager.using(queryset.db).filter(pk__in=[row.pk for row in rows])
        taken.update(run_at=until, worker=worker, attempts=F("attempts") + 1, **changes)
    for row in rows:
        held: Any = row
        held.run_at, held.worker, held.attempts = until, worker, held.attempts + 1
        for name, value in changes.items():
            if not hasattr(value, "resolve_expression"):
                setattr(row, name, value)
    return rows


def finish(row: Model, **changes: Any) -> bool:
    """Write the outcome of a claimed row, only if it is still ours; false when the lease ran out and another has it.

    The number of attempts fences as well: a worker that claimed the same row again does not honour an old outcome.
    """
    held: Any = row
    mine = type(row)._default_manager.using(row._state.db).filter(pk=row.pk, worker=held.worker, attempts=held.attempts)
    if not mine.update(**changes):
        return False
    for name, value in changes.items():
        if not hasattr(value, "resolve_expression"):
            setattr(row, name, value)
    return True


def extend(row: Model, until: datetime) -> bool:
    """Push the end of the lease on while the work goes on; false when the row is no longer ours."""
    return finish(row, run_at=until)
