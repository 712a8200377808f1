"""Settings of a mailbox: strict reading, sealed secrets that never come back, the test behind the button."""

from typing import Any

import pytest
from django.test import Client

from otklik.channels.email import mailbox
from otklik.channels.email.actions import mailboxes as actions
from otklik.channels.email.actions.mailboxes import MailboxFacts
from otklik.channels.email.mailbox import PLAIN, TLS, MailboxConfig, Server
from otklik.channels.email.models import MailboxCheck
from otklik.channels.email.probe import client as probe
from otklik.channels.email.probe.report import BAD, Report, Step
from otklik.channels.email.tests.sink import running_sink
from otklik.channels.email.tests.test_probe import imap
from otklik.channels.models import Connection
from otklik.core.errors import Conflict, Forbidden
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.tickets.models import Channel

pytestmark = pytest.mark.django_db
SECRET = "correct-horse-battery"
FULL = MailboxConfig(
    imap=Server("imap.desk.example", 993, TLS, "support", SECRET),
    smtp=Server("smtp.desk.example", 465, TLS, "s", "other"),
    folder="Заявки", after_import="move", move_to="Готово", trusted_authserv=("mx.desk.example",), confirmation=True,
)  # fmt: skip


def form(**changes: Any) -> dict[str, Any]:
    values = {
        "address": "support@desk.example", "name": "Поддержка", "team": "", "language": "ru", "version": "0",
        "from_name": "agent", "way_in": "imap", "imap_host": "imap.desk.example", "imap_port": "993",
        "imap_security": "tls", "imap_user": "support", "imap_password": SECRET, "folder": "INBOX",
        "after_import": "keep", "move_to": "", "delete_after_days": "30", "trusted_authserv": "", "way_out": "common",
        "smtp_host": "", "smtp_port": "465", "smtp_security": "tls", "smtp_user": "", "smtp_password": "",
    }  # fmt: skip
    return {key: value for key, value in (values | changes).items() if value is not None}


@pytest.fixture
def admin(company: People, client: Client) -> Client:
    client.force_login(company.admin)
    return client


@pytest.fixture
def url(company: People) -> str:
    return f"/settings/mailboxes/{company.mailbox.pk}/"


def kept(company: People) -> MailboxConfig:
    return mailbox.read(Connection.objects.get(channel=company.mailbox))


def test_settings_survive_the_way_into_the_row_and_back() -> None:
    config, secret = mailbox.dump(FULL)
    row = Connection(config=config, secret=secret)
    assert mailbox.read(row) == FULL
    assert SECRET not in str(config) + secret
    assert mailbox.read(None) == MailboxConfig()


def test_a_password_goes_along_only_to_the_same_server_and_user() -> None:
    def blank(**changes: Any) -> MailboxConfig:
        values = {"host": "imap.desk.example", "port": 993, "user": "support", "password": "", **changes}
        return MailboxConfig(imap=Server(**values))

    for changes, password in (
        ({}, SECRET),
        ({"port": 143}, SECRET),
        ({"host": "evil.example"}, ""),
        ({"user": "x"}, ""),
    ):
        found = mailbox.keep_passwords(blank(**changes), FULL)
        assert found.imap is not None
        assert found.imap.password == password


def test_saving_keeps_the_secret_sealed_and_never_shows_it(admin: Client, company: People, url: str) -> None:
    assert admin.post(url, form()).status_code == 302
    found = kept(company)
    assert found.imap == Server("imap.desk.example", 993, TLS, "support", SECRET)
    assert SECRET not in admin.get(url).content.decode()
    version = str(Connection.objects.get().version)
    assert admin.post(url, form(imap_password="", version=version, folder="Заявки")).status_code == 302
    assert kept(company).imap == found.imap
    assert kept(company).folder == "Заявки"
    events = Event.objects.filter(kind="channel.configured")
    assert SECRET not in str([event.data for event in events])


def test_the_same_values_again_change_nothing(admin: Client, company: People, url: str) -> None:
    admin.post(url, form())
    before = (Connection.objects.values().get(), Event.objects.count())
    admin.post(url, form(imap_password="", version=str(Connection.objects.get().version)))
    assert (Connection.objects.values().get(), Event.objects.count()) == before


def test_a_lost_race_is_said_and_changes_nothing(admin: Client, company: People, url: str) -> None:
    admin.post(url, form())
    old = str(Connection.objects.get().version)
    admin.post(url, form(folder="A", version=old))
    answer = admin.post(url, form(folder="B", version=old))
    assert answer.status_code == 409
    assert "изменил кто-то другой" in answer.content.decode()
    assert kept(company).folder == "A"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"address": "not an address"}, "Это не похоже на адрес"),
        ({"address": "a+b@desk.example"}, "без части после плюса"),
        ({"imap_host": ""}, "Укажите сервер"),
        ({"imap_host": "imap desk"}, "не похоже на имя сервера"),
        ({"imap_host": "imap.example/../x"}, "не похоже на имя сервера"),
        ({"imap_port": "99999"}, "Введите число"),
        ({"imap_port": "x"}, "Введите число"),
        ({"imap_user": ""}, "Укажите имя пользователя"),
        ({"imap_password": "a\nb"}, "недопустимые знаки"),
        ({"team": "999999"}, "Такой команды нет"),
        ({"after_import": "move"}, "Укажите папку"),
        ({"delete_after_days": "0", "after_import": "delete"}, "Введите число"),
        ({"trusted_authserv": "mx example; <x>"}, "Укажите имена серверов"),
        ({"way_out": "own"}, "Укажите сервер"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_at_its_field(admin: Client, url: str, changes: dict[str, str], words: str) -> None:
    answer = admin.post(url, form(**changes))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert SECRET not in page
    assert not Connection.objects.exists()


@pytest.mark.parametrize("field", ["secret", "state", "config", "kind"])
def test_unknown_fields_are_refused(admin: Client, url: str, field: str) -> None:
    assert admin.post(url, form(**{field: "x"})).status_code == 422
    assert not Connection.objects.exists()


def test_a_taken_address_is_refused(admin: Client, company: People, url: str) -> None:
    Channel.objects.create(
        kind="email", name="Вторая", address="second@desk.example", created_at=company.mailbox.created_at
    )
    assert admin.post(url, form(address="second@desk.example")).status_code == 409
    assert (
        admin.post("/settings/mailboxes/new/", {"address": "second@desk.example", "provider": "other"}).status_code
        == 409
    )
    assert not Connection.objects.exists()


def test_a_new_mailbox_of_a_known_provider_is_filled_in(admin: Client) -> None:
    answer = admin.post(
        "/settings/mailboxes/new/", {"address": "Firma@Yandex.ru", "name": "", "team": "", "language": "ru"}
    )
    channel = Channel.objects.get(address="firma@yandex.ru")
    assert answer["Location"] == f"/settings/mailboxes/{channel.pk}/"
    connection = Connection.objects.get(channel=channel)
    settings = mailbox.read(connection)
    assert settings.imap == Server("imap.yandex.ru", 993, TLS, "firma@yandex.ru")
    assert not connection.enabled
    assert "imap.yandex.ru" in admin.get(answer["Location"]).content.decode()


def test_the_same_password_for_sending(admin: Client, company: People, url: str) -> None:
    admin.post(url, form(way_out="own", smtp_host="smtp.desk.example", smtp_same="on"))
    found = kept(company)
    assert found.smtp == Server("smtp.desk.example", 465, TLS, "support", SECRET)
    assert 'name="smtp_same" checked' in admin.get(url).content.decode()


@pytest.mark.parametrize("who", ["anna", "vera", "observer", "technician"])
def test_others_find_no_such_pages(company: People, client: Client, url: str, who: str) -> None:
    client.force_login(getattr(company, who))
    for path in ("/settings/mailboxes/", "/settings/mailboxes/new/", url):
        assert client.get(path).status_code == 404
    for path in ("/settings/mailboxes/new/", url, f"{url}test/"):
        assert client.post(path, form()).status_code == 404
    assert not Connection.objects.exists()


def test_strangers_sign_in_first(client: Client, company: People, url: str) -> None:
    assert "/accounts/login/" in client.post(f"{url}test/")["Location"]


def test_actions_ask_for_the_right_themselves(company: People) -> None:
    facts = MailboxFacts("new@desk.example", "Новый", None, "ru")
    vera = company.actor(company.vera)
    for act in (
        lambda: actions.add_mailbox(facts, FULL, enabled=True, by=vera),
        lambda: actions.change_mailbox(company.mailbox, facts, FULL, enabled=True, version=None, by=vera),
        lambda: actions.note_check(company.mailbox, Report(), by=vera),
    ):
        with pytest.raises(Forbidden):
            act()
    assert Channel.objects.filter(kind="email").count() == 1


def test_adding_twice_is_a_conflict(company: People) -> None:
    facts, admin = MailboxFacts("new@desk.example", "Новый", None, "ru"), company.actor(company.admin)
    actions.add_mailbox(facts, FULL, enabled=True, by=admin)
    with pytest.raises(Conflict):
        actions.add_mailbox(facts, FULL, enabled=True, by=admin)


def test_the_button_tests_what_was_saved_and_switches_the_mailbox_on(admin: Client, company: People, url: str) -> None:
    with imap() as port, running_sink() as sink:
        values = form(
            imap_host="127.0.0.1", imap_port=str(port), imap_security=PLAIN, imap_password="right", then="test",
            way_out="own", smtp_host="127.0.0.1", smtp_port=str(sink.port), smtp_security=PLAIN, smtp_user="",
        )  # fmt: skip
        assert admin.post(url, values).status_code == 302
        assert sink.taken == []
    connection = Connection.objects.get()
    assert (connection.enabled, connection.state) == (True, "ok")
    page = admin.get(url).content.decode()
    assert all(words in page for words in ("Сервер найден", "Вход выполнен", "Папка открывается", "Сервер отправляет"))


def test_a_wrong_password_is_shown_with_what_to_do(admin: Client, company: People, url: str) -> None:
    with imap() as port:
        values = form(imap_host="127.0.0.1", imap_port=str(port), imap_security=PLAIN, imap_password="bad", then="test")
        admin.post(url, values)
    page = admin.get(url).content.decode()
    assert "Сервер не пустил: пароль не подошёл" in page
    assert "AUTHENTICATE invalid credentials" in page
    connection = Connection.objects.get()
    assert (connection.enabled, MailboxCheck.objects.count()) == (False, 1)
    with imap() as port:
        admin.post(f"{url}test/")
    assert MailboxCheck.objects.count() == 1


def test_a_mailbox_that_was_switched_off_stays_off_after_a_good_test(admin: Client, company: People, url: str) -> None:
    with imap() as port:
        values = form(
            imap_host="127.0.0.1",
            imap_port=str(port),
            imap_security=PLAIN,
            imap_password="right",
            enabled="on",
            then="test",
        )
        admin.post(url, values)
        values |= {"version": str(Connection.objects.get().version), "enabled": ""}
        admin.post(url, {key: value for key, value in values.items() if key != "enabled"})
    assert not Connection.objects.get().enabled


def test_providers_say_what_to_do(admin: Client, company: People, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from otklik.channels.email.views import mailboxes as views

    found = Report([Step("imap", "password", BAD, {}, "NO <script>canary()</script>")])
    monkeypatch.setattr(views, "probe_mailbox", lambda *args: found)
    admin.post(url, form(imap_host="imap.yandex.ru", then="test"))
    page = admin.get(url).content.decode()
    assert "Похоже, нужен пароль приложения" in page
    assert "Почтовые программы" in page
    assert "&lt;script&gt;canary()" in page


def test_the_list_shows_health(admin: Client, company: People, url: str) -> None:
    admin.post(url, form(enabled="on"))
    Connection.objects.update(state="failing", last_error="password")
    page = admin.get("/settings/mailboxes/").content.decode()
    assert "support@desk.example" in page
    assert "пароль не подошёл" in page


def test_no_test_runs_inside_a_transaction(
    admin: Client, company: People, url: str, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> None:
    from django.db import connection

    from otklik.channels.email.views import mailboxes as views

    depth = []
    original = probe.probe_mailbox

    def look(*args: Any) -> Report:
        depth.append(len(connection.savepoint_ids))
        return original(*args)

    before = len(connection.savepoint_ids)
    monkeypatch.setattr(views, "probe_mailbox", look)
    admin.post(url, form(way_in="smtp", then="test"))
    assert depth == [before]
