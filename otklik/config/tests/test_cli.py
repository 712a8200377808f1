"""The words of the command line: what is understood, what is refused, and that it costs nothing to ask."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from otklik.config.cli import EX_USAGE, build_parser, main


@pytest.mark.parametrize(
    ("line", "run"),
    [
        ("serve --host 0.0.0.0 --port 80 --data d --demo --smtp-port 25 --web 2", "serve:run_serve"),
        ("web --port 8001", "serve:run_web"),
        ("worker", "serve:run_worker"),
        ("smtp --port 25", "serve:run_smtp"),
        ("mail receive --channel support", "mail:run_receive"),
        ("mail import a.eml b", "mail:run_import"),
        ("mail ledger --since 2026-01-31 --json", "mail:run_ledger"),
        ("mail parse --json a.eml", "parse:run"),
        ("user add anna@example.org --role agent --password-stdin", "people:run_user_add"),
        (
            "token create --user anna@example.org --scope read --scope tickets:write --name bot",
            "people:run_token_create",
        ),
        ("check --json", "check:run"),
        ("check --offline", "check:run"),
        ("seed --tickets 10 --messages 30", "seed:run"),
    ],
)
def test_every_command_of_the_contract_is_understood(line: str, run: str) -> None:
    assert build_parser().parse_args(line.split()).run == run


@pytest.mark.parametrize(
    "line",
    [
        "",
        "fly",
        "serve --port 0",
        "serve --port 70000",
        "serve --web 0",
        "serve extra",
        "seed --tickets none",
        "user add anna@example.org --role king",
        "user add anna@example.org",
        "mail",
        "mail import",
        "token create",
    ],
)
def test_what_cannot_be_understood_ends_with_64(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(line.split())
    assert ending.value.code == EX_USAGE
    assert "usage:" in capsys.readouterr().err


def test_asking_for_help_imports_no_framework() -> None:
    code = "import sys; from otklik.config.cli import build_parser; build_parser(); print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_message_is_read_without_folder_settings_or_framework(tmp_path: Path) -> None:
    world = tmp_path / "world"
    home = world / "home"
    home.mkdir(parents=True)
    mail = world / "mail.eml"
    mail.write_bytes(b"Subject: x\r\nContent-Type: text/html\r\n\r\n<p>Hello <b>there</b></p>")
    code = (
        "import sys; from otklik.config.cli import main; main(['mail', 'parse', '--json', sys.argv[1]]);"
        " print('django' in sys.modules)"
    )
    broken = {"OTKLIK_DATA": str(world / "data"), "OTKLIK_DATABASE_URL": "nonsense", "OTKLIK_LANGUAGE": "xx"}
    for env in ({}, broken):
        done = subprocess.run(
            [sys.executable, "-c", code, str(mail)], capture_output=True, text=True, check=True, cwd=home, env=env
        )
        line, with_framework = done.stdout.splitlines()
        assert json.loads(line)["visible_text"] == "Hello there"
        assert with_framework == "False"
    assert sorted(item.name for item in world.rglob("*")) == ["home", "mail.eml"]


@pytest.mark.parametrize("command", ["web", "worker", "smtp"])
def test_parts_of_the_desk_alone_need_postgresql(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OTKLIK_DATABASE_URL", raising=False)
    assert main([command]) == 1
    assert "PostgreSQL" in capsys.readouterr().err


def test_user_can_be_added_before_the_desk_was_ever_started(tmp_path: Path) -> None:
    data = tmp_path / "new"
    command = [sys.executable, "-m", "otklik.config.cli", "user", "add", "me@desk.example", "--role", "admin",
               "--password-stdin", "--data", str(data)]  # fmt: skip
    added = subprocess.run(command, input="very long and secret\n", text=True, capture_output=True, check=False)
    assert (added.returncode, added.stderr) == (0, "")
    again = subprocess.run(command, input="very long and secret\n", text=True, capture_output=True, check=False)
    assert again.returncode == 1
    assert "exists already" in again.stderr or "уже есть" in again.stderr


@pytest.mark.parametrize("first", [True, False])
def test_first_start_says_how_to_make_the_first_user(*, first: bool) -> None:
    from otklik.config.cli.serve import _welcome

    text = _welcome("http://127.0.0.1:8000", "127.0.0.1:2525", demo=False, first=first)
    assert "http://127.0.0.1:8000" in text
    assert ("otklik user add" in text) is first


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTKLIK_TIME_ZONE", "Mars/Crater"),
        ("OTKLIK_TIME_ZONE", "../../etc/passwd"),
        ("OTKLIK_TIME_ZONE", "Europe"),
        ("OTKLIK_OUTBOUND_NETWORKS", "10.1.0.0/16, 10.1.0.0/99"),
        ("OTKLIK_OUTBOUND_NETWORKS", "intranet"),
        ("OTKLIK_LOG_LEVEL", "LOUD"),
        ("OTKLIK_LOG_FORMAT", "xml"),
        ("OTKLIK_SMTP_URL", "mail.example.com:465"),
        ("OTKLIK_SMTP_URL", "smtps://user:hush@mail.example.com:port"),
        ("OTKLIK_SMTP_URL", "smtps://user:hush@mail.example.com/path"),
        ("OTKLIK_BASE_URL", "desk.example.com"),
        ("OTKLIK_BASE_URL", "https://[desk"),
        ("OTKLIK_DATABASE_URL", "postgresql://user:hush@host:port/otklik"),
        ("OTKLIK_LANGUAGE", "tlh"),
        ("OTKLIK_DEMO", "maybe"),
    ],
)
def test_a_value_that_cannot_be_used_stops_the_start_with_one_sentence(tmp_path: Path, name: str, value: str) -> None:
    env = {"OTKLIK_DATA": str(tmp_path), "PATH": os.defpath, name: value}
    done = subprocess.run(
        [sys.executable, "-m", "otklik.config.cli", "check", "--offline"],
        capture_output=True, text=True, check=False, env=env,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"otklik: {name} ")
    assert len(done.stderr.splitlines()) == 1
    assert "hush" not in done.stderr + done.stdout


def test_values_that_can_be_used_are_taken_in_any_case(tmp_path: Path) -> None:
    code = (
        "from otklik.config.cli.setup import start_django; start_django()\nfrom django.conf import settings\n"
        "print(settings.LOGGING['level'], settings.TIME_ZONE, settings.OUTBOUND_NETWORKS_ALLOWED, settings.BASE_URL)"
    )
    env = {
        "OTKLIK_DATA": str(tmp_path), "PATH": os.defpath, "OTKLIK_LOG_LEVEL": "warning",
        "OTKLIK_TIME_ZONE": "Asia/Omsk",
        "OTKLIK_OUTBOUND_NETWORKS": "10.1.0.0/16, 10.2.0.7", "OTKLIK_BASE_URL": "https://desk.example.com/",
        "OTKLIK_SMTP_URL": "smtps://user:hush@mail.example.com:465",
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.strip() == "WARNING Asia/Omsk ['10.1.0.0/16', '10.2.0.7'] https://desk.example.com"


@pytest.mark.parametrize(
    ("url", "taken"),
    [("s3://bucket/files", False), ("ftp://bucket/files", False), ("file:///{0}/a%20b", True), ("{0}/plain", True)],
)
def test_attachments_lie_in_a_folder_or_the_start_says_so(tmp_path: Path, url: str, taken: bool) -> None:
    code = "from otklik.config.cli.setup import start_django; start_django()\nfrom django.conf import settings\n"
    env = {"OTKLIK_DATA": str(tmp_path / "data"), "OTKLIK_ATTACHMENTS_URL": url.format(tmp_path), "PATH": os.defpath}
    done = subprocess.run(
        [sys.executable, "-c", code + "print(settings.BLOB_DIR)"], capture_output=True, text=True, check=False, env=env
    )
    assert (done.returncode == 0) is taken
    if taken:
        assert done.stdout.strip() in {f"{tmp_path}/a b", f"{tmp_path}/plain"}
    else:
        assert done.stderr.startswith("otklik: OTKLIK_ATTACHMENTS_URL ")
        assert "Traceback" not in done.stderr
