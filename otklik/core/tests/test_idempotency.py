"""Idempotent requests: once done, always the same answer; too early, another request, a crash, a race."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.core.idempotency import (
    Answer,
    IdempotencyKey,
    KeyReused,
    StillRunning,
    fingerprint,
    prune_keys,
    run_once,
)
from otklik.core.leases import Lease

pytestmark = pytest.mark.django_db


def _work(name: str) -> Callable[[], Answer]:
    def work() -> Answer:
        Lease.objects.create(name=name, holder="x", expires_at=now())
        return Answer(status=201, body=name.encode(), headers={"X": "1"})

    return work


def test_a_repeat_gets_the_kept_answer_and_does_nothing() -> None:
    first = run_once("user:1", "key", "same", _work("one"))
    second = run_once("user:1", "key", "same", _work("two"))
    assert (first.status, first.body, first.replayed) == (201, b"one", False)
    assert (second.status, second.body, second.headers, second.replayed) == (201, b"one", {"X": "1"}, True)
    assert list(Lease.objects.values_list("name", flat=True)) == ["one"]


def test_the_same_key_of_another_principal_is_another_key() -> None:
    run_once("user:1", "key", "same", _work("one"))
    assert run_once("user:2", "key", "same", _work("two")).body == b"two"


def test_the_same_key_for_another_request_is_refused() -> None:
    run_once("user:1", "key", "one", _work("one"))
    with pytest.raises(KeyReused) as caught:
        run_once("user:1", "key", "two", _work("two"))
    assert caught.value.status == 422
    assert not Lease.objects.filter(name="two").exists()


def test_what_fails_keeps_nothing_and_frees_the_key() -> None:
    def broken() -> Answer:
        _work("half")()
        raise Invalid("no")

    with pytest.raises(Invalid):
        run_once("user:1", "key", "same", broken)
    assert not Lease.objects.exists()
    assert run_once("user:1", "key", "same", _work("whole")).body == b"whole"


def test_a_repeat_too_early_waits_and_a_crash_is_taken_over() -> None:
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False) as clock:

        def nested() -> Answer:
            with pytest.raises(StillRunning) as caught:
                run_once("user:1", "key", "same", _work("never"))
            assert caught.value.status == 409
            return Answer(200, b"")

        run_once("user:1", "key", "same", nested)
        IdempotencyKey.objects.update(status=None)  # as a crash leaves it
        clock.shift(timedelta(seconds=59))
        with pytest.raises(StillRunning):
            run_once("user:1", "key", "same", _work("early"))
        clock.shift(timedelta(seconds=2))
        assert run_once("user:1", "key", "same", _work("anew")).body == b"anew"


def test_a_late_worker_whose_key_was_taken_over_keeps_nothing() -> None:
    def slow() -> Answer:
        answer = _work("late")()
        IdempotencyKey.objects.update(token="of another")
        return answer

    with pytest.raises(StillRunning):
        run_once("user:1", "key", "same", slow)
    assert not Lease.objects.exists()


def test_keys_are_kept_for_a_week() -> None:
    run_once("user:1", "key", "one", _work("one"))
    with time_machine.travel(now() + timedelta(days=6)):
        assert prune_keys() == 0
    with time_machine.travel(now() + timedelta(days=8)):
        assert run_once("user:1", "key", "two", _work("two")).body == b"two"
    with time_machine.travel(now() + timedelta(days=16)):
        assert prune_keys() == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb", "\x00"])
def test_keys_that_are_none_are_refused(key: str) -> None:
    with pytest.raises(Invalid):
        run_once("user:1", key, "same", _work("x"))


def test_fingerprints_tell_parts_apart() -> None:
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint("a", b"b") == fingerprint(b"a", "b")


def test_slow_work_keeps_its_answer_after_it() -> None:
    def slow() -> Answer:
        return _work("slow")()

    assert run_once("user:1", "key", "same", slow, together=False).body == b"slow"
    again = run_once("user:1", "key", "same", _work("never"), together=False)
    assert (again.body, again.replayed) == (b"slow", True)
    with pytest.raises(KeyReused):
        run_once("user:1", "key", "other", _work("never"), together=False)


def test_slow_work_that_fails_frees_the_key() -> None:
    def broken() -> Answer:
        raise Invalid("no")

    with pytest.raises(Invalid):
        run_once("user:1", "key", "same", broken, together=False)
    assert not IdempotencyKey.objects.exists()


def test_slow_work_whose_key_was_taken_over_still_answers() -> None:
    def slow() -> Answer:
        IdempotencyKey.objects.update(token="of another")
        return Answer(200, b"done")

    assert run_once("user:1", "key", "same", slow, together=False).body == b"done"
    assert IdempotencyKey.objects.get().status is None  # the answer of the other one counts


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("together", [True, False])
def test_of_parallel_copies_one_does_the_work(together: bool) -> None:
    barrier, outcomes = threading.Barrier(6), []

    def ask() -> None:
        try:
            barrier.wait()
            outcomes.append(run_once("user:1", "key", "same", _work("once"), together=together).body)
        except StillRunning:
            outcomes.append(b"wait")
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == 6
    assert set(outcomes) <= {b"once", b"wait"}
    assert b"once" in outcomes
    assert Lease.objects.count() == 1
    assert IdempotencyKey.objects.get().status == 201
