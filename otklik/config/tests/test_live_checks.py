"""`otklik check` asks mailboxes, forms, the provider of sign-in and push servers, unless it is told not to."""

import json
from typing import Any

import pytest

from otklik.accounts import actions as accounts
from otklik.accounts.provider import client as asking
from otklik.accounts.tests.fake_provider import CLIENT, SECRET, fake_provider
from otklik.channels import health as channel_health
from otklik.channels.base import CheckReport, Finding
from otklik.channels.email import mailbox
from otklik.channels.email.mailbox import PLAIN, MailboxConfig, Server
from otklik.channels.email.tests.sink import running_sink
from otklik.channels.email.tests.test_probe import imap
from otklik.channels.models import Connection
from otklik.config.checks import Result, run_checks
from otklik.config.cli import main
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.notifications.models import Browser
from otklik.testing.people import People
from otklik.tickets.models import Channel

pytestmark = pytest.mark.django_db


def connect(company: People, host: str, port: int, password: str = "right", **more: Any) -> Connection:
    config, secret = mailbox.dump(
        MailboxConfig(imap=Server(host, port, PLAIN, "support", password), smtp=more.pop("smtp", None))
    )
    return Connection.objects.create(channel=company.mailbox, config=config, secret=secret, **more)


def found(check: str) -> list[Result]:
    return [result for result in run_checks(live=True) if result.check == check]


@pytest.fixture(autouse=True)
def english(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"


def test_a_mailbox_that_works_is_said_to_work(company: People) -> None:
    with imap() as port, running_sink() as sink:
        connect(company, "127.0.0.1", port, smtp=sink.server)
        levels = {result.level for result in found("channels")}
        assert levels == {"warning"}  # the password travels open
    Connection.objects.all().delete()
    connection = Connection.objects.create(channel=company.mailbox)
    report = CheckReport((Finding("Receiving", True, "Signed in"),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channel_health, "report_of", lambda row: report if row == connection else None)
        (result,) = found("channels")
    assert (result.level, result.text) == ("ok", "support@desk.example: tested just now, it works.")


def test_a_wrong_password_is_told_with_a_remedy_and_changes_nothing(company: People) -> None:
    with imap() as port:
        row = connect(company, "127.0.0.1", port, "bad")
        before = Connection.objects.filter(pk=row.pk).values().get()
        (result,) = [result for result in found("channels") if result.level == "error"]
    assert result.text == "support@desk.example: The server refused: the password did not fit."
    assert result.advice
    assert Connection.objects.filter(pk=row.pk).values().get() == before


def test_what_is_off_is_left_alone_and_offline_asks_nobody(
    company: People, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(company, "127.0.0.1", 1, enabled=False)
    assert found("channels") == []
    Connection.objects.update(enabled=True)
    monkeypatch.setattr(channel_health, "report_of", lambda _connection: pytest.fail("nobody is to be asked"))
    main(["check", "--offline", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert not any(finding["check"] == "channels" for finding in told["findings"])


def test_a_form_is_looked_at_by_its_own_adapter(company: People) -> None:
    form = Channel.objects.create(kind="web", name="Site", created_at=now())
    Connection.objects.create(channel=form, config={"email": "off", "phone": "off"})
    (result,) = found("channels")
    assert result.level == "error"
    assert result.text == "Site: The form asks for neither address nor phone."
    assert result.advice == "Ask for at least one of the two."


def test_the_time_for_all_is_bounded_and_a_fault_hides_no_other(
    company: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = connect(company, "127.0.0.1", 1)
    Connection.objects.filter(pk=row.pk).update(secret="sealed with a lost key")
    (result,) = found("channels")
    assert (result.level, "itself failed" in result.text) == ("error", True)
    monkeypatch.setattr(channel_health, "TIME", -1.0)
    (result,) = found("channels")
    assert (result.level, result.text) == ("warning", "support@desk.example: not tested, the time is over.")


def test_the_provider_of_sign_in_is_asked(company: People, settings: Any) -> None:
    settings.OUTBOUND_NETWORKS_ALLOWED = ["127.0.0.1"]
    asking.forget()
    assert found("sign-in") == []
    with fake_provider() as fake:
        values = {"issuer": fake.issuer, "client": CLIENT, "secret": SECRET, "label": "Polus", "on": True}
        accounts.change_provider({f"provider_{key}": value for key, value in values.items()}, by=Actor.system())
        assert found("sign-in")[0].level == "ok"
    asking.forget()
    (result,) = found("sign-in")
    assert (result.level, bool(result.advice)) == ("error", True)


def test_push_servers_are_asked_and_failures_counted(company: People, settings: Any) -> None:
    assert found("push") == []
    settings.BASE_URL = "https://desk.example"
    facts = {"user": company.anna, "p256dh": "x", "auth": "y", "name": "Firefox", "created_at": now()}
    Browser.objects.create(endpoint="https://127.0.0.1:9/push/1", endpoint_key="1", last_error="410", **facts)
    results = {result.level: result for result in found("push")}
    assert results["error"].text == "The push server https://127.0.0.1:9 cannot be reached."
    assert results["warning"].text == "Browsers whose last push message failed: 1."
    assert all(result.advice for result in results.values())
