"""The parts of the desk as separate processes over one PostgreSQL."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from otklik.config.tests.test_serve import mail
from otklik.testing.server import Desk, free_port, running_desk, wait_until

pytestmark = [pytest.mark.fault, pytest.mark.postgres]


@contextlib.contextmanager
def part(desk: Desk, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run one part of the desk for the time of the block; it must end cleanly."""
    with desk.log_path.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "otklik.config.cli", *words], env=desk.env, stderr=log, stdout=log
        )
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(30) == 0, desk.log()


@pytest.fixture
def desk(tmp_path: Path, fresh_database: str) -> Iterator[Desk]:
    with running_desk(tmp_path, demo=True, env={"OTKLIK_DATABASE_URL": fresh_database}) as running:
        yield running


def test_web_worker_and_receiver_run_apart(desk: Desk) -> None:
    desk.send_mail(mail("Вместе"))
    assert desk.stop() == 0

    web, smtp = free_port(), free_port()
    with (
        part(desk, "web", "--port", str(web)),
        part(desk, "worker"),
        part(desk, "smtp", "--port", str(smtp)),
    ):
        desk.port, desk.smtp_port = web, smtp
        wait_until(lambda: _ready(desk), timeout=60, what="the three parts")
        desk.send_mail(mail("Порознь"))
        token = desk.cli("token", "create", "--user", "admin@demo.otklik.test").stdout.decode().strip()
        headers = {"Authorization": f"Bearer {token}"}
        wait_until(lambda: "Порознь" in _newest(desk, headers), what="the ticket")
    assert "Порознь" not in desk.log()


def _ready(desk: Desk) -> bool:
    with contextlib.suppress(OSError):
        return desk.get("/readyz").status == 200
    return False


def _newest(desk: Desk, headers: dict[str, str]) -> str:
    items = json.loads(desk.get("/api/v1/tickets?limit=5", headers=headers).body)["items"]
    return " ".join(item["subject"] for item in items)
