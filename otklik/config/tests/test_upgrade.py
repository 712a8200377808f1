"""Upgrades: killed anywhere they are repeated, an old database is copied first, data of a newer version are refused."""

import contextlib
import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest

from otklik.config.tests.old_desk import DONE, LINES, TICKETS
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


DEATHS = (  # each before the statement that holds all the words
    "UPDATE&contacts_contactimport&looked",  # the lines of one import are moved, those of the others are not
    "INSERT&django_migrations&0006_move_lines_of_imports",
    "INSERT&django_migrations&0007_drop_lines_inside_imports",
    "UPDATE&tickets_tickettag&is_open",
    "INSERT&django_migrations&0018_indexes_of_large_desks",
)


@pytest.mark.heavy
def test_rows_of_a_working_desk_survive_an_upgrade_that_is_killed(env: dict[str, str]) -> None:
    folder = Path(env["OTKLIK_DATA"], "upgrades")
    assert _old_desk(env, "fill").returncode == 0
    before = json.loads(_old_desk(env, "told").stdout)
    assert not folder.exists()  # a new database has nothing to go back to
    for words in DEATHS:
        done = _old_desk(env, "upgrade", words)
        assert done.returncode == -signal.SIGKILL, (words, done.stderr.decode())
    if "OTKLIK_DATABASE_URL" not in env:
        assert len(list(folder.iterdir())) <= 4
        assert _copied(folder) == (TICKETS, 1, 0), "the copy of the desk as it was is not there any more"
    done = _old_desk(env, "upgrade")
    assert done.returncode == 0, done.stderr.decode()
    after = json.loads(_old_desk(env, "told").stdout)
    _assert_the_same(before, after)
    lines = after["contacts_importline"]
    running = before["contacts_contactimport"]["id"][0]
    assert set(lines["owner_id"]) == {running}
    moved = sorted(zip(map(int, lines["place"]), lines["outcome"], lines["reason"], strict=True))
    refused = [(2, "refused", "Нет адреса почты"), (7, "refused", "Адрес с опечаткой")]
    assert moved == refused + [(place, "", "") for place in range(DONE, LINES)]
    assert after["contacts_contactimport"]["refused"] == ["2", "0"]
    is_open = dict(zip(after["tickets_ticket"]["id"], after["tickets_ticket"]["is_open"], strict=True))
    tags = after["tickets_tickettag"]
    assert [is_open[ticket] for ticket in tags["ticket_id"]] == tags["is_open"]


def _old_desk(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[bytes]:
    return run(env, "-m", "otklik.config.tests.old_desk", *words)


def _copied(folder: Path) -> tuple[int, int, int]:
    """Return how many tickets, people of the desk and lines of imports the oldest copy holds."""
    with tarfile.open(min(folder.glob("before-*.tar.gz"))) as tar, tempfile.TemporaryDirectory() as into:
        tar.extract("database.sqlite3", into, filter="data")
        with contextlib.closing(sqlite3.connect(f"{into}/database.sqlite3")) as database:
            later = "SELECT count(*) FROM sqlite_master WHERE name = 'contacts_importline'"
            counts = ("SELECT count(*) FROM tickets_ticket", "SELECT count(*) FROM accounts_user", later)
            tickets, people, lines = (database.execute(count).fetchone()[0] for count in counts)
    return tickets, people, lines


def _assert_the_same(before: dict[str, dict[str, list[str]]], after: dict[str, dict[str, list[str]]]) -> None:
    """Compare all rows of all tables but those of an import nobody had begun, in every column that is still there."""
    begun = [state != "draft" for state in before["contacts_contactimport"]["state"]]
    for table, columns in before.items():
        for name, values in columns.items():
            if table == "django_migrations" or (table, name) == ("contacts_contactimport", "refused"):
                continue
            if name in after[table]:
                kept = list(itertools.compress(values, begun)) if table == "contacts_contactimport" else values
                assert after[table][name] == kept, f"{table}.{name}"


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
