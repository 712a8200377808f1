"""Telling after the commit: batches, isolation, retries, the live stream, races."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection, transaction

from otklik.core.clock import now
from otklik.core.events import (
    Failure,
    Live,
    Outbox,
    StoredEvent,
    dispatch_batch,
    last_seq,
    live_since,
    record_many,
    retry_failures,
    subscriber,
    subscribers,
)
from otklik.core.events.dispatch import MAX_ATTEMPTS, next_retry_at, retry_now
from otklik.core.leases import Lease
from otklik.core.tests.samples import ANNA, BoxClosed, BoxOpened
from otklik.testing.tools import assert_statements

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_foreign_listeners(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscribers, "_items", {})


def _record(count: int) -> list[int]:
    with transaction.atomic():
        return [row.pk for row in record_many([(BoxOpened(subject_id=n, team_id=n), ANNA) for n in range(count)])]


def _mark(name: str) -> None:
    """Write an effect: the core has no room's table, so a lease row stands for it."""
    Lease.objects.create(name=name, holder="test", expires_at=now())


def test_a_batch_is_told_once_in_order_in_a_handful_of_statements() -> None:
    told: list[list[int]] = []
    subscriber("first", "box.*")(lambda events: told.append([event.id for event in events]))
    subscriber("deaf", "ship.*")(lambda events: told.append([]))
    ids = _record(230)
    with assert_statements(7):
        assert dispatch_batch() == 200
    assert told == [ids[:200]]
    assert dispatch_batch() == 30
    assert dispatch_batch() == 0
    assert told == [ids[:200], ids[200:]]
    assert not Outbox.objects.exists()


def test_one_failing_subscriber_harms_no_other_and_only_its_poison_waits() -> None:
    told: list[int] = []

    @subscriber("picky", "box.opened")
    def picky(events: list[StoredEvent]) -> None:
        for event in events:
            _mark(f"picky:{event.id}")
            if event.subject_id == 2:
                raise ValueError("poison")

    subscriber("calm", "box.opened")(lambda events: told.extend(event.id for event in events))
    ids = _record(5)
    assert dispatch_batch() == 5
    assert told == ids
    kept = {f"picky:{pk}" for pk in ids if pk != ids[2]}
    assert set(Lease.objects.values_list("name", flat=True)) == kept
    failure = Failure.objects.get()
    assert (failure.event_id, failure.subscriber, failure.attempts) == (ids[2], "picky", 1)
    assert failure.last_error == "ValueError: poison"
    assert not Outbox.objects.exists()


def test_an_outage_is_no_failure_of_a_subscriber() -> None:
    """Everything is told later; nothing is counted, and no list is tried one by one against a database that is away."""
    _record(3)
    calls: list[int] = []

    def away(events: list[StoredEvent]) -> None:
        calls.append(len(events))
        raise OperationalError("database or disk is full")

    subscriber("away", "box.*")(away)
    with pytest.raises(OperationalError), transaction.atomic():
        dispatch_batch()
    assert (calls, Failure.objects.count(), Outbox.objects.count()) == ([3], 0, 3)


def test_a_failure_is_told_again_when_due_and_forgotten_when_it_succeeds() -> None:
    healthy = False
    told: list[int] = []

    @subscriber("recovering", "box.opened")
    def recovering(events: list[StoredEvent]) -> None:
        if not healthy:
            raise RuntimeError("away")
        told.extend(event.id for event in events)

    with time_machine.travel("2026-11-01T12:00:00Z", tick=False) as clock:
        (pk,) = _record(1)
        dispatch_batch()
        assert retry_failures() == 0, "not before its time"
        clock.shift(timedelta(seconds=5))
        assert retry_failures() == 1
        failure = Failure.objects.get()
        assert failure.attempts == 2
        assert failure.run_at is not None
        assert failure.run_at > now()
        assert next_retry_at() == failure.run_at
        healthy = True
        clock.shift(timedelta(minutes=1))
        assert retry_failures() == 1
        assert told == [pk]
        assert not Failure.objects.exists()
        assert retry_failures() == 0
    assert next_retry_at() is None


def test_a_hopeless_failure_is_parked_and_can_be_tried_by_hand() -> None:
    @subscriber("hopeless", "box.opened")
    def hopeless(events: list[StoredEvent]) -> None:
        raise RuntimeError("for ever")

    _record(1)
    dispatch_batch()
    Failure.objects.update(attempts=MAX_ATTEMPTS - 1, run_at=now())
    assert retry_failures() == 1
    failure = Failure.objects.get()
    assert failure.run_at is None
    assert retry_failures() == 0
    assert retry_now(failure.pk)
    assert retry_failures() == 1
    assert not retry_now(failure.pk + 1)


def test_failures_of_a_subscriber_that_is_gone_stay() -> None:
    subscriber("leaving", "box.opened")(lambda events: 1 / 0)
    _record(1)
    dispatch_batch()
    subscribers.unregister("leaving")
    Failure.objects.update(run_at=now())
    assert retry_failures() == 0
    assert Failure.objects.exists()


def test_the_live_stream_has_a_line_for_every_event() -> None:
    before = last_seq()
    ids = _record(3)
    with transaction.atomic():
        record_many([(BoxClosed(subject_id=9), ANNA)])
    dispatch_batch()
    lines = live_since(before)
    assert [(line.topic, line.subject_id, line.team_id) for line in lines] == [
        ("box.opened", 0, 0),
        ("box.opened", 1, 1),
        ("box.opened", 2, 2),
        ("box.closed", 9, None),
    ]
    assert [line.event_id for line in lines][:3] == ids
    assert live_since(lines[1].seq, limit=1) == [lines[2]]
    assert last_seq() == lines[-1].seq


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_tell_each_event_once() -> None:
    @subscriber("marking", "box.opened")
    def marking(events: list[StoredEvent]) -> None:
        for event in events:
            _mark(f"told:{event.id}")

    ids = _record(300)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            while dispatch_batch(limit=20):
                pass
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    while dispatch_batch():  # rows that a neighbour held when a thread saw nothing else
        pass
    assert Lease.objects.count() == len(ids)
    assert Live.objects.count() == len(ids)
    assert not Failure.objects.exists()
    assert not Outbox.objects.exists()
