"""A real ``otklik serve``: it starts, answers, takes mail, survives kills, refuses a twin and ends cleanly."""

import http.client
import os
import signal
import smtplib
import socket
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import pytest

from otklik.testing.server import Desk, alive, running_desk, wait_until

pytestmark = [pytest.mark.fault, pytest.mark.sqlite]


def mail(subject: str) -> bytes:
    message = EmailMessage()
    message["From"] = "Клара Лис <clara@berezka.example>"
    message["To"] = "support@demo.otklik.test"
    message["Subject"] = subject
    message["Message-ID"] = f"<{uuid4().hex}@berezka.example>"
    message.set_content("Здравствуйте! Не холодит витрина.\n")
    return message.as_bytes()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with running_desk(tmp_path_factory.mktemp("serve"), demo=True) as running:
        yield running


@pytest.fixture
def desk(shared: Desk) -> Desk:
    """Return the desk of this module, started again when a test has ended it."""
    if shared.process is None or shared.process.poll() is not None:
        shared.start()
    return shared


def ledger_ends(desk: Desk) -> Counter[str]:
    """Count where mails ended, looking from outside."""
    with closing(sqlite3.connect(f"file:{desk.data / 'otklik.sqlite3'}?mode=ro", uri=True)) as database:
        return Counter(dict(database.execute("SELECT state, count(*) FROM email_inbound GROUP BY state")))


def answers(desk: Desk) -> bool:
    """Tell whether a web process answers; one that was just killed cuts the talks it had accepted."""
    try:
        return desk.get("/healthz").status == 200
    except (OSError, http.client.HTTPException):
        return False


def test_one_command_serves_pages_and_takes_mail(desk: Desk) -> None:
    assert desk.get("/healthz").text == "ok\n"
    assert desk.get("/readyz").status == 200
    assert desk.get("/").status == 302
    assert "админ" not in desk.log()
    assert f"http://127.0.0.1:{desk.port}/" in desk.log()
    for role in ("admin", "supervisor", "agent", "technician", "observer"):
        assert f"{role}@demo.otklik.test" in desk.log()

    before = ledger_ends(desk)
    desk.send_mail(mail("Не холодит витрина"))
    wait_until(lambda: ledger_ends(desk)["ticket"] == before["ticket"] + 1, what="the ticket")

    assert desk.stop() == 0
    assert "Клара" not in desk.log()
    assert "витрина" not in desk.log()
    assert "clara@" not in desk.log()


def test_killed_processes_come_back_and_nothing_is_lost(desk: Desk) -> None:
    before = ledger_ends(desk)
    web, engine = desk.child("web-0"), desk.child("engine")
    os.kill(web, signal.SIGKILL)
    wait_until(lambda: not alive(web) and desk.child("web-0") != web, what="another web process")
    wait_until(lambda: answers(desk), what="an answer")

    os.kill(engine, signal.SIGKILL)
    desk.send_mail(mail("После смерти"))  # the socket waits for the next engine: nobody is refused
    wait_until(lambda: ledger_ends(desk)["ticket"] == before["ticket"] + 1, what="the ticket")
    assert desk.child("engine") != engine


def test_a_killed_crew_comes_back(desk: Desk) -> None:
    crew = desk.child("crew")
    os.kill(crew, signal.SIGKILL)
    wait_until(lambda: not alive(crew) and desk.child("crew") != crew, what="another crew")
    wait_until(lambda: answers(desk), what="an answer")


def test_a_desk_that_programs_call_shares_the_api(desk: Desk) -> None:
    def holds_api() -> bool:
        return "pydantic_core" in Path(f"/proc/{desk.child('crew')}/maps").read_text(encoding="utf-8")

    assert not holds_api()
    token = desk.cli("token", "create", "--user", "admin@demo.otklik.test").stdout.decode().strip()
    answer = desk.get("/api/v1/profile", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert answer.status == 200  # loaded by this web process alone
    crew = desk.child("crew")
    os.kill(desk.pid, signal.SIGHUP)
    wait_until(lambda: not alive(crew), timeout=60, what="the end of the first crew")
    assert holds_api()


def test_the_end_of_the_supervisor_is_the_end_of_all(desk: Desk) -> None:
    for name in ("crew", "web-0", "engine"):  # a crew that was just replaced is still starting them
        desk.child(name)
    family = desk.family()
    os.kill(desk.pid, signal.SIGKILL)
    assert desk.process is not None
    desk.process.wait()
    wait_until(lambda: not any(alive(pid) for pid in family), what=f"the end of {family}")


def test_hup_changes_the_crew_without_a_refused_request(desk: Desk) -> None:
    crew = desk.child("crew")
    os.kill(desk.pid, signal.SIGHUP)

    def changed() -> bool:
        assert desk.get("/healthz").status == 200
        return not alive(crew)

    wait_until(changed, timeout=60, what="the end of the first crew")  # the second one starts first
    assert desk.get("/readyz").status == 200
    desk.send_mail(mail("После обновления"))


def test_a_second_desk_on_the_folder_is_refused(desk: Desk) -> None:
    done = desk.cli("serve", "--data", str(desk.data), "--port", "1", check=False)
    assert done.returncode == 1
    assert f"process {desk.pid}" in done.stderr.decode()
    assert desk.get("/healthz").status == 200


def test_the_data_stay_over_a_restart(desk: Desk) -> None:
    desk.send_mail(mail("Останется"))
    wait_until(lambda: not ledger_ends(desk)["waiting"], what="the end of the mail")
    ends = ledger_ends(desk)
    assert desk.stop() == 0
    desk.start()
    assert ledger_ends(desk) == ends


def test_only_the_configured_host_is_answered(desk: Desk) -> None:
    assert desk.get("/accounts/login/", headers={"Host": "evil.example"}).status == 400
    assert desk.get("/accounts/login/", headers={"X-Forwarded-Host": "evil.example"}).status == 200


def test_bodies_are_limited_before_they_are_read(desk: Desk) -> None:
    with socket.create_connection(("127.0.0.1", desk.port), timeout=10) as client:
        client.sendall(b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 413")
    with socket.create_connection(("127.0.0.1", desk.port), timeout=10) as client:
        client.sendall(b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 411")


def test_an_unknown_recipient_is_refused(desk: Desk) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        desk.send_mail(mail("Не туда"), to="nobody@elsewhere.example")


def test_a_start_that_cannot_succeed_says_why_and_ends(tmp_path: Path) -> None:
    with running_desk(tmp_path, env={"OTKLIK_LANGUAGE": "tlh"}, start=False) as broken:
        done = broken.cli("serve", "--port", str(broken.port), "--smtp-port", str(broken.smtp_port), check=False)
    assert done.returncode == 1
    assert "OTKLIK_LANGUAGE must be ru or en" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_a_real_desk_never_becomes_a_demo(tmp_path: Path) -> None:
    with running_desk(tmp_path, prepared=True) as real:
        assert not (real.data / "demo").exists()
        real.cli("user", "add", "anna@example.org", "--role", "admin", "--password-stdin", stdin=b"a long password\n")
        real.stop()
        done = real.cli("serve", "--demo", check=False)
    assert done.returncode == 1
    assert "without --demo" in done.stderr.decode()
