"""What watchers are told, and the one line that a request leaves in the log."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from otklik.config import checks, health
from otklik.core import health as registry
from otklik.core.clock import now
from otklik.core.engine import services
from otklik.core.engine.beats import Heartbeat
from otklik.core.registry import Registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def engine() -> None:
    """Let every loop of the engine have been heard of just now."""
    at = now()
    Heartbeat.objects.bulk_create(
        Heartbeat(process="test", name=name, started_at=at, beat_at=at)
        for name in services.keys()  # noqa: SIM118
    )


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Registry[registry.WaitingQueue]:
    """Put an empty list of queues in the place of the rooms' ones."""
    queues: Registry[registry.WaitingQueue] = Registry("queues of the test")
    monkeypatch.setattr(registry, "queues", queues)
    return queues


def test_alive_is_alive(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"
    assert client.post("/healthz").status_code == 405


def test_ready_when_everything_moves(client: Client, engine: None) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "reasons": []})
    assert "no-store" in answer["Cache-Control"]


def test_ready_knows_every_migration_by_the_name_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert health._known_names() == set(MigrationLoader(None).disk_migrations)
    monkeypatch.setattr(health, "_known_migrated", False)
    monkeypatch.setattr(health, "_all_applied", lambda: pytest.fail("what is in the files is not needed"))
    assert health._migrated()


def test_not_ready_while_a_migration_lacks(client: Client, engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_known_migrated", False)
    MigrationRecorder(connection).record_unapplied("core", "0001_foundation")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["The database lacks migrations of this version."]


def test_not_ready_without_an_engine(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "dispatcher" in answer.json()["reasons"][0]


def test_not_ready_when_one_loop_is_silent(client: Client, engine: None) -> None:
    Heartbeat.objects.filter(name="dispatcher").update(beat_at=now() - timedelta(hours=1))
    assert client.get("/readyz").json()["reasons"] == ["Nobody does this background work: dispatcher."]


def test_not_ready_when_work_waits_too_long(
    client: Client, engine: None, queue: Registry[registry.WaitingQueue]
) -> None:
    registry.register_queue("fresh", "fresh work", now, timedelta(minutes=1))
    registry.register_queue("empty", "no work", lambda: None, timedelta(minutes=1))
    assert client.get("/readyz").status_code == 200
    registry.register_queue("late", "late work", lambda: now() - timedelta(minutes=90, seconds=30), timedelta(hours=1))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["late work: the oldest waits for 1 h 30 min."])


def test_a_database_that_is_away_is_told_in_fixed_words(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> bool:
        raise DatabaseError("password authentication failed for user otklik")

    monkeypatch.setattr(health, "_migrated", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["The database does not answer."])


def test_a_check_that_breaks_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise KeyError("a name of a customer")

    monkeypatch.setattr(checks, "CHECKS", (("broken", broken), ("data folder", checks.data_folder)))
    results = checks.run_checks()
    assert "KeyError" in results[0].text
    assert "customer" not in results[0].text
    assert any(result.check == "data folder" for result in results)


def test_a_request_leaves_one_line_without_its_path(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="otklik.request"):
        answer = client.get("/attachments/a-secret-token/x.png?key=secret", headers={"X-Request-ID": "proxy-0123"})
    lines = [record for record in caplog.records if record.name == "otklik.request"]
    assert len(lines) == 1
    assert answer["X-Request-ID"] == "proxy-0123"
    told = lines[0].__dict__
    assert "secret" not in str({key: value for key, value in told.items() if key != "request"})
    assert (told["method"], told["status"]) == ("GET", answer.status_code)
    assert told["ms"] > 0


def test_a_malformed_request_id_is_replaced(client: Client) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": "a b\u00a0c"})
    assert len(answer["X-Request-ID"]) == 16
