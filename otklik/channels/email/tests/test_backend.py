"""Mail of the framework (password resets) leaves as deliveries, through the same door as everything."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, mailers, send_mail
from django.test import Client

from otklik.channels.email.backend import DeliveryBackend
from otklik.channels.email.models import Delivery, Outgoing
from otklik.channels.email.outbox import sending
from otklik.channels.email.parse import parse
from otklik.channels.email.tests.outgoing import states
from otklik.channels.email.tests.sink import Sink, decode_words, read_raw, running_sink
from otklik.testing.people import People

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with running_sink() as running:
        settings.SMTP_URL = running.url
        yield running


@pytest.fixture(autouse=True)
def _own_backend(settings: Any) -> None:
    settings.MAILERS = {"default": {"BACKEND": "otklik.channels.email.backend.DeliveryBackend"}}


def test_it_is_the_only_mailer(settings: Any) -> None:
    from otklik.config import settings as real

    assert real.MAILERS == {"default": {"BACKEND": "otklik.channels.email.backend.DeliveryBackend"}}


def test_a_mail_of_the_framework_is_queued_and_sent(company: People, sink: Sink) -> None:
    sent = send_mail("Тема\tс табуляцией", "Текст", None, ["a@x.example", "b@x.example"], html_message="<p>Текст</p>")
    assert (sent, sink.taken) == (1, [])
    assert states() == {"a@x.example": "queued", "b@x.example": "queued"}
    sending.send_due()
    raw = read_raw(sink.taken[0].data)
    assert decode_words(raw.one("From")) == "Поддержка <support@desk.example>"
    assert decode_words(raw.one("Subject")) == "Тема с табуляцией"
    assert raw.one("Auto-Submitted") == "auto-generated"
    assert "multipart/alternative" in raw.one("Content-Type")
    assert sink.taken[0].sender == "support@desk.example"


def test_copies_nobody_sees_and_files(sink: Sink) -> None:
    message = EmailMultiAlternatives(
        "x", "Текст", "Отчёты <reports@desk.example>", ["a@x.example"], bcc=["hidden@x.example"], cc=["c@x.example"],
        headers={"X-Mark": "1", "Message-ID": "<mine@x>", "Bcc": "evil@x.example"},
    )  # fmt: skip
    message.attach("отчёт.csv", "a;b", "text/csv")
    message.send()
    sending.send_due()
    assert sorted(sink.recipients()) == ["a@x.example", "c@x.example", "hidden@x.example"]
    raw = read_raw(sink.taken[0].data)
    assert b"hidden" not in sink.taken[0].data
    assert (raw.one("X-Mark"), raw.all("Bcc"), raw.one("Cc")) == ("1", [], "c@x.example")
    assert decode_words(raw.one("From")) == "Отчёты <reports@desk.example>"
    assert b"filename*=utf-8''" in raw.body


def test_nobody_to_write_to() -> None:
    backend = DeliveryBackend(alias="default")
    assert backend.send_messages([EmailMessage("x", "y", "a@x.example", [])]) == 0
    assert Outgoing.objects.count() == 0


def test_without_a_mailbox_the_address_of_the_installation_is_used(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "otklik@firma.example"
    send_mail("x", "y", None, ["a@x.example"])
    assert Outgoing.objects.get().from_address == "otklik@firma.example"


def test_a_password_reset_leaves_as_a_delivery_and_is_forgotten(company: People, client: Client, sink: Sink) -> None:
    client.post("/accounts/password/reset/", {"email": company.anna.email})
    delivery = Delivery.objects.get()
    assert (delivery.recipient, delivery.kind, delivery.state) == (company.anna.email, "account", "queued")
    sending.send_due()
    assert "/accounts/password/reset/key/" in parse(sink.taken[0].data).body_text
    assert Outgoing.objects.get().text == ""


def test_strangers_cause_no_mail(company: People, client: Client) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "nobody@x.example"})
    assert answer.status_code == 302
    assert not Delivery.objects.exists()


def test_the_mailer_is_ours() -> None:
    assert isinstance(mailers["default"], DeliveryBackend)
