"""The engine: waking over threads and processes, services that fail and are started again, health that is seen."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from otklik.core.clock import now
from otklik.core.engine import beats, bell, health, healthy, listen, register_service, run_engine, services, sockets
from otklik.core.engine.beats import Heartbeat, prune_heartbeats
from otklik.core.engine.bell import stop_listening, wait_for_wake, wake
from otklik.core.engine.sockets import WakeSocket, run_folder, send_to_others
from otklik.core.events import Live, record, subscriber, subscribers
from otklik.core.tests.samples import ANNA, BoxOpened
from otklik.testing.server import wait_until


@pytest.fixture
def ear() -> Iterator[None]:
    """Let the tests' process listen."""
    listen()
    yield
    stop_listening()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., threading.Event]]:
    """Run an engine in a thread with the services given by name; it is ended with the test."""
    monkeypatch.delenv("OTKLIK_ENGINE_CHECKPOINTS", raising=False)
    known = dict(services.items())
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def start(*names: str, **loops: Any) -> threading.Event:
        for name, loop in loops.items():
            register_service(name, loop)
        thread = threading.Thread(target=run_engine, args=(stop, [*names, *loops]), kwargs={"grace": 10})
        thread.start()
        threads.append(thread)
        return stop

    yield start
    stop.set()
    bell.ring("*")
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    monkeypatch.setattr(services, "_items", known)
    monkeypatch.setenv("OTKLIK_ENGINE_CHECKPOINTS", "0")


def test_a_wake_between_looking_and_sleeping_is_not_lost() -> None:
    wait_for_wake("soup", 0.001)  # what rang before this thread came is of no interest
    assert not wait_for_wake("soup", 0.01)
    bell.ring("soup")
    bell.ring("soup")
    began = time.monotonic()
    assert wait_for_wake("soup", 10)
    assert time.monotonic() - began < 8
    assert not wait_for_wake("soup", 0.01)
    bell.ring("other")
    assert not wait_for_wake("soup", 0.01)
    bell.ring("*")
    assert wait_for_wake("soup", 10)


def test_every_waiting_thread_is_woken() -> None:
    woken: list[bool] = []
    threads = [threading.Thread(target=lambda: woken.append(wait_for_wake("bell", 10))) for _ in range(3)]
    for thread in threads:
        thread.start()
    bell.ring("bell")
    for thread in threads:
        thread.join(10)
    assert woken == [True] * 3


@pytest.mark.filterwarnings("ignore:This process")  # the child only sends and ends
@pytest.mark.django_db
def test_a_neighbour_process_is_woken_by_a_datagram(ear: None) -> None:
    wait_for_wake("mail", 0.001)
    connection.close()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reading, 1)
        sent = send_to_others("mail")
        os._exit(0 if sent == 1 else 1)
    os.write(writing, b"x")
    assert wait_for_wake("mail", 10)
    assert os.waitpid(child, 0)[1] == 0
    os.close(reading)
    os.close(writing)


def test_sockets_of_dead_processes_go_and_full_ones_block_nobody() -> None:
    dead = WakeSocket()
    path = run_folder() / dead.name
    dead.socket.close()  # as after kill -9: the file stays
    sockets._own.discard(dead.name)
    assert send_to_others("x") == 0
    assert not path.exists()
    deaf = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    deaf.bind(str(run_folder() / "1-deaf.wake"))
    began = time.monotonic()
    sent = [send_to_others("flood") for _ in range(2000)]
    assert time.monotonic() - began < 5
    assert sent[0] == 1
    assert sent[-1] == 0
    deaf.close()


def test_a_long_data_folder_is_no_obstacle(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / ("long" * 30) / ("longer" * 20)
    ear = WakeSocket()
    sockets._own.discard(ear.name)
    assert send_to_others("hello") == 1
    assert ear.receive() == ["hello"]
    ear.close()
    assert list(run_folder().iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_what_happens_is_told_by_the_running_engine(engine: Callable[..., threading.Event]) -> None:
    told = threading.Event()
    known = dict(subscribers.items())
    subscriber("test.engine", "box.opened")(lambda events: told.set())
    try:
        engine("dispatcher", "moments", "jobs", "schedule", "checkpoint")
        wait_until(lambda: Heartbeat.objects.filter(name="dispatcher").exists(), what="the first beat")
        with transaction.atomic():
            record(BoxOpened(subject_id=1), by=ANNA)
        assert told.wait(10)
        wait_until(lambda: Live.objects.filter(topic="box.opened").exists(), what="the live line")
        assert healthy(["dispatcher", "jobs", "moments"]) == {}
        assert healthy(["nobody"]) == {"nobody": "not running"}
    finally:
        subscribers._items = known


@pytest.mark.django_db(transaction=True)
def test_a_service_that_fails_is_started_again_and_its_error_is_seen(
    engine: Callable[..., threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otklik.core.engine.run.WRITE_EVERY", 0.05)
    starts: list[int] = []
    steady = threading.Event()

    def shaky(stop: threading.Event) -> None:
        starts.append(1)
        if len(starts) < 2:
            raise RuntimeError("first start")
        steady.set()
        while not stop.is_set():
            wait_for_wake("shaky", 1)

    engine(shaky=shaky)
    assert steady.wait(20)
    wait_until(lambda: any(item.restarts == 1 for item in health()), what="the restart in the table")
    (seen,) = [item for item in health() if item.name == "shaky"]
    assert (seen.last_error, seen.alive) == ("RuntimeError: first start", True)


@pytest.mark.django_db
def test_silence_is_noticed_and_old_processes_are_forgotten() -> None:
    at = now()
    for name, age in (("lively", 5), ("stuck", 120), ("old", 7200)):
        Heartbeat.objects.create(
            process="p", name=name, started_at=at, beat_at=at - timedelta(seconds=age), last_error="", restarts=0
        )
    assert set(healthy()) == {"stuck", "old"}
    Heartbeat.objects.create(process="q", name="stuck", started_at=at, beat_at=at)
    assert set(healthy(["stuck", "lively"])) == set()
    assert prune_heartbeats() == 1


@pytest.mark.django_db
def test_an_engine_that_ends_leaves_no_heartbeat_behind() -> None:
    beats.forget()
    beats.expect("ending")
    beats.write_health()
    with time_machine.travel(now() + timedelta(seconds=30)):
        beats.beat("ending")
        beats.write_health()
        assert Heartbeat.objects.get().beat_at - Heartbeat.objects.get().started_at >= timedelta(seconds=29)
    beats.remove_health()
    assert not Heartbeat.objects.exists()
    beats.forget()


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_without_datagrams_the_database_itself_tells(ear: None, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_wake("quiet", 0.7)
    wait_for_wake("quiet", 0.001)
    beats.expect("writer")

    def write() -> None:
        beats.write_health()
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join(10)
    assert wait_for_wake("quiet", 10)
    beats.forget()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_other_machines_are_woken_by_notify(ear: None, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_wake("far", 0.001)

    def call_from_afar() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('otklik', 'far')")
        return wait_for_wake("far", 0.2)

    wait_until(call_from_afar, what="a wake by NOTIFY (the listener may still be connecting)")
    heard: list[str] = []
    monkeypatch.setattr(bell, "ring", lambda name: None)
    monkeypatch.setattr(bell._listener, "_ring", heard.append)
    wake("near")  # sent by the listener's own connection, and heard on it like from anybody else
    wait_until(lambda: "near" in heard, what="our own wake through the database")
