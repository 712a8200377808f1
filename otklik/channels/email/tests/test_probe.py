"""The connection test against servers that are slow, mad, closed or right: each time a plain word, within seconds."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

from otklik.channels.email import reach
from otklik.channels.email.imap.client import ImapFolder
from otklik.channels.email.imap.errors import ImapError
from otklik.channels.email.mailbox import PLAIN, STARTTLS, TLS, MailboxConfig, Server
from otklik.channels.email.probe import client, hints, report
from otklik.channels.email.probe.client import probe_mailbox
from otklik.channels.email.probe.report import Report
from otklik.channels.email.tests.sink import running_sink
from otklik.testing.certificates import certificate_for

ADDRESS = "support@desk.example"
Script = Callable[[str], str]


def imap_script(line: str) -> str:
    """A sensible IMAP server whose password is ``right``."""
    tag, _, command = line.partition(" ")
    verb = command.split(" ")[0].upper()
    if verb == "CAPABILITY":
        return f"* CAPABILITY IMAP4rev1 IDLE\r\n{tag} OK done\r\n"
    if verb == "STARTTLS":
        return f"{tag} OK begin TLS\r\n"
    if verb == "LOGIN":
        good = '"right"' in command
        return f"{tag} OK in\r\n" if good else f"{tag} NO [AUTHENTICATIONFAILED] AUTHENTICATE invalid credentials\r\n"
    if verb in {"EXAMINE", "SELECT"}:
        return (
            f"* 17 EXISTS\r\n{tag} OK [READ-ONLY] done\r\n" if "INBOX" in command else f"{tag} NO no such mailbox\r\n"
        )
    return f"{tag} OK\r\n"


def _wrapped(sock: socket.socket, certificate: Path) -> socket.socket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context.wrap_socket(sock, server_side=True)


@contextlib.contextmanager
def imap(
    script: Script = imap_script, *, greeting: str = "* OK ready\r\n", certificate: Path | None = None,
    features: str = "", starttls: Path | None = None,
) -> Iterator[int]:  # fmt: skip
    """Run one fake server; yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve(sock: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), sock:
            if certificate is not None:
                sock = _wrapped(sock, certificate)
            sock.sendall(greeting.encode())
            while line := sock.makefile("rb").readline():
                answer = script(line.decode().rstrip("\r\n"))
                if answer.endswith(" begin TLS\r\n") and starttls is not None:
                    sock.sendall(answer.encode())
                    sock = _wrapped(sock, starttls)
                    continue
                if answer == "drip":
                    while not done.wait(0.05):
                        sock.sendall(b"* OK still thinking\r\n")
                sock.sendall(answer.replace("IMAP4rev1", f"IMAP4rev1 {features}".strip()).encode())

    def run() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        done.set()
        listener.close()


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let loopback count as a public network, where each failure has a name of its own."""
    monkeypatch.setattr(reach, "is_inner", lambda addresses: False)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(client, "WHOLE_SECONDS", 0.8)


def probe(
    port: int, *, password: str = "right", security: str = PLAIN, folder: str = "INBOX", host: str = "127.0.0.1",
    user: str = "support",
) -> Report:  # fmt: skip
    return probe_mailbox(MailboxConfig(imap=Server(host, port, security, user, password), folder=folder), ADDRESS, None)


def codes(found: Report, part: str = "imap") -> list[tuple[str, str]]:
    return [(step.code, step.state) for step in found.steps if step.part == part]


def test_all_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = certificate_for(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with imap(certificate=certificate) as port, running_sink() as sink:
        settings = MailboxConfig(imap=Server("localhost", port, TLS, "support", "right"), smtp=sink.server)
        found = probe_mailbox(settings, ADDRESS, None)
    assert codes(found) == [("found", "ok"), ("encrypted", "ok"), ("signed_in", "ok"), ("folder", "ok")]
    assert codes(found, "smtp") == [("sends", "ok")]
    assert sink.taken == []
    texts = [report.text(step) for step in found.steps]
    assert "TLS 1.3" in texts[1]
    assert "17" in texts[3]
    assert Report.load(found.dump()) == found


@pytest.mark.parametrize("security", [TLS, STARTTLS])
def test_both_ways_of_encryption_check_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str) -> None:
    """The test and the service that fetches, over the same server."""
    certificate = certificate_for(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    options = {"certificate": certificate} if security == TLS else {"starttls": certificate, "features": "STARTTLS"}
    with imap(**options) as port:  # type: ignore[arg-type]
        assert codes(probe(port, security=security, host="localhost"))[1] == ("encrypted", "ok")
        server = Server("localhost", port, security, "support", "right")
        with ImapFolder(server, "INBOX", writable=False, timeout=20):
            pass
        wrong = Server("127.0.0.1", port, security, "support", "right")
        with pytest.raises(ImapError) as caught, ImapFolder(wrong, "INBOX", writable=False, timeout=20):
            pass
    assert caught.value.code == "no_mail_server"


def test_a_wrong_password_is_named_and_the_rest_is_left_for_later() -> None:
    with imap() as port:
        found = probe(port, password="wrong")
    assert codes(found) == [("found", "ok"), ("plain", "warn"), ("password", "bad"), ("folder", "later")]
    failure = found.failure()
    assert failure is not None
    assert failure.response == "[AUTHENTICATIONFAILED] AUTHENTICATE invalid credentials"
    assert "wrong" not in str(found.dump())
    assert codes(found, "smtp") == [("no_sending", "warn")]


def test_a_folder_that_is_not_there() -> None:
    with imap() as port:
        assert codes(probe(port, folder="Заявки"))[-1] == ("no_folder", "bad")


@pytest.mark.parametrize("password", ["пароль", "a\r\nb", "a\x00b"])
def test_passwords_that_cannot_travel(password: str) -> None:
    with imap() as port:
        assert codes(probe(port, password=password))[2] == ("login_letters", "bad")


def test_a_server_without_sign_in_by_password() -> None:
    with imap(
        lambda line: imap_script(line) if "LOGIN" not in line else f"{line.split()[0]} NO LOGINDISABLED\r\n"
    ) as port:
        assert codes(probe(port))[2] == ("login_off", "bad")


@pytest.mark.usefixtures("outside", "quick")
@pytest.mark.parametrize(
    ("greeting", "security", "code"),
    [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", PLAIN, "garbage"),
        ("* BYE too many\r\n", PLAIN, "garbage"),
        ("", PLAIN, "slow"),
        ("* OK ready\r\n", STARTTLS, "no_starttls"),
        ("* OK ready\r\n", TLS, "garbage"),
    ],
)
def test_a_public_server_that_is_wrong(greeting: str, security: str, code: str) -> None:
    with imap(greeting=greeting) as port:
        found = probe(port, security=security)
    assert codes(found)[:2] == [("found", "ok"), (code, "bad")]


@pytest.mark.usefixtures("outside", "quick")
def test_a_certificate_of_somebody_else(tmp_path: Path) -> None:
    with imap(certificate=certificate_for(tmp_path, "localhost")) as port:
        assert codes(probe(port, security=TLS, host="localhost"))[1] == ("tls", "bad")


@pytest.mark.usefixtures("outside", "quick")
def test_nobody_and_no_name() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert codes(probe(closed.getsockname()[1]))[0] == ("unreachable", "bad")
    assert codes(probe(993, host="no-such-host.invalid"))[0] == ("no_host", "bad")


@pytest.mark.usefixtures("outside", "quick")
def test_a_server_that_drips_for_ever_is_left_in_time() -> None:
    with imap(lambda line: "drip" if "LOGIN" in line else imap_script(line)) as port:
        began = time.monotonic()
        found = probe(port)
    assert codes(found)[2] == ("slow", "bad")
    assert time.monotonic() - began < 5


@pytest.mark.usefixtures("quick")
def test_inside_closed_open_and_mad_ports_look_the_same(tmp_path: Path) -> None:
    """D-24: the test tells nothing about what listens in the own network unless it is a mail server."""
    answers = []
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        answers.append(probe(closed.getsockname()[1], security=TLS))
    for greeting in ("HTTP/1.1 400 Bad Request\r\n\r\n", "", "SSH-2.0-OpenSSH\r\n"):
        with imap(greeting=greeting) as port:
            answers += [probe(port, security=security) for security in (PLAIN, TLS, STARTTLS)]
    with imap(certificate=certificate_for(tmp_path, "localhost")) as port:
        answers.append(probe(port, security=TLS, host="localhost"))
    for found in answers:
        assert codes(found) == [("no_mail_server", "bad"), ("signed_in", "later"), ("folder", "later")]
        assert found.steps[0].response == ""


@pytest.mark.usefixtures("quick")
def test_inside_the_way_out_tells_as_little() -> None:
    answers = []
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        answers.append(
            probe_mailbox(MailboxConfig(smtp=Server("127.0.0.1", closed.getsockname()[1], TLS)), ADDRESS, None)
        )
    with imap(greeting="HTTP/1.1 400\r\n") as port:
        servers = [Server("127.0.0.1", port, security) for security in (PLAIN, TLS, STARTTLS)]
        answers += [probe_mailbox(MailboxConfig(smtp=server), ADDRESS, None) for server in servers]
    assert {tuple(codes(found, "smtp")) for found in answers} == {(("no_mail_server", "bad"),)}


def test_the_way_out() -> None:
    with running_sink() as sink:
        sink.password = "right"
        server = Server("127.0.0.1", sink.port, PLAIN, "u", "wrong")
        assert codes(probe_mailbox(MailboxConfig(smtp=server), ADDRESS, None), "smtp") == [("password", "bad")]
        sink.password, sink.mail = "", lambda line: "553 5.7.1 Sender address rejected"
        assert codes(probe_mailbox(MailboxConfig(), ADDRESS, sink.server), "smtp") == [("sender_refused", "bad")]
        assert codes(probe_mailbox(MailboxConfig(), ADDRESS, None)) == []


def test_every_code_has_its_words_in_both_languages() -> None:
    with override("en"):
        english = {code: (str(report.TITLES[code]), str(report._TEXTS[code])) for code in report.TITLES}
    with override("ru"):
        russian = {code: (str(report.TITLES[code]), str(report._TEXTS[code])) for code in report.TITLES}
    assert set(report.TITLES) == set(report._TEXTS)
    assert all(english[code][0] != russian[code][0] for code in english)


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("imap.yandex.ru", "yandex"),
        ("IMAP.MAIL.RU", "mailru"),
        ("imap.gmail.com", "google"),
        ("outlook.office365.com", "microsoft"),
        ("notyandex.ru", None),
        ("imap.yandex.ru.evil.example", None),
    ],
)
def test_providers_are_known_by_their_servers(host: str, key: str | None) -> None:
    found = hints.by_host(host)
    assert (found.key if found else None) == key


def test_servers_of_a_known_address() -> None:
    provider = hints.by_address("firma@yandex.ru")
    assert provider is not None
    settings = hints.settings_for(provider, "firma@yandex.ru")
    assert [server and server.name for server in (settings.imap, settings.smtp)] == [
        "imap.yandex.ru:993",
        "smtp.yandex.ru:465",
    ]
    assert hints.by_address("support@desk.example") is None
