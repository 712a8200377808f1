"""The directory of channels: made from what the adapters say of themselves, tested by their own test."""

from typing import Any, ClassVar

import pytest

from otklik.channels import registry
from otklik.channels.base import Capability, ChannelAdapter, CheckReport, Finding
from otklik.channels.models import Connection
from otklik.core.clock import now
from otklik.core.events import Event
from otklik.core.registry import Registry
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets.models import Channel

pytestmark = pytest.mark.django_db
PAGE = "/settings/connections/"


class Pigeons(ChannelAdapter):
    """A kind that nothing in the house knows of."""

    kind: ClassVar[str] = "pigeon"
    label: ClassVar[Any] = "Carrier pigeons"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.RECEIVES, Capability.SENDS})

    @classmethod
    def settings_of(cls, connection: Any) -> dict[str, Any]:
        return dict(connection.config) if connection else {}

    def check(self) -> CheckReport:
        if self.settings.get("broken"):
            raise RuntimeError("a hawk")
        return CheckReport((Finding("Loft", False, "<b>No</b> pigeon is home", "Wait for dusk", "coo <coo>"),))


@pytest.fixture
def pigeons(monkeypatch: pytest.MonkeyPatch) -> Channel:
    kinds: Registry[type[ChannelAdapter]] = Registry("channel adapters")
    for kind, adapter in (*registry.adapters().items(), ("pigeon", Pigeons)):
        kinds.register(kind, adapter)
    monkeypatch.setattr(registry, "_ADAPTERS", kinds)
    channel = Channel.objects.create(kind="pigeon", name="Loft", created_at=now())
    Connection.objects.create(channel=channel)
    return channel


def test_a_further_kind_needs_no_word_elsewhere(company: People, pigeons: Channel) -> None:
    browser = desk_client(company.admin)
    page = browser.get(PAGE).content.decode()
    assert "Carrier pigeons" in page
    assert "принимает заявки, отправляет ответы" in page
    answer = browser.post(f"{PAGE}{pigeons.pk}/test/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "&lt;b&gt;No&lt;/b&gt; pigeon is home" in page
    assert "Wait for dusk" in page
    assert "coo &lt;coo&gt;" in page


def test_a_broken_adapter_breaks_no_page_and_a_test_writes_nothing(company: People, pigeons: Channel) -> None:
    Connection.objects.filter(channel=pigeons).update(config={"broken": True})
    before = (Connection.objects.values().get(channel=pigeons), Event.objects.count())
    answer = desk_client(company.admin).post(f"{PAGE}{pigeons.pk}/test/")
    assert answer.status_code == 200
    assert "RuntimeError" in answer.content.decode()
    assert "a hawk" not in answer.content.decode()
    assert (Connection.objects.values().get(channel=pigeons), Event.objects.count()) == before


def test_a_channel_without_a_test_or_with_a_stranger_word_is_refused(company: People, pigeons: Channel) -> None:
    browser = desk_client(company.admin)
    call = Channel.objects.create(kind="call", name="Calls", created_at=now())
    for number in (call.pk, 999_999, 2**70):
        assert browser.post(f"{PAGE}{number}/test/").status_code == 404
    assert browser.post(f"{PAGE}{pigeons.pk}/test/", {"host": "inside"}).status_code == 422
    assert browser.get(f"{PAGE}{pigeons.pk}/test/").status_code == 405


@pytest.mark.parametrize("who", ["anna", "vera", "observer", "technician"])
def test_others_find_no_such_pages(company: People, pigeons: Channel, who: str) -> None:
    browser = desk_client(getattr(company, who))
    assert browser.get(PAGE).status_code == 404
    assert browser.post(f"{PAGE}{pigeons.pk}/test/").status_code == 404
