"""``/metrics``: who may read it, and that it says what is so in the form that Prometheus reads."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from otklik.config.timings import EDGES, Requests, line
from otklik.core.clock import now
from otklik.core.engine.beats import Heartbeat
from otklik.core.jobs.models import Job, JobState

LINE = re.compile(r'[a-z_]+(?:\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\})? [0-9.e+-]+')


def read(client: Client, **about: Any) -> str:
    response = client.get("/metrics", **about)
    assert response.status_code == 200
    return response.content.decode()


def test_every_line_is_what_prometheus_reads(db: None, client: Client) -> None:
    Heartbeat.objects.create(
        process="p", name="jobs", started_at=now(), beat_at=now() - timedelta(seconds=30), restarts=2
    )
    text = read(client)
    lines = text.splitlines()
    assert all(LINE.fullmatch(each) for each in lines if not each.startswith("#")), text
    names = [each.split()[2] for each in lines if each.startswith("# TYPE")]
    assert len(names) == len(set(names))
    assert 'otklik_service_restarts{service="jobs"} 2' in lines
    assert "otklik_database_up 1" in lines
    assert re.search(r'^otklik_service_silent_seconds\{service="jobs"\} 3\d', text, re.MULTILINE)


def test_queues_tell_their_age(db: None, client: Client) -> None:
    at = now() - timedelta(minutes=5)
    Job.objects.create(task="x", state=JobState.WAITING, run_at=at, enqueued_at=at)
    assert re.search(r'^otklik_queue_age_seconds\{queue="jobs"\} 30\d', read(client), re.MULTILINE)


def test_strangers_are_told_nothing(db: None, client: Client, settings: Any) -> None:
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 404
    settings.METRICS_TOKEN = "a token for the scraper"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    read(client, REMOTE_ADDR="192.0.2.7", headers={"Authorization": "Bearer a token for the scraper"})


def test_behind_an_unnamed_proxy_nobody_is_this_machine(db: None, client: Client, settings: Any) -> None:
    settings.BASE_URL, settings.TRUSTED_PROXIES = "https://desk.example.com", []
    assert client.get("/metrics").status_code == 404
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    read(client)


def test_a_database_that_is_away_is_told(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def away() -> Any:
        raise OperationalError

    monkeypatch.setattr("otklik.core.engine.health", away)
    assert "otklik_database_up 0" in read(client).splitlines()


def test_requests_are_counted_by_route_not_by_address(company: Any, client: Client) -> None:
    client.get("/tickets/4711/")
    text = read(client)
    assert 'route="/tickets/<int:number>/"' in text
    assert "/4711" not in text


def test_the_histogram_adds_up() -> None:
    counted = Requests()
    for seconds in (0.001, 0.005, 0.03, 99.0):
        counted.observe("/x", 200, seconds)
    rows = [each for each in counted.lines() if not each.startswith("#")]
    values = [float(each.rpartition(" ")[2]) for each in rows]
    assert values[: len(EDGES) + 1] == [2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4]
    assert values[-1] == 4
    assert values[-2] == pytest.approx(99.036)
    assert 'status="2xx"' in rows[0]


def test_texts_from_elsewhere_cannot_break_the_form() -> None:
    assert line("x", {"a": 'say "no"\\\n'}, 123456789) == 'x{a="say \\"no\\"\\\\ "} 123456789'
