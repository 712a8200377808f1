"""The restore drill: a desk is backed up while mail arrives, destroyed, restored, and everything adds up again."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pytest

from otklik.testing.looking import look
from otklik.testing.server import Desk, running_desk, wait_until

pytestmark = pytest.mark.fault

PICTURE = os.urandom(100_000)  # above the limit for the table: it lies in a file


@cache
def mail(number: int, picture: bytes = PICTURE) -> bytes:
    message = EmailMessage()
    message["From"] = "Клара Лис <clara@berezka.example>"
    message["To"] = "support@demo.otklik.test"
    message["Subject"] = f"Витрина {number}"
    message["Message-ID"] = f"<drill-{number}@berezka.example>"
    message.set_content("Здравствуйте! Фото во вложении.\n")
    message.add_attachment(picture + str(number).encode(), maintype="image", subtype="jpeg", filename="фото.jpg")
    return message.as_bytes()


class Postman(threading.Thread):
    """Sends mails one after another until told to stop."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._stop, self.sent = desk, threading.Event(), 0

    def run(self) -> None:
        while not self._stop.is_set():
            self._desk.send_mail(mail(self.sent))
            self.sent += 1
            self._stop.wait(0.2)

    def __enter__(self) -> "Postman":
        self.start()
        wait_until(lambda: self.sent > 3, what="the first mails")
        return self

    def __exit__(self, *_about: object) -> None:
        self._stop.set()
        self.join()


COUNT = """
from otklik.config.cli.setup import start_django
start_django()
from otklik.core.blobs import Blob
from otklik.tickets.models import Attachment, Message, Ticket
opened = sum(len(a.blob.read()) > 100_000 for a in Attachment.objects.select_related('blob'))
large = [blob for blob in Blob.objects.exclude(path='')]
whole = sum(len(blob.read()) > 0 for blob in large)
print('counted', Ticket.objects.count(), Message.objects.count(), opened, whole, len(large))
"""


def counted(desk: Desk) -> list[int]:
    """Count tickets, messages, large attachments that open, files that open, and files; each is read and hashed."""
    done = subprocess.run([sys.executable, "-c", COUNT], env=desk.env, capture_output=True, check=True)
    told = done.stdout.decode().splitlines()
    return [int(word) for word in next(line for line in told if line.startswith("counted")).split()[1:]]


def sums(desk: Desk) -> Mapping[str, int]:
    """Return the sums of the ledger: as a command tells them, so not for waiting."""
    answer: Mapping[str, int] = json.loads(desk.cli("mail", "ledger", "--json").stdout)["sums"]
    return answer


def waiting(desk: Desk) -> int:
    """Return how many mails are not finished yet, as the table says."""
    count: int = look(desk, "SELECT count(*) FROM email_inbound WHERE state = 'waiting'")[0][0]
    return count


def repeats(desk: Desk) -> int:
    """Return how many mails came again, as the table says."""
    count: int = look(desk, "SELECT coalesce(sum(copies), 0) FROM email_inbound")[0][0]
    return count


@pytest.fixture
def database_env(fresh_database: str) -> dict[str, str]:
    return {"OTKLIK_DATABASE_URL": fresh_database} if fresh_database else {}


def test_a_backup_under_load_is_whole(tmp_path: Path, database_env: dict[str, str]) -> None:
    archive = tmp_path / "desk.tar.gz"
    with running_desk(tmp_path, demo=True, env=database_env, prepared=True) as desk:
        with Postman(desk) as postman:
            before = postman.sent
            told = desk.cli("backup", str(archive)).stdout.decode()
            assert "missing" not in told
            wait_until(lambda: postman.sent > before, what="a mail beside or after the backup")
        assert archive.stat().st_mode & 0o777 == 0o600
        assert [path.name for path in tmp_path.iterdir() if ".tar.gz." in path.name] == []
        assert desk.stop() == 0
        key = (desk.data / "secret.key").read_text()

        refused = desk.cli("restore", str(archive), check=False)  # the desk is there still
        assert refused.returncode == 1
        assert "--force" in refused.stderr.decode()

        everything = counted(desk)
        shutil.rmtree(desk.data)
        desk.cli("restore", str(archive), *(["--force"] if database_env else []))
        assert (desk.data / "secret.key").read_text() == key
        assert (desk.data / "demo").exists()
        tickets, messages, opened, whole, files = counted(desk)
        assert opened <= everything[2]
        assert tickets <= everything[0]
        assert messages <= everything[1]
        assert whole == files >= opened

        desk.start()  # what was waiting then is finished now; what was in hand is due when its lease ends
        wait_until(lambda: not waiting(desk), what="the end of the mail", timeout=180)
        assert counted(desk)[2] >= before  # every mail that was taken before the backup has its file
        after = sums(desk)
        ends = ("waiting", "ticket", "message", "ignored", "quarantined", "failed")
        assert after["received"] == sum(after[end] for end in ends)
        known = repeats(desk)
        desk.send_mail(mail(0))  # known in the backup: no second ticket
        wait_until(lambda: repeats(desk) == known + 1, what="the repeat")
        desk.send_mail(mail(10**6))  # and numbers go on where they were
        wait_until(lambda: not waiting(desk), what="the end of the new mail")
        end = sums(desk)
        assert end["duplicates"] == after["duplicates"] + 1
        assert end["received"] == after["received"] + 1
        assert end["ticket"] + end["message"] == after["ticket"] + after["message"] + 1


def with_anna(desk: Desk, archive: Path) -> None:
    """Make a desk without processes, with Anna in it, its backup, and Boris who came after that."""
    add = ("user", "add", "anna@example.org", "--role", "admin", "--password-stdin")
    desk.cli(*add, stdin=b"a long password\n")
    desk.cli("backup", str(archive))
    desk.cli("user", "add", "boris@example.org", "--role", "agent")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with such a desk on SQLite, for copies."""
    folder = tmp_path_factory.mktemp("made")
    with running_desk(folder, start=False) as desk:
        with_anna(desk, folder / "desk.tar.gz")
    return folder


@pytest.fixture
def stopped(
    tmp_path: Path, database_env: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[tuple[Desk, Path]]:
    """Return a small desk that was stopped, and its backup."""
    archive = tmp_path / "desk.tar.gz"
    if not database_env:
        shutil.copytree(request.getfixturevalue("made"), tmp_path, dirs_exist_ok=True)
    with running_desk(tmp_path, env=database_env, start=False) as desk:
        if database_env:
            with_anna(desk, archive)
        yield desk, archive


def people(desk: Desk) -> list[str]:
    """Return who may sign in, as the table says."""
    return sorted(email for (email,) in look(desk, "SELECT email FROM accounts_user"))


@pytest.mark.heavy
def test_a_refused_archive_changes_nothing(stopped: tuple[Desk, Path], tmp_path: Path) -> None:
    desk, archive = stopped
    whole = archive.read_bytes()
    changed = whole[:-200] + bytes([whole[-200] ^ 255]) + whole[-199:]
    for name, data in (("cut", whole[: len(whole) // 2]), ("changed", changed), ("none", b"")):
        (tmp_path / name).write_bytes(data)
        done = desk.cli("restore", "--force", str(tmp_path / name), check=False)
        assert done.returncode == 1, name
        assert "Traceback" not in done.stderr.decode()
    assert people(desk) == ["anna@example.org", "boris@example.org"]
    assert not (desk.data / "restoring").exists()
    desk.cli("restore", "--force", str(archive))
    assert people(desk) == ["anna@example.org"]


@pytest.mark.heavy
def test_a_backup_does_not_replace_a_file(stopped: tuple[Desk, Path]) -> None:
    desk, archive = stopped
    done = desk.cli("backup", str(archive), check=False)
    assert done.returncode == 1
    assert "exists already" in done.stderr.decode()


@pytest.mark.sqlite
def test_a_running_desk_is_not_restored_over(tmp_path: Path) -> None:
    with running_desk(tmp_path, prepared=True) as desk:
        desk.cli("backup", str(tmp_path / "a"))
        done = desk.cli("restore", "--force", str(tmp_path / "a"), check=False)
        assert done.returncode == 1
        assert "works in" in done.stderr.decode()


@pytest.mark.sqlite
@pytest.mark.parametrize("place", ["unlink", "replace", "rmdir"])
def test_a_restore_killed_in_the_middle_is_ended_by_the_next_command(stopped: tuple[Desk, Path], place: str) -> None:
    desk, archive = stopped
    module = {"unlink": "pathlib.Path", "replace": "os", "rmdir": "pathlib.Path"}[place]
    code = f"""
import os, signal, sys, pathlib, shutil
from otklik.config.cli import main
from otklik.config.backup import unfinished
def die(*_a, **_k):
    os.kill(os.getpid(), signal.SIGKILL)
put = unfinished.put_in_place
def put_and_die(folder):
    {module}.{place} = die
    put(folder)
import otklik.config.backup.unfinished as u
u.put_in_place = put_and_die
main(["restore", "--force", {str(archive)!r}])
"""
    done = subprocess.run([sys.executable, "-c", code], env=desk.env, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    desk.cli("mail", "ledger")
    assert people(desk) == ["anna@example.org"]
    assert not list(desk.data.glob("restoring/*"))


@pytest.mark.sqlite
def test_a_restore_killed_before_it_is_certain_leaves_the_old_desk(stopped: tuple[Desk, Path]) -> None:
    desk, archive = stopped
    code = f"""
import os, signal
from otklik.config.cli import main
import pathlib
pathlib.Path.touch = lambda *_a, **_k: os.kill(os.getpid(), signal.SIGKILL)
main(["restore", "--force", {str(archive)!r}])
"""
    done = subprocess.run([sys.executable, "-c", code], env=desk.env, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    desk.cli("mail", "ledger")
    assert people(desk) == ["anna@example.org", "boris@example.org"]
    desk.cli("restore", "--force", str(archive))
    assert people(desk) == ["anna@example.org"]


@pytest.mark.postgres
def test_a_restore_killed_on_postgres_must_be_repeated(stopped: tuple[Desk, Path]) -> None:
    desk, archive = stopped
    code = f"""
import os, signal
from otklik.config.cli.setup import start_django
start_django()
from otklik.config.backup import postgres
postgres.load = lambda _folder: os.kill(os.getpid(), signal.SIGKILL)
from otklik.config.cli import main
main(["restore", "--force", {str(archive)!r}])
"""
    done = subprocess.run([sys.executable, "-c", code], env=desk.env, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    started = desk.cli("serve", "--port", str(desk.port), "--smtp-port", str(desk.smtp_port), check=False)
    assert started.returncode == 1
    assert "repeat `otklik restore`" in started.stderr.decode()
    desk.cli("restore", str(archive))
    assert people(desk) == ["anna@example.org"]


@pytest.mark.sqlite
def test_the_sweeper_waits_for_the_backup(stopped: tuple[Desk, Path]) -> None:
    desk, _archive = stopped
    code = """
from otklik.config.cli.setup import start_django
start_django()
from otklik.core.blobs import SWEEP_LEASE, sweep
from otklik.core.leases import Lease, hold
with hold(SWEEP_LEASE, 60):
    from unittest import mock
    with mock.patch("otklik.core.blobs.sweeping._sweep_files") as files:
        sweep()
    print("swept", files.called)
sweep()
print("left", Lease.objects.count())
"""
    told = subprocess.run([sys.executable, "-c", code], env=desk.env, capture_output=True, check=True).stdout.decode()
    assert "swept False" in told
    assert "left 0" in told


@pytest.mark.sqlite
def test_a_key_kept_apart_is_not_in_the_archive(stopped: tuple[Desk, Path], tmp_path: Path) -> None:
    desk, _archive = stopped
    other = tmp_path / "without.tar.gz"
    desk.cli("backup", "--without-key", str(other))
    key = (desk.data / "secret.key").read_text()
    subprocess.run(["tar", "xzf", str(other), "-C", str(tmp_path)], check=True)
    assert not (tmp_path / "secret.key").exists()
    desk.cli("restore", "--force", str(other))
    assert (desk.data / "secret.key").read_text() == key
    with closing(sqlite3.connect(desk.data / "otklik.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
