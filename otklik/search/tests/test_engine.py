"""The loop of the engine: it reads what changed, begins by itself on an old desk, and leaves the turn to others."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from otklik.core.engine import wake
from otklik.core.events import dispatch_batch
from otklik.core.leases import hold
from otklik.search.actions import READING
from otklik.search.models import Document, Pending
from otklik.search.services import Turn, search
from otklik.testing.people import People, people


@pytest.fixture
def desk(transactional_db: None) -> People:
    return people()


@pytest.fixture
def loop() -> Iterator[threading.Event]:
    """The loop in a thread of its own, ended with the test."""
    stop = threading.Event()

    def run() -> None:
        try:
            search(stop)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield stop
    stop.set()
    wake("search")
    thread.join(10)
    assert not thread.is_alive()


def until(ready: threading.Event, looks: int = 400) -> bool:
    """Wait until the loop has nothing left to read."""
    for _ in range(looks):
        if Document.objects.exists() and not Pending.objects.exists():
            return True
        ready.wait(0.05)
    return False


@pytest.mark.django_db(transaction=True)
def test_loop_reads_what_happened(desk: People, loop: threading.Event) -> None:
    ticket = desk.ticket("Витрина")
    while dispatch_batch():
        pass
    assert until(threading.Event())
    assert Document.objects.filter(holder_id=ticket.pk).count() == 2


@pytest.mark.django_db(transaction=True)
def test_old_desk_is_read_from_its_beginning(desk: People) -> None:
    for number in range(3):
        desk.ticket(f"Старая {number}")
    assert not Document.objects.exists()
    call_command("rebuild_search")
    assert Document.objects.count() == 6
    call_command("rebuild_search", "--check")
    Document.objects.filter(kind="facts").delete()
    with pytest.raises(CommandError, match="differs"):
        call_command("rebuild_search", "--check")


@pytest.mark.django_db(transaction=True)
def test_only_one_reads_at_a_time(desk: People) -> None:
    other = hold(READING, timedelta(minutes=1), "another machine")
    turn = Turn()
    assert not turn.is_ours()
    other.release()
    assert turn.is_ours()
    assert not hold(READING, timedelta(minutes=1), "another machine")
    turn.pass_on()
    assert hold(READING, timedelta(minutes=1), "another machine")
