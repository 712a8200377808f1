"""How a mailbox begins: by what was chosen or what its address tells, off until it was tested."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import dns.message
import dns.rrset
import pytest
from django.test import Client

from otklik.channels.email import mailbox
from otklik.channels.email.mailbox import PLAIN, Server
from otklik.channels.email.probe import client as probe
from otklik.channels.email.probe import hints, starting
from otklik.channels.email.tests.test_mailboxes import form
from otklik.channels.email.tests.test_probe import imap
from otklik.channels.models import Connection
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.testing.tools import desk_client

NEW = "/settings/mailboxes/new/"


@contextlib.contextmanager
def name_server(monkeypatch: pytest.MonkeyPatch, *answers: str) -> Iterator[None]:
    """Answer every question for MX with these rows; without rows nobody answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]

        def configure(self: Any, _file: Any) -> None:
            self.port = port
            self.nameservers = ["127.0.0.1"]

        monkeypatch.setattr("dns.resolver.Resolver.read_resolv_conf", configure)

        def serve() -> None:
            while answers:
                try:
                    wire, peer = sock.recvfrom(4096)
                except OSError:
                    return
                if wire == b"end":
                    return
                answer = dns.message.make_response(dns.message.from_wire(wire))
                answer.answer.append(dns.rrset.from_text_list(answer.question[0].name, 60, "IN", "MX", answers))
                sock.sendto(answer.to_wire(), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
                stop.sendto(b"end", ("127.0.0.1", port))
            thread.join()


@pytest.mark.parametrize(
    ("answers", "key"),
    [
        (["10 mx.yandex.net."], "yandex"),
        (["10 emx.mail.ru."], "mailru"),
        (["5 alt1.aspmx.l.google.com.", "1 aspmx.l.google.com."], "google"),
        (["1 SMTP.Google.com."], "google"),
        (["0 firma-example.mail.protection.outlook.com."], "microsoft"),
        (["0 firma-example.p-v1.mx.microsoft."], "microsoft"),
        (["20 mx.yandex.net.", "10 filter.firma.example."], "yandex"),
        (["20 mx.yandex.net.", "10 emx.mail.ru."], "mailru"),
        (["10 mx.firma.example."], None),
        (["10 mx.yandex.net.evil.example."], None),
        (["0 ."], None),
    ],
)
def test_the_servers_that_take_mail_tell_the_provider(
    monkeypatch: pytest.MonkeyPatch, answers: list[str], key: str | None
) -> None:
    with name_server(monkeypatch, *answers):
        found = hints.by_exchangers(probe.mail_exchangers("firma.example"))
    assert (found.key if found else None) == key


def test_without_a_network_nothing_is_found_and_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "LOOKUP_SECONDS", 0.2)
    with name_server(monkeypatch):
        assert probe.mail_exchangers("firma.example") == ()
    monkeypatch.setattr("dns.resolver.Resolver.read_resolv_conf", lambda self, _file: setattr(self, "nameservers", []))
    assert probe.mail_exchangers("firma.example") == ()


@pytest.mark.django_db
def test_a_company_domain_gets_the_servers_of_its_provider(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(starting, "mail_exchangers", lambda domain: asked.append(domain) or ("mx.yandex.net",))
    desk_client(company.admin).post(NEW, {"address": "help@Фирма.рф", "language": "ru"})
    connection = Connection.objects.get()
    settings = mailbox.read(connection)
    assert asked == ["xn--80ajgpcpbhkds4a4g.xn--p1ai"] or asked[0].startswith("xn--")
    assert settings.imap == Server("imap.yandex.ru", 993, user=connection.channel.address)
    assert not connection.enabled


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("provider", "host", "oauth"),
    [
        ("yandex", "imap.yandex.ru", False),
        ("mailru", "imap.mail.ru", False),
        ("google", "imap.gmail.com", False),
        ("microsoft", "outlook.office365.com", True),
        ("other", None, False),
    ],
)
def test_a_chosen_provider_asks_nobody_and_waits_for_its_test(
    company: People, monkeypatch: pytest.MonkeyPatch, provider: str, host: str | None, *, oauth: bool
) -> None:
    monkeypatch.setattr(starting, "mail_exchangers", lambda domain: pytest.fail("nobody is to be asked"))
    browser = desk_client(company.admin)
    answer = browser.post(NEW, {"address": "help@firma.example", "language": "ru", "provider": provider})
    connection = Connection.objects.get()
    settings = mailbox.read(connection)
    assert (settings.imap.host if settings.imap else None, settings.oauth is not None) == (host, oauth)
    assert not connection.enabled
    page = browser.get(answer["Location"]).content.decode()
    assert 'value="help@firma.example"' in page
    assert 'option value="imap" selected' in page


@pytest.mark.django_db
def test_an_unknown_domain_stays_off_until_its_test_is_good(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "mail_exchangers", lambda domain: ())
    browser = desk_client(company.admin)
    url = browser.post(NEW, {"address": "help@firma.example", "language": "ru"})["Location"]
    assert not Connection.objects.get().enabled
    values = form(address="help@firma.example", version="1", imap_host="127.0.0.1", imap_security=PLAIN, then="test")
    with imap() as port:
        browser.post(url, values | {"imap_port": str(port), "imap_password": "bad"})
        assert not Connection.objects.get().enabled
        version = str(Connection.objects.get().version)
        browser.post(url, values | {"imap_port": str(port), "imap_password": "right", "version": version})
    assert Connection.objects.get().enabled


@pytest.mark.django_db
def test_the_own_receiver_is_on_at_once_and_can_be_switched_off(company: People) -> None:
    browser = desk_client(company.admin)
    url = browser.post(NEW, {"address": "help@firma.example", "language": "ru", "provider": "receiver"})["Location"]
    assert Connection.objects.get().enabled
    values = form(address="help@firma.example", way_in="smtp", imap_host="", imap_user="", imap_password="")
    browser.post(url, values | {"version": "1"})
    assert not Connection.objects.get().enabled
    browser.post(url, values | {"version": "2", "name": "Помощь"})
    assert not Connection.objects.get().enabled


@pytest.mark.django_db
def test_who_turns_to_the_receiver_on_the_second_page_needs_no_test(company: People) -> None:
    browser = desk_client(company.admin)
    url = browser.post(NEW, {"address": "help@firma.example", "language": "ru", "provider": "other"})["Location"]
    values = form(address="help@firma.example", way_in="smtp", imap_host="", imap_user="", imap_password="")
    browser.post(url, values | {"version": "1"})
    assert Connection.objects.get().enabled


@pytest.mark.django_db
def test_a_way_that_there_is_not_is_refused(company: People) -> None:
    answer = desk_client(company.admin).post(
        NEW, {"address": "help@firma.example", "language": "ru", "provider": "aol"}
    )
    assert answer.status_code == 422
    assert not Connection.objects.exists()
    assert not Event.objects.filter(kind="channel.configured").exists()


@pytest.mark.django_db
def test_the_page_says_what_each_provider_needs(company: People, client: Client) -> None:
    page = desk_client(company.admin).get(NEW).content.decode()
    assert page.count('name="provider"') == len(starting.CHOICES)
    assert 'value="auto" checked' in page
    for words in ("пароль приложения", "Microsoft Entra ID", "пароль для внешних приложений", "приёмнику"):
        assert words in page
