"""Named leases and claims: one holder at a time, no cleaning up after the dead."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from otklik.core import claims
from otklik.core.clock import now
from otklik.core.leases import Lease, hold

pytestmark = pytest.mark.django_db


def test_a_lease_has_one_holder_until_it_ends() -> None:
    with time_machine.travel("2026-11-01T12:00:00Z", tick=False) as clock:
        mine = hold("mailbox:1", 120)
        assert mine
        assert not hold("mailbox:1", 120)
        assert hold("mailbox:2", 120)
        clock.shift(timedelta(seconds=119))
        assert mine.renew()
        clock.shift(timedelta(seconds=119))
        assert not hold("mailbox:1", 120)
        clock.shift(timedelta(seconds=1))
        other = hold("mailbox:1", 120)
        assert other
        assert not mine.renew()
        mine.release()
        assert not hold("mailbox:1", 120), "the old holder cannot give away what is another's"


def test_the_same_holder_gets_his_own_again_and_a_block_gives_it_back() -> None:
    assert hold("job", 60, holder="me")
    assert hold("job", 60, holder="me")
    assert not hold("job", 60, holder="you")
    with hold("block", timedelta(minutes=1)) as held:
        assert held
        with hold("block", 60) as second:
            assert not second
    assert not Lease.objects.filter(name="block").exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_race_one_gets_it() -> None:
    barrier, got = threading.Barrier(6), []

    def race() -> None:
        try:
            barrier.wait()
            got.append(bool(hold("prize", 60)))
        finally:
            connection.close()

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(got) == [False] * 5 + [True]


@given(st.integers(min_value=0, max_value=10_000))
def test_pauses_grow_and_stay_bounded(attempts: int) -> None:
    pause = claims.back_off(attempts, base=2, cap=3600).total_seconds()
    assert 1.6 <= pause <= 4320
    if attempts <= 5:
        assert pause <= 2 * 2 ** max(attempts - 1, 0) * 1.2 + 0.001


def test_a_worker_has_a_name_of_its_own() -> None:
    assert claims.worker_name() == claims.worker_name()
    assert len(claims.worker_name()) <= 120
    assert now().tzinfo is not None
