"""What commands do and how they end: exit codes that mail servers read, people, tokens, the ledger and the check."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from otklik.accounts.models import ApiToken, User
from otklik.channels.email.models import Inbound
from otklik.channels.email.store import StoreUnavailable
from otklik.config.cli import main
from otklik.core.clock import now
from otklik.tickets.models import Channel

MAIL = (
    b"From: clara@berezka.example\r\nTo: support@otklik.example\r\nSubject: Fridge\r\n"
    b"Message-ID: <1@berezka.example>\r\n\r\nhello\r\n"
)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def otklik(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command in this process; answers code, output and errors."""

    def run(*words: str, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        code = main(words)
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def channel(db: None) -> Channel:
    return Channel.objects.create(kind="email", name="Help", address="support@otklik.example", created_at=now())


def test_the_pipe_answers_what_a_mail_server_must_hear(otklik: Run, channel: Channel) -> None:
    assert otklik("mail", "receive", stdin=MAIL)[0] == 0
    assert otklik("mail", "receive", "--channel", "Help", stdin=MAIL)[0] == 0  # a repeat is taken too
    assert otklik("mail", "receive", stdin=b"")[0] == 65
    assert otklik("mail", "receive", "--channel", "Moon", stdin=MAIL)[0] == 69
    assert otklik("mail", "receive", stdin=MAIL.replace(b"support@", b"other@"))[0] == 69
    assert Inbound.objects.get().copies == 1


@pytest.mark.parametrize("error", [StoreUnavailable("disk full"), OSError(28, "No space left"), RuntimeError("a bug")])
def test_whatever_goes_wrong_the_mail_server_keeps_the_message(
    otklik: Run, channel: Channel, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_args: object) -> None:
        raise error

    monkeypatch.setattr("otklik.channels.email.files.store_raw", fails)
    code, _, told = otklik("mail", "receive", stdin=MAIL)
    assert code == 75
    assert "try again" in told


def test_import_brings_files_to_their_end_and_the_sums_add_up(otklik: Run, channel: Channel, tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(MAIL)
    (tmp_path / "two.eml").write_bytes(MAIL.replace(b"<1@", b"<2@"))
    (tmp_path / "other.eml").write_bytes(MAIL.replace(b"support@", b"other@"))

    code, told, complaints = otklik("mail", "import", str(tmp_path))
    assert code == 1
    assert "2 taken, 0 known already, 1 refused" in told
    assert "other.eml" in complaints
    code, told, _ = otklik("mail", "import", str(tmp_path / "one.eml"))
    assert (code, told) == (0, "0 taken, 1 known already, 0 refused\n")
    assert otklik("mail", "import", str(tmp_path / "none.eml"))[0] == 1

    ledger = json.loads(otklik("mail", "ledger", "--json")[1])
    sums = ledger["sums"]
    assert sums["ticket"] == 2
    assert sums["duplicates"] == 1
    ends = ("waiting", "ticket", "message", "ignored", "quarantined", "failed")
    assert sums["received"] == sum(sums[end] for end in ends)
    keys = {"id", "channel", "received_at", "message_id", "from", "subject", "state", "reason", "ticket", "message"}
    assert {*ledger["items"][0]} == keys
    assert "received 2 = 0 waiting + 2 ticket" in otklik("mail", "ledger")[1]
    assert json.loads(otklik("mail", "ledger", "--json", "--since", "2999-01-01")[1])["sums"]["received"] == 0
    assert otklik("mail", "ledger", "--since", "soon")[0] == 64


def test_people_are_added_once_and_with_a_password_worth_it(otklik: Run, db: None) -> None:
    add = ("user", "add", "anna@example.org", "--role", "agent", "--password-stdin")
    assert otklik(*add, stdin="длинный пароль\n".encode())[0] == 0
    assert User.objects.get().check_password("длинный пароль")
    assert otklik(*add, stdin="длинный пароль\n".encode())[0] == 1
    other = ("user", "add", "boris@example.org", "--role", "agent")
    assert otklik(*other, "--password-stdin", stdin=b"short\n")[0] == 1
    assert otklik(*other, "--password-stdin")[0] == 1
    assert otklik(*other)[0] == 0
    assert not User.objects.get(email="boris@example.org").has_usable_password()


def test_a_token_is_printed_alone_and_kept_as_a_digest(otklik: Run, db: None) -> None:
    otklik("user", "add", "anna@example.org", "--role", "agent", "--password-stdin", stdin=b"a long password\n")
    code, told, _ = otklik("token", "create", "--user", "Anna@example.org", "--scope", "read", "--name", "bot")
    assert code == 0
    assert told.startswith("otk_")
    assert len(told.split()) == 1
    assert told.strip() not in ApiToken.objects.get().digest
    assert otklik("token", "create", "--user", "nobody@example.org")[0] == 1
    assert otklik("token", "create", "--user", "anna@example.org", "--scope", "moon")[0] == 1


def test_check_says_what_is_wrong_and_what_to_do(otklik: Run, db: None) -> None:
    code, told, _ = otklik("check", "--json")
    answer = json.loads(told)
    assert (code, answer["ok"]) == (1, False)
    errors = [finding for finding in answer["findings"] if finding["level"] == "error"]
    assert [finding["check"] for finding in errors] == ["background work"]
    assert "→ Start `otklik serve`" in otklik("check")[1]


@pytest.mark.sqlite
@pytest.mark.fault
def test_a_database_that_is_none_is_told_without_a_traceback(process_env: dict[str, str]) -> None:
    folder = Path(process_env["OTKLIK_DATA"])
    folder.mkdir(parents=True)
    (folder / "otklik.sqlite3").write_bytes(b"this is not a database, it only looks like a file" * 100)

    def run(*words: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "otklik.config.cli", *words]
        return subprocess.run(command, env=process_env, input=MAIL, capture_output=True, check=False)

    done = run("check")
    assert done.returncode == 1
    assert b"The database cannot be used" in done.stdout
    assert b"Traceback" not in done.stdout + done.stderr
    assert run("mail", "receive").returncode == 75
