"""A line break of a stranger, raw or encoded, becomes no header of the mail that we answer with (D-42)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from otklik.channels.email.outbox import sending
from otklik.channels.email.tests.mails import arrive, mail
from otklik.channels.email.tests.sink import Sink, read_raw, running_sink
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions

BREAKS = (
    b"=?utf-8?q?a=0D=0ABcc:_spy=40evil.example?=", b"=?utf-8?b?YQ0KQmNjOiBzcHlAZXZpbC5leGFtcGxl?=",
    b"a\rBcc: spy@evil.example", b"a=?utf-8?q?=0A?=Bcc: spy@evil.example",
    b"=?utf-8?q?a=E2=80=A8Bcc:_spy=40evil.example?=",
    b"=?utf-8?q?a=C2=85Bcc:_spy=40evil.example?=", b"a\x0bBcc: spy@evil.example", b"a\x00\r\n Bcc: spy@evil.example",
)  # fmt: skip
OURS = {
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "reply-to", "mime-version",
    "content-type", "content-transfer-encoding", "x-otklik-loop",
}  # fmt: skip


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with running_sink() as running:
        settings.SMTP_URL = running.url
        yield running


@pytest.mark.parametrize("given", BREAKS)
def test_no_header_is_smuggled_into_the_answer(company: People, sink: Sink, given: bytes) -> None:
    raw = b"From: " + given.replace(b"@", b"=40") + b" <eve@evil.example>\r\nSubject: " + given
    raw += b"\r\nMessage-ID: <x@evil.example>\r\nReferences: <r@evil.example> " + given + b"\r\n\r\nhi\r\n"
    (row,) = arrive(raw, channel=company.mailbox)
    assert row.ticket is not None
    anna = company.actor(company.anna)
    actions.edit_properties(row.ticket, subject="Тема\r\nBcc: spy@evil.example", by=anna)
    actions.reply(row.ticket, body_text="Ответ", by=anna)
    sending.send_due()
    assert sink.recipients() == ["eve@evil.example"]
    names = read_raw(sink.taken[0].data).names
    assert set(names) <= OURS, set(names) - OURS
    assert len(names) == len(set(names))


def test_the_author_is_who_wrote(company: People, sink: Sink) -> None:
    """Reply-To is no identity (D-38): the ticket is the sender's, and the answer goes to him."""
    (row,) = arrive(mail("Eve <eve@evil.example>", Reply_To="Клара <clara@berezka.example>"), channel=company.mailbox)
    assert row.ticket is not None
    assert row.ticket.requester.addresses.get().address == "eve@evil.example"
    assert row.ticket.requester_id != company.clara.pk
    browser = desk_client(company.anna)
    panel = reverse("core:panel", args=["email.facts", row.ticket_id])
    assert f'hx-get="{panel}" hx-trigger="load' in browser.get(f"/tickets/{row.ticket_id}/").content.decode()
    assert "clara@berezka.example" in browser.get(panel).content.decode()  # said before she answers
