"""The contract suite: every registered kind of channel behaves as the base class promises."""

import socket

import pytest

from otklik.channels.base import Capability, ChannelAdapter, CheckReport, Finding, SendError
from otklik.channels.email.mailbox import PLAIN, MailboxConfig, Server
from otklik.channels.email.models import Delivery
from otklik.channels.email.tests.outgoing import freeze
from otklik.channels.email.tests.sink import running_sink
from otklik.channels.registry import adapter_class, adapters, register
from otklik.testing.people import People

pytestmark = pytest.mark.django_db
KINDS = sorted(adapters())


def test_mail_is_registered() -> None:
    assert "email" in KINDS
    assert adapter_class("call") is None


def test_the_web_form_is_registered_and_sends_nothing_by_itself(company: People) -> None:
    adapter = adapters()["web"](company.mailbox, adapters()["web"].settings_of(None))
    assert Capability.SENDS not in adapter.capabilities
    assert adapter.check().ok
    with pytest.raises(SendError) as refused:
        adapter.send(None)
    assert refused.value.permanent


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_names_itself(kind: str) -> None:
    adapter = adapters()[kind]
    assert adapter.kind == kind
    assert str(adapter.label)
    assert adapter.icon
    assert adapter.capabilities <= set(Capability)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_defaults_and_never_raises_in_a_check(kind: str, company: People) -> None:
    adapter = adapters()[kind]
    found = adapter(company.mailbox, adapter.settings_of(None)).check()
    assert isinstance(found, CheckReport)
    assert all(isinstance(finding, Finding) and str(finding.text) for finding in found.findings)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_pulls_without_blocking(kind: str, company: People) -> None:
    adapter = adapters()[kind]
    assert list(adapter(company.mailbox, adapter.settings_of(None)).poll()) == []


def test_a_kind_is_taken_once() -> None:
    class Second(ChannelAdapter):
        kind = "email"

    with pytest.raises(ValueError):
        register(Second)


def mail(company: People, server: Server | None) -> ChannelAdapter:
    return adapters()["email"](company.mailbox, MailboxConfig(smtp=server))


def test_one_attempt_of_mail(company: People) -> None:
    outgoing = freeze("clara@berezka.example")
    with running_sink() as sink:
        receipt = mail(company, sink.server).send(Delivery.objects.get())
        assert (receipt.external_id, sink.recipients()) == (outgoing.message_id, ["clara@berezka.example"])
        sink.rcpt = lambda address: "550 5.1.1 no such user"
        with pytest.raises(SendError) as refused:
            mail(company, sink.server).send(Delivery.objects.get())
    assert (refused.value.permanent, refused.value.code, str(refused.value)) == (
        True,
        "unknown_recipient",
        "Такого ящика нет",
    )
    assert "550" in refused.value.response


def test_passing_failures_of_mail(company: People) -> None:
    freeze("clara@berezka.example")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(SendError) as failed:
            mail(company, Server("127.0.0.1", closed.getsockname()[1], PLAIN)).send(Delivery.objects.get())
    assert (failed.value.permanent, failed.value.code) == (False, "no_mail_server")
    with pytest.raises(SendError) as missing:
        mail(company, None).send(Delivery.objects.get())
    assert missing.value.code == "no_server"
