"""Writes events: inside the transaction of the change, with the outbox row that gets them told."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from otklik.core.actor import Actor
from otklik.core.bulk import insert_rows, new_row
from otklik.core.clock import now
from otklik.core.engine.bell import wake
from otklik.core.events.base import UNANNOUNCED, DomainEvent, StoredEvent, event_classes, to_data
from otklik.core.events.listening import inside_subscribers
from otklik.core.events.models import Event, Live, Outbox
from otklik.core.prepared import Found, Prepared


class OutsideTransaction(RuntimeError):
    """An event was recorded outside a transaction: it could be lost, or told although the change was undone."""


_unannounced: ContextVar[bool] = ContextVar("unannounced", default=False)


@contextmanager
def unannounced() -> Iterator[None]:
    """Mark what is recorded inside as history that is written down late: whoever tells people or programs of events
    leaves it out (``StoredEvent.is_announced``)."""
    before = _unannounced.set(True)
    try:
        yield
    finally:
        _unannounced.reset(before)


def record(event: DomainEvent, *, by: Actor, cause: int | None = None) -> Event:
    """Record one event done by ``by``; ``cause`` is the event that made it happen. See ``record_many``."""
    return record_many([(event, by)], cause=cause)[0]


def record_many(items: Sequence[tuple[DomainEvent, Actor]], *, cause: int | None = None) -> list[Event]:
    """Record events in two statements and run the inside subscribers, each with the list of what it listens to.

    Returns the rows in the order given. Raises ``OutsideTransaction``; what an inside subscriber raises goes on to
    the caller and undoes the change.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction("Events are recorded only inside a transaction.")
    if not items:
        return []
    at = now()
    rows = insert_rows([_row(event, by, at, cause) for event, by in items])
    insert_rows([new_row(Outbox, event_id=row.pk) for row in rows])
    _wake_after_commit()
    _tell_inside([row.stored() for row in rows], [event for event, _ in items])
    return rows


def _row(event: DomainEvent, by: Actor, at: datetime, cause: int | None) -> Event:
    if event_classes.get(event.kind) is not type(event):
        raise TypeError(f"{type(event).__qualname__} has no kind of its own.")
    return new_row(
        Event,
        at=at,
        kind=event.kind,
        version=event.version,
        actor_kind=by.kind,
        actor_id=by.id,
        actor_name=by.name[:200],
        subject_kind=event.subject_kind,
        subject_id=event.subject_id,
        cause_id=cause,
        data=to_data(event) | {UNANNOUNCED: True} if _unannounced.get() else to_data(event),
    )


def _tell_inside(stored: list[StoredEvent], events: list[DomainEvent]) -> None:
    for row, event in zip(stored, events, strict=True):
        row.__dict__["event"] = event  # known already: no need to build it from the data again
    for subscriber in inside_subscribers():
        if heard := [row for row in stored if subscriber.hears(row.kind)]:
            subscriber.tell(heard)


def wake_dispatcher() -> None:
    """Tell the engine that the outbox has something."""
    wake("outbox")


def _wake_after_commit() -> None:
    """Wake the engine once a transaction, however many events it records."""
    if not any(entry[1] is wake_dispatcher for entry in connection.run_on_commit):
        transaction.on_commit(wake_dispatcher)


def timeline(
    subject_kind: int, subject_id: int, after_id: int = 0, limit: int = 200, *, silent: bool = False
) -> list[StoredEvent]:
    """Return the history of a subject, oldest first, after the event ``after_id``; silent events only when asked."""
    left_out = () if silent else _quiet((), len(event_classes))
    return [row.stored() for row in _history(left_out, limit)(subject_kind, subject_id, after_id)]


def newest_events(subject_kind: int, subject_id: int, limit: int, without: tuple[str, ...]) -> Found[Event]:
    """Return the newest of a subject's events as rows, the newest first, without the silent ones and the kinds
    ``without`` (a card shows messages themselves, not that there was one): for a reader who keeps what he makes."""
    return _newest(_quiet(without, len(event_classes)), limit).found(subject_kind, subject_id)


@lru_cache(maxsize=32)
def _quiet(without: tuple[str, ...], _classes: int) -> tuple[str, ...]:
    """Return the kinds that a history leaves out; the number of classes tells when a plugin has brought more."""
    return tuple({kind: True for kind, cls in event_classes.items() if cls.silent} | dict.fromkeys(without))


@lru_cache(maxsize=32)
def _history(quiet: tuple[str, ...], limit: int) -> Prepared[Event]:
    def build(subject_kind: int, subject_id: int, after_id: int) -> QuerySet[Event]:
        return _told(subject_kind, subject_id, quiet).filter(id__gt=after_id).order_by("id")[:limit]

    return Prepared(build)


@lru_cache(maxsize=32)
def _newest(quiet: tuple[str, ...], limit: int) -> Prepared[Event]:
    return Prepared(lambda kind, number: _told(kind, number, quiet).order_by("-id")[:limit])


def _told(subject_kind: int, subject_id: int, quiet: tuple[str, ...]) -> QuerySet[Event]:
    rows = Event.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
    return rows.exclude(kind__in=quiet) if quiet else rows


def live_since(seq: int, limit: int = 500) -> list[Live]:
    """Return what changed after ``seq``, in the order of commits."""
    return list(Live.objects.filter(seq__gt=seq).order_by("seq")[:limit])


@dataclass(frozen=True, slots=True)
class LivePart:
    """Lines of the live stream after a place. ``lost``: some of them are not kept any more, or the place is of
    another history (a restored backup)."""

    rows: list[Live]
    lost: bool


def live_after(seq: int, limit: int = 500) -> LivePart:
    """Return up to ``limit`` lines after ``seq`` and whether any are missing, in one statement.

    The line ``seq`` itself is read along: while it stands nothing after it is gone, because lines go oldest first and
    the newest always stays. Numbers follow the order of commits (see the dispatcher), so a later look finds no earlier
    one; 0 is the place before the first line.
    """
    rows = list(Live.objects.filter(seq__gte=seq).order_by("seq")[: limit + 1])
    if rows and rows[0].seq == seq:
        return LivePart(rows[1:], lost=False)
    return LivePart(rows[:limit], lost=bool(seq) or bool(rows and rows[0].seq > 1))


def last_seq() -> int:
    """Return the newest place in the live stream, 0 when it is empty."""
    return Live.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def scrub_subject(
    subject_kind: int,
    subject_id: int,
    *,
    blank_actor: tuple[str, int] | None = None,
    only: Callable[[dict[str, Any]], bool] | None = None,
) -> int:
    """Blank what tells who a person is in all events of a subject; return how many rows changed.

    The one exception to "never updated": the right of a person to be forgotten. With ``blank_actor`` (kind, id) the
    name of that actor goes too, wherever he acted. ``only`` picks events by their data: of a subject that several
    persons share.
    """
    changed = []
    for row in Event.objects.filter(subject_kind=subject_kind, subject_id=subject_id).order_by("id"):
        if only is not None and not only(row.data):
            continue
        cls = event_classes.get(row.kind)
        data = cls.scrub(dict(row.data)) if cls else {}
        if data != row.data:
            row.data = data
            changed.append(row)
    Event.objects.bulk_update(changed, ["data"], batch_size=500)
    if blank_actor:
        kind, actor_id = blank_actor
        Event.objects.filter(actor_kind=kind, actor_id=actor_id).update(actor_name="")
    return len(changed)
