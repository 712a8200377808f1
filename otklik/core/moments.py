"""Everything that happens at a time and has no row of its own: one indexed table, one loop, handlers by kind."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

from otklik.core.claims import back_off
from otklik.core.clock import now
from otklik.core.engine.bell import wake
from otklik.core.registry import Registry

logger = logging.getLogger(__name__)


class Moment(models.Model):
    """Something to be done for a subject at ``due_at``; one per kind and subject. ``run_at`` adds the back-off."""

    kind = models.CharField(max_length=64)
    subject_kind = models.SmallIntegerField()
    subject_id = models.BigIntegerField()
    due_at = models.DateTimeField()
    run_at = models.DateTimeField()
    data = models.JSONField(default=dict)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=1000, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_kind", "subject_id"], name="core_moment_once"),
        ]
        indexes = [models.Index(fields=["run_at", "id"], name="core_moment_due")]

    def __str__(self) -> str:
        """Return kind and subject."""
        return f"{self.kind} {self.subject_kind}:{self.subject_id}"


Handler = Callable[[list[Moment]], None]
handlers: Registry[Handler] = Registry("moment handlers")


def moment_handler(kind: str) -> Callable[[Handler], Handler]:
    """Declare what is done with the due moments of a kind.

    The handler gets a list, runs in a transaction in which the moments are gone already (it may set them anew), and
    calls actions; database only. What it does and the moments' end commit together, so each is done exactly once.
    """

    def declare(function: Handler) -> Handler:
        handlers.register(kind, function)
        return function

    return declare


def set_moment(
    kind: str, subject_kind: int, subject_id: int, due_at: datetime, data: Mapping[str, Any] | None = None
) -> None:
    """Plan a moment, or move the one that is planned. See ``set_moments``."""
    set_moments([(kind, subject_kind, subject_id, due_at, data)])


def set_moments(items: Iterable[tuple[str, int, int, datetime, Mapping[str, Any] | None]]) -> None:
    """Plan many moments in one statement; those planned already for kind and subject are moved."""
    unique = {
        (kind, subject_kind, subject_id): Moment(
            kind=kind,
            subject_kind=subject_kind,
            subject_id=subject_id,
            due_at=due_at,
            run_at=due_at,
            data=dict(data or {}),
        )
        for kind, subject_kind, subject_id, due_at, data in items
    }
    if not unique:
        return
    Moment.objects.bulk_create(
        unique.values(),
        update_conflicts=True,
        unique_fields=["kind", "subject_kind", "subject_id"],
        update_fields=["due_at", "run_at", "data", "attempts", "last_error"],
    )
    transaction.on_commit(_wake)


def clear_moment(kind: str, subject_kind: int, subject_id: int) -> bool:
    """Forget a moment; tell whether there was one."""
    return clear_moments(kind, subject_kind, [subject_id]) > 0


def clear_moments(kind: str, subject_kind: int, subject_ids: Sequence[int]) -> int:
    """Forget the moments of a kind for many subjects in one statement; return how many there were."""
    if not subject_ids:  # every mail asks this, nearly always for nobody
        return 0
    gone, _ = Moment.objects.filter(kind=kind, subject_kind=subject_kind, subject_id__in=subject_ids).delete()
    return gone


def next_moment_at() -> datetime | None:
    """Return when the next moment comes that somebody handles, or None."""
    rows = Moment.objects.filter(kind__in=handlers.keys())
    return rows.order_by("run_at").values_list("run_at", flat=True).first()


def run_due_moments(limit: int = 200) -> int:
    """Do what is due: take up to ``limit`` moments, call each kind's handler once, commit once. Return how many.

    When a handler fails on its list, the list is repeated one by one; a moment that fails alone waits with growing
    pauses and keeps its error. Moments of a kind that nobody handles stay.
    """
    due = Moment.objects.filter(run_at__lte=now(), kind__in=handlers.keys()).order_by("run_at", "id")
    if not connection.in_atomic_block and not due.exists():
        return 0
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=True)[:limit])
        by_kind: dict[str, list[Moment]] = defaultdict(list)
        for row in rows:
            by_kind[row.kind].append(row)
        for kind, moments in by_kind.items():
            if len(moments) == 1 or _handle(kind, moments) is not None:
                for moment in moments:
                    _handle_alone(moment)
    return len(rows)


def _handle(kind: str, moments: list[Moment]) -> Exception | None:
    try:
        with transaction.atomic():
            Moment.objects.filter(pk__in=[moment.pk for moment in moments]).delete()
            handlers[kind](moments)
    except Exception as error:
        logger.exception("The handler of moments “%s” failed on %d of them.", kind, len(moments))
        return error
    return None


def _handle_alone(moment: Moment) -> None:
    error = _handle(moment.kind, [moment])
    if error is not None:
        attempts = moment.attempts + 1
        Moment.objects.filter(pk=moment.pk).update(
            attempts=attempts, run_at=now() + back_off(attempts, base=5), last_error=describe_error(error)
        )


def describe_error(error: BaseException, limit: int = 1000) -> str:
    """Return an error's kind and text, short enough for a column."""
    return f"{type(error).__name__}: {error}"[:limit]


def _wake() -> None:
    wake("moments")
