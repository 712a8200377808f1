"""Upgrades: killed anywhere they are repeated, an old database is copied first, data of a newer version are refused."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from otklik.testing.server import clean_environment

pytestmark = pytest.mark.fault

KILLED = """
import os, signal, sys
from otklik.config.cli.setup import start_django
start_django()
from django.db import connection
from otklik.config.upgrade import upgrade
left = {after}
def counted(execute, sql, params, many, context):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(sql, params, many, context)
with connection.execute_wrapper(counted):
    upgrade()
print("statements", {after} - left)
"""
BACK = """
from otklik.config.cli.setup import start_django
start_django()
from django.db import connection
from otklik.config.executor import SafeExecutor
from django.db.migrations.recorder import MigrationRecorder
executor = SafeExecutor(connection)
executor.migrate([("email", "0001_inbound")])
"""
LATER = """
from otklik.config.cli.setup import start_django
start_django()
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
MigrationRecorder(connection).record_applied("tickets", "0999_later")
"""


def run(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, *words], env=env, capture_output=True, check=False)


def otklik(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[bytes]:
    return run(env, "-m", "otklik.config.cli", *words)


@pytest.fixture
def env(process_env: dict[str, str]) -> dict[str, str]:
    return clean_environment(process_env)


@pytest.mark.heavy
def test_killed_anywhere_it_is_repeated(env: dict[str, str]) -> None:
    for after in (40, 90, 35, 120, 60):  # counted from where the run before it was killed
        done = run(env, "-c", KILLED.format(after=after))
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    done = otklik(env, "manage", "migrate")
    assert done.returncode == 0, done.stderr.decode()
    assert b"fits this version now" in done.stdout
    assert b"already" in otklik(env, "manage", "migrate").stdout
    assert otklik(env, "manage", "migrate", "--check").returncode == 0


@pytest.mark.heavy
def test_data_of_a_newer_version_are_refused(env: dict[str, str]) -> None:
    assert otklik(env, "manage", "migrate").returncode == 0
    assert run(env, "-c", LATER).returncode == 0
    for words in (("serve", "--port", "1"), ("mail", "ledger")):
        done = otklik(env, *words)
        assert done.returncode == 1
        if words[0] != "serve":  # which may find the port taken first
            assert b"newer version" in done.stderr


@pytest.mark.soak
@pytest.mark.sqlite
def test_an_old_database_is_copied_before_it_is_changed(env: dict[str, str]) -> None:
    folder = Path(env["OTKLIK_DATA"], "upgrades")
    assert otklik(env, "manage", "migrate").returncode == 0
    assert not folder.exists()  # a new database has nothing to go back to
    added = subprocess.run(
        [sys.executable, "-m", "otklik.config.cli", "user", "add", "anna@example.org", "--role", "admin"],
        env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    assert added.returncode == 0, added.stderr.decode()

    assert run(env, "-c", BACK).returncode == 0
    assert otklik({**env, "OTKLIK_BACKUP_BEFORE_UPGRADE": "false"}, "manage", "migrate").returncode == 0
    assert not folder.exists()
    for _ in range(4):
        assert run(env, "-c", BACK).returncode == 0
        assert otklik(env, "manage", "migrate").returncode == 0
    kept = sorted(folder.iterdir())
    assert 1 <= len(kept) <= 3
    assert otklik(env, "restore", "--force", str(kept[-1])).returncode == 0
    assert b"lacks" in otklik(env, "check").stdout or otklik(env, "manage", "migrate", "--check").returncode == 1
    assert otklik(env, "manage", "migrate").returncode == 0
    listed = "from otklik.accounts.models import User; print(User.objects.get().email)"
    assert b"anna@example.org" in otklik(env, "manage", "shell", "-c", listed).stdout


@pytest.mark.heavy
def test_two_upgrades_at_once_do_it_once(env: dict[str, str]) -> None:
    command = [sys.executable, "-m", "otklik.config.cli", "manage", "migrate"]
    both = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    told = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert sum(b"now" in out for out, _error in told) == 1
    assert os.path.exists(env["OTKLIK_DATA"])
