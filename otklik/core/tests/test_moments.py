"""Moments: planned once, done once, by kind and in batches, whatever the clock and the handlers do."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from otklik.core.clock import now
from otklik.core.leases import Lease
from otklik.core.moments import (
    Moment,
    clear_moment,
    clear_moments,
    handlers,
    moment_handler,
    next_moment_at,
    run_due_moments,
    set_moment,
    set_moments,
)
from otklik.testing.tools import assert_statements

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """What the handler of ``box.ring`` was given, call by call."""
    monkeypatch.setattr(handlers, "_items", {})
    calls: list[list[int]] = []

    @moment_handler("box.ring")
    def ring(moments: list[Moment]) -> None:
        calls.append([moment.subject_id for moment in moments])

    return calls


def test_due_moments_are_done_in_one_batch_and_are_gone(done: list[list[int]]) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        with assert_statements(1):
            set_moments(
                [("box.ring", 90, number, NOON + timedelta(minutes=number), {"n": number}) for number in (1, 2, 9)]
            )
        assert next_moment_at() == NOON + timedelta(minutes=1)
        assert run_due_moments() == 0
        clock.shift(timedelta(minutes=5))
        assert run_due_moments() == 2
        assert run_due_moments() == 0
    assert done == [[1, 2]]
    assert Moment.objects.get().subject_id == 9


def test_a_moment_is_one_for_its_subject_and_moves(done: list[list[int]]) -> None:
    set_moment("box.ring", 90, 1, NOON)
    Moment.objects.update(attempts=4, last_error="x")
    set_moment("box.ring", 90, 1, NOON + timedelta(days=1), {"why": "later"})
    moment = Moment.objects.get()
    assert (moment.due_at, moment.run_at) == (NOON + timedelta(days=1), NOON + timedelta(days=1))
    assert (moment.data, moment.attempts, moment.last_error) == ({"why": "later"}, 0, "")
    assert clear_moment("box.ring", 90, 1)
    assert not clear_moment("box.ring", 90, 1)
    set_moments([("box.ring", 90, number, NOON, None) for number in range(3)])
    assert clear_moments("box.ring", 90, [0, 2, 7]) == 2
    assert set_moments([]) is None


def test_a_handler_may_set_the_moment_anew(done: list[list[int]]) -> None:
    @moment_handler("box.again")
    def again(moments: list[Moment]) -> None:
        for moment in moments:
            set_moment(moment.kind, moment.subject_kind, moment.subject_id, now() + timedelta(hours=1))

    with time_machine.travel(NOON, tick=False) as clock:
        set_moment("box.again", 90, 1, NOON)
        assert run_due_moments() == 1
        assert run_due_moments() == 0
        assert Moment.objects.get().due_at == NOON + timedelta(hours=1)
        clock.shift(timedelta(hours=1))
        assert run_due_moments() == 1


def test_poison_stops_only_itself_and_is_tried_again(done: list[list[int]]) -> None:
    @moment_handler("box.picky")
    def picky(moments: list[Moment]) -> None:
        for moment in moments:
            Lease.objects.create(name=f"did {moment.subject_id}", holder="x", expires_at=now())
            if moment.subject_id == 2:
                raise ValueError("poison")

    with time_machine.travel(NOON, tick=False) as clock:
        set_moments([("box.picky", 90, number, NOON, None) for number in (1, 2, 3)])
        set_moment("box.ring", 90, 7, NOON)
        run_due_moments()
        assert set(Lease.objects.values_list("name", flat=True)) == {"did 1", "did 3"}
        assert done == [[7]]
        moment = Moment.objects.get()
        assert (moment.subject_id, moment.attempts, moment.last_error) == (2, 1, "ValueError: poison")
        assert moment.due_at == NOON
        assert run_due_moments() == 0
        clock.shift(timedelta(seconds=10))
        assert run_due_moments() == 1
    assert Moment.objects.get().attempts == 2


def test_moments_that_nobody_handles_stay(done: list[list[int]]) -> None:
    set_moment("plugin.gone", 90, 1, NOON)
    with time_machine.travel(NOON + timedelta(days=1)):
        assert run_due_moments() == 0
        assert next_moment_at() is None
    assert Moment.objects.exists()


def test_a_clock_that_jumps_neither_repeats_nor_forgets(done: list[list[int]]) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        set_moment("box.ring", 90, 1, NOON + timedelta(hours=1))
        clock.shift(timedelta(hours=2))
        run_due_moments()
        clock.shift(-timedelta(hours=2))
        run_due_moments()
        clock.shift(timedelta(hours=2))
        run_due_moments()
        assert done == [[1]]
        set_moment("box.ring", 90, 2, NOON + timedelta(hours=3))
        clock.shift(-timedelta(days=1))
        run_due_moments()
        assert done == [[1]]
        clock.shift(timedelta(days=2))
        run_due_moments()
    assert done == [[1], [2]]


def test_the_due_are_found_by_their_index(done: list[list[int]]) -> None:
    plan = Moment.objects.filter(run_at__lte=NOON).order_by("run_at", "id")[:10].explain()
    if connection.vendor == "sqlite":
        assert "core_moment_due" in plan
        assert "TEMP B-TREE" not in plan
