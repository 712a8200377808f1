"""The system page says in the reader's language what `otklik check` says, and shows queues, loops, leases and mail."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import translation

from otklik.config.backup.make import remember
from otklik.config.checks import run_checks
from otklik.core import leases
from otklik.core.clock import now
from otklik.core.engine.beats import Heartbeat
from otklik.core.jobs.models import Job, JobState
from otklik.testing.people import People
from otklik.testing.tools import desk_client

PAGE = "/settings/system/"


def test_it_says_what_is_wrong_and_what_to_do(company: People) -> None:
    text = desk_client(company.admin).get(PAGE).content.decode()
    assert "Фоновую работу никто не выполняет." in text
    assert "Запустите `otklik serve`" in text
    assert "Что не так и что делать" in text
    for result in run_checks():
        assert result.text.split("“")[0][:20] in text.replace("&#x27;", "'")


def test_it_shows_late_queues_silent_loops_and_leases(company: People) -> None:
    at = now()
    Job.objects.create(task="x", state=JobState.WAITING, run_at=at - timedelta(hours=3), enqueued_at=at)
    Heartbeat.objects.create(process="host:12:ab", name="moments", started_at=at, beat_at=at - timedelta(minutes=7),
                             last_error="boom <b>", last_error_at=at)  # fmt: skip
    with leases.hold("blobs.sweep", 60, "host:99"):
        text = desk_client(company.vera).get(PAGE).content.decode().replace("\xa0", " ")
    assert "3 ч 0 мин</span>" in text
    assert "host:12" in text
    assert "7 мин</span>" in text
    assert "boom &lt;b&gt;" in text
    assert "blobs.sweep" in text
    assert "host:99" in text


@pytest.mark.parametrize("who", ["anna", "technician", "observer"])
def test_it_is_for_heads(company: People, who: str) -> None:
    assert desk_client(getattr(company, who)).get(PAGE).status_code == 404


def test_commands_and_watchers_are_answered_in_english(company: People, capsys: pytest.CaptureFixture[str]) -> None:
    from otklik.config.cli import main

    main(["check"])
    assert "Nobody does the background work." in capsys.readouterr()[0]
    assert "Nobody does this background work" in desk_client(company.admin).get("/readyz").content.decode()


@pytest.mark.django_db
def test_the_age_of_the_last_backup_is_told(settings: Any) -> None:
    def told() -> tuple[str, str]:
        return next((result.level, result.text) for result in run_checks() if result.check == "backups")

    with translation.override("en"):
        if connection.vendor == "sqlite":
            assert told() == ("warning", "No backup of this desk is known.")
        remember(1)
        assert told() == ("ok", "The last backup is 0 min old.")
        with time_machine.travel(now() + timedelta(days=4, hours=1)):
            assert told() == ("warning", "The last backup is 4 days old.")
        settings.DEMO = True
        assert not any(result.check == "backups" for result in run_checks())
