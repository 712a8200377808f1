"""Mail servers inside: special addresses are reached by no way, and what listens in the own network is not told."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from otklik.channels.email import forms, mailbox, reach
from otklik.channels.email.client import SmtpClient
from otklik.channels.email.imap.client import ImapFolder
from otklik.channels.email.imap.errors import ImapError
from otklik.channels.email.mailbox import PLAIN, STARTTLS, TLS, MailboxConfig, Server
from otklik.channels.email.models import Delivery
from otklik.channels.email.outbox import reasons, sending
from otklik.channels.email.probe.client import probe_mailbox
from otklik.channels.email.smtp_answers import Passing
from otklik.channels.email.tests.outgoing import freeze
from otklik.channels.email.tests.test_mailboxes import form
from otklik.channels.email.tests.test_mailboxes_api import WANTED, program, send
from otklik.channels.email.tests.test_probe import certificate_for, codes, imap
from otklik.channels.models import Connection
from otklik.testing.people import People

ADDRESS = "support@desk.example"
SPECIAL = [
    "169.254.169.254", "0.0.0.0", "0", "::ffff:169.254.169.254", "fe80::1", "224.0.0.1", "255.255.255.255",
    "metadata.example.org",
]  # fmt: skip
special = pytest.mark.parametrize("host", SPECIAL)
securities = pytest.mark.parametrize("security", [PLAIN, STARTTLS, TLS])


@pytest.fixture(autouse=True)
def lying_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a name that looks public lead to the metadata service of a cloud."""
    real = socket.getaddrinfo

    def answer(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        return real("169.254.169.254" if host == "metadata.example.org" else host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Where connections were tried; none is made."""
    tried: list[Any] = []

    def refuse(address: Any, *_rest: Any, **_more: Any) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    return tried


@special
@pytest.mark.django_db
def test_a_page_does_not_save_it(company: People, client: Client, host: str) -> None:
    client.force_login(company.admin)
    url = f"/settings/mailboxes/{company.mailbox.pk}/"
    for changes in ({"imap_host": host}, {"way_out": "own", "smtp_host": host}):
        answer = client.post(url, form(**changes))
        assert (answer.status_code, Connection.objects.count()) == (422, 0)
        assert "Otklik не подключается" in answer.content.decode()


@pytest.mark.django_db
def test_a_program_does_not_save_it(company: People) -> None:
    admin = program(company.admin)
    status, refused = send(admin, "POST", "mailboxes", WANTED | {"imap_host": "metadata.example.org"})
    assert (status, refused["errors"][0]["field"], Connection.objects.count()) == (422, "imap_host", 0)
    made = send(admin, "POST", "mailboxes", WANTED)[1]
    status, refused = send(
        admin, "PATCH", f"mailboxes/{made['id']}", {"way_out": "own", "smtp_host": "169.254.169.254"}
    )
    assert (status, refused["errors"][0]["field"]) == (422, "smtp_host")
    assert mailbox.read(Connection.objects.get()).smtp is None


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "192.168.0.7", "fd00::1", "localhost", "no-such.invalid"])
def test_servers_of_the_house_and_unknown_names_are_saved(host: str) -> None:
    reader = forms.Reader(form(imap_host=host), forms.FIELDS)
    forms.read_settings(reader, MailboxConfig())
    assert reader.errors == []


@special
@securities
def test_the_test_button_does_not_connect(connected: list[Any], host: str, security: str) -> None:
    server = Server(host, 993, security, "support", "word")
    found = probe_mailbox(MailboxConfig(imap=server, smtp=server), ADDRESS, None)
    assert codes(found)[0] == codes(found, "smtp")[0] == ("address", "bad")
    assert connected == []


@special
@securities
def test_polling_does_not_connect(connected: list[Any], host: str, security: str) -> None:
    server = Server(host, 993, security, "support", "word")
    with pytest.raises(ImapError) as caught, ImapFolder(server, "INBOX", writable=False):
        pass
    assert (caught.value.code, caught.value.detail, connected) == ("address", "", [])


@special
@securities
def test_sending_does_not_connect(connected: list[Any], host: str, security: str) -> None:
    with pytest.raises(Passing) as caught:
        SmtpClient(Server(host, 465, security)).send(ADDRESS, "clara@berezka.example", b"Subject: x\r\n\r\nx\r\n")
    assert (caught.value.code, caught.value.server_down, connected) == ("address", True, [])


@pytest.mark.django_db
def test_the_outbox_says_why(connected: list[Any], settings: Any) -> None:
    freeze("clara@berezka.example")
    settings.SMTP_URL = "smtp://169.254.169.254"
    sending.send_due()
    row = Delivery.objects.get()
    assert (row.state, row.error_code, connected) == ("queued", "address", [])
    assert {"address", "no_mail_server"} <= set(reasons.REASONS)


def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch, connected: list[Any]) -> None:
    """A name that is public when it is checked and inner when it is connected to gains nothing."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    monkeypatch.setattr(reach, "resolve", lambda *_: next(answers))
    with pytest.raises(ImapError) as caught, ImapFolder(Server("rebind.example", 993), "INBOX", writable=False):
        pass
    assert (caught.value.code, connected) == ("unreachable", [("93.184.216.34", 993)])
    assert next(answers) == ["127.0.0.1"]


@contextlib.contextmanager
def _closed() -> Iterator[int]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def _whatever_listens(folder: Path) -> Iterator[contextlib.AbstractContextManager[int]]:
    yield _closed()
    for greeting in ("HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH\r\n", "220 ftp\r\n", "554 no\r\n", ""):
        yield imap(lambda line: "500 what\r\n", greeting=greeting)
    yield imap(certificate=certificate_for(folder, "elsewhere.example"))


@securities
def test_polling_tells_nothing_of_what_listens_inside(tmp_path: Path, security: str) -> None:
    told = set()
    for listener in _whatever_listens(tmp_path):
        with listener as port:
            server = Server("127.0.0.1", port, security, "support", "word")
            with pytest.raises(ImapError) as caught, ImapFolder(server, "INBOX", writable=False, timeout=0.3):
                pass
            told.add((caught.value.code, caught.value.detail))
    assert told == {("no_mail_server", "")}


@securities
def test_sending_tells_nothing_of_what_listens_inside(tmp_path: Path, security: str) -> None:
    told = set()
    for listener in _whatever_listens(tmp_path):
        with listener as port:
            client = SmtpClient(Server("127.0.0.1", port, security), connect_seconds=0.3, open_seconds=0.3)
            with contextlib.closing(client), pytest.raises(Passing) as caught:
                client.open()
            told.add((caught.value.code, caught.value.response, caught.value.server_down))
    assert told == {("no_mail_server", "", True)}


def test_what_is_only_translated_to_an_inner_address_counts_as_inner() -> None:
    assert reach.is_inner(["8.8.8.8", "10.0.0.1"])
    assert reach.is_inner(["64:ff9b::a00:1"])
    assert not reach.is_inner(["8.8.8.8", "2a00:1450::1"])
