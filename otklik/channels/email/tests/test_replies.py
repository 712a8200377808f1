"""An agent's answer: frozen with its recipients in one transaction, threaded, signed, unchanged afterwards."""

import base64
import quopri
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from otklik.channels.email import ids
from otklik.channels.email.keys import loop_id, thread_key
from otklik.channels.email.mailbox import FROM_CHANNEL, MailboxConfig, dump
from otklik.channels.email.models import Delivery, EmailFact, Outgoing, OutgoingFile
from otklik.channels.email.outbox import actions as outbox
from otklik.channels.email.outbox import sending
from otklik.channels.email.outbox.freeze import reply_subject
from otklik.channels.email.tests.outgoing import states
from otklik.channels.email.tests.sink import RawMail, Sink, decode_words, read_raw, running_sink
from otklik.channels.models import Connection
from otklik.contacts.models import ContactAddress
from otklik.core.blobs import put_blob
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.core.text import short_token
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.models import Attachment, Channel, Message, Ticket

pytestmark = pytest.mark.django_db
ASKED = "<CAJx1@mail.berezka.example>"


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with running_sink() as running:
        settings.SMTP_URL = running.url
        yield running


@pytest.fixture
def ticket(company: People) -> Ticket:
    """A ticket that Clara's mail opened."""
    ticket = company.ticket("Re: Не холодит витрина")
    EmailFact.objects.create(
        message=ticket.messages.get(), mail_id=ASKED, references=["<first@mail.berezka.example>"],
        headers={"Thread-Index": "AdCm\r\n 123=", "Thread-Topic": "Не холодит\r\nBcc: evil@x.example"},
    )  # fmt: skip
    return ticket


def answer(company: People, ticket: Ticket, **more: Any) -> Message:
    values = {"body_html": "<p>Выезжаем сегодня.</p>", "by": company.actor(company.anna), **more}
    return actions.reply(ticket, **values)


def sent(sink: Sink) -> RawMail:
    sending.send_due()
    return read_raw(sink.taken[-1].data)


def text_of(raw: RawMail, kind: str = "text/plain") -> str:
    """Return the decoded body of the first part of a type."""
    head = rb"[^\n]*\r\n(?:[^\r\n]+\r\n)*?Content-Transfer-Encoding: (\S+)\r\n(?:[^\r\n]+\r\n)*\r\n"
    found = re.search(rb"Content-Type: " + kind.encode() + head + rb"(.*?)\r\n--", raw.body, re.DOTALL)
    assert found is not None
    decode = base64.b64decode if found[1] == b"base64" else quopri.decodestring
    return decode(found[2]).decode().replace("\r\n", "\n")


def test_an_answer_threads_and_carries_our_signed_names(company: People, ticket: Ticket, sink: Sink) -> None:
    message = answer(company, ticket)
    raw = sent(sink)
    assert decode_words(raw.one("Subject")) == f"Re: [#{ticket.pk}] Не холодит витрина"
    assert decode_words(raw.one("From")) == "Анна · Поддержка <support@desk.example>"
    assert decode_words(raw.one("To")) == "Клара Миронова <clara@berezka.example>"
    assert raw.one("In-Reply-To") == ASKED
    assert raw.one("References") == f"<first@mail.berezka.example> {ASKED}"
    assert raw.one("Thread-Index") == "AdCm123="
    assert decode_words(raw.one("Thread-Topic")) == "Не холодит Bcc: evil@x.example"
    assert raw.one("X-Otklik-Loop") == loop_id()
    assert not raw.all("Auto-Submitted")
    own = ids.read_message_id(thread_key(), raw.one("Message-ID"))
    assert own == ids.OurId(ticket.pk, ids.message_code(message.token))
    address = raw.one("Reply-To").partition("<")[2].rstrip(">")
    assert ids.read_plus_address(thread_key(), address) == ticket.pk
    assert sink.taken[-1].sender == "support@desk.example"
    assert (text_of(raw).strip(), "Выезжаем" in text_of(raw, "text/html")) == ("Выезжаем сегодня.", True)


def test_the_signature_stands_below(company: People, ticket: Ticket, sink: Sink) -> None:
    company.anna.signature = "Анна Лебедева\n<b>Холод-Сервис</b>"
    company.anna.save()
    answer(company, ticket)
    raw = sent(sink)
    assert text_of(raw).endswith("Выезжаем сегодня.\n\n-- \nАнна Лебедева\n<b>Холод-Сервис</b>\n")
    assert "&lt;b&gt;Холод-Сервис" in text_of(raw, "text/html")


def test_the_name_of_the_sender_is_a_setting(company: People, ticket: Ticket, sink: Sink) -> None:
    config, secret = dump(MailboxConfig(from_name=FROM_CHANNEL))
    Connection.objects.create(channel=company.mailbox, config=config, secret=secret)
    answer(company, ticket)
    assert decode_words(sent(sink).one("From")) == "Поддержка <support@desk.example>"


def test_everybody_who_takes_part_gets_a_mail_of_his_own(company: People, ticket: Ticket, sink: Sink) -> None:
    answer(company, ticket, cc=["Dmitri@elsewhere.example", "eva@elsewhere.example"])
    raw = sent(sink)
    assert set(states().items()) == {
        ("clara@berezka.example", "sent"), ("Dmitri@elsewhere.example", "sent"), ("eva@elsewhere.example", "sent"),
    }  # fmt: skip
    assert raw.one("Cc").count("@") == 2
    assert [row.role for row in Delivery.objects.order_by("id")] == ["to", "cc", "cc"]
    assert Outgoing.objects.count() == 1


def test_our_own_mailbox_never_gets_an_answer(company: People, ticket: Ticket) -> None:
    answer(company, ticket, cc=["support@desk.example", "eva@elsewhere.example"])
    assert set(states()) == {"clara@berezka.example", "eva@elsewhere.example"}


def test_what_changes_afterwards_changes_no_mail(company: People, ticket: Ticket, sink: Sink) -> None:
    """L23: recipients and body are those of the moment of the answer."""
    answer(company, ticket)
    ticket.messages.filter(kind="reply").update(body_html="<p>Другое</p>", body_text="Другое")
    Ticket.objects.filter(pk=ticket.pk).update(subject="Чужая тема", requester=company.dmitri)
    ContactAddress.objects.filter(contact=company.clara).update(
        address="new@berezka.example", shown="new@berezka.example"
    )
    Channel.objects.filter(pk=company.mailbox.pk).update(name="Новое имя")
    company.anna.signature = "Новая подпись"
    company.anna.save()
    raw = sent(sink)
    assert sink.recipients() == ["clara@berezka.example"]
    assert "витрина" in decode_words(raw.one("Subject"))
    assert "Выезжаем" in text_of(raw)
    assert "Новое" not in decode_words(raw.one("From"))


def test_an_answer_that_is_undone_leaves_nothing_to_send(company: People, ticket: Ticket) -> None:
    with pytest.raises(Invalid):
        answer(company, ticket, attachments=[10**9])
    assert (Outgoing.objects.count(), Delivery.objects.count()) == (0, 0)


def attach(company: People, name: str, data: bytes, kind: str) -> Attachment:
    return Attachment.objects.create(
        blob=put_blob(data), name=name, content_type=kind, size=len(data), uploaded_by=company.anna, created_at=now(),
        token=short_token(),
    )  # fmt: skip


def test_files_and_pasted_pictures_travel_along(company: People, ticket: Ticket, sink: Sink) -> None:
    picture, act = (
        attach(company, "снимок.png", b"\x89PNG", "image/png"),
        attach(company, "акт.pdf", b"%PDF", "application/pdf"),
    )
    html = f'<p>Вот: <img src="/attachments/{picture.token}/x.png" alt=""></p>'
    answer(company, ticket, body_html=html, attachments=[picture.pk, act.pk])
    raw = sent(sink)
    cid = f"{picture.token}@desk.example"
    assert f'src="cid:{cid}"' in text_of(raw, "text/html")
    assert f"Content-ID: <{cid}>".encode() in raw.body
    assert raw.body.count(b"Content-Disposition: inline") == raw.body.count(b"Content-Disposition: attachment") == 1
    assert OutgoingFile.objects.count() == 2


def test_a_missing_file_fails_only_its_own_mail(company: People, ticket: Ticket, sink: Sink, settings: Any) -> None:
    act = attach(company, "акт.pdf", b"x" * 200_000, "application/pdf")
    answer(company, ticket, attachments=[act.pk])
    answer(company, ticket)
    (settings.BLOB_DIR / act.blob.path).unlink()
    sending.send_due()
    assert sorted(Delivery.objects.values_list("state", "error_code")) == [("failed", "file_missing"), ("sent", "")]


def test_a_ticket_of_another_channel_is_answered_by_the_first_mailbox(company: People, sink: Sink) -> None:
    call = Channel.objects.create(kind="call", name="Звонок", created_at=now())
    answer(company, company.ticket(channel=call))
    raw = sent(sink)
    assert raw.one("From").endswith("<support@desk.example>")
    assert not raw.all("In-Reply-To")


def test_the_cost_is_independent_of_the_recipients(
    company: People, ticket: Ticket, django_assert_num_queries: Any
) -> None:
    from otklik.channels.email.outbox.freeze import freeze_replies

    few = answer(company, ticket)
    many = answer(company, ticket, cc=[f"p{number}@elsewhere.example" for number in range(20)])
    for message in (few, many):
        Outgoing.objects.filter(ticket_message_id=message.pk).delete()
        with transaction.atomic(), django_assert_num_queries(7):
            freeze_replies([message.pk])


@pytest.mark.parametrize(
    ("subject", "answers", "shown"),
    [
        ("Не холодит", True, "Re: [#7] Не холодит"), ("Re: Re: Не холодит", True, "Re: [#7] Не холодит"),
        ("FW: RE[2]: Не холодит", True, "Re: [#7] Не холодит"), ("Ответ: [#7] Не холодит", True, "Re: [#7] Не холодит"),
        ("Не холодит", False, "[#7] Не холодит"), ("", True, "Re: [#7]"), ("Re:форма", True, "Re: [#7] форма"),
    ],
)  # fmt: skip
def test_subjects(subject: str, answers: bool, shown: str) -> None:
    assert reply_subject(7, subject, answers=answers) == shown


def test_undo_takes_back_what_has_not_left(company: People, ticket: Ticket, sink: Sink) -> None:
    message = answer(company, ticket)
    with transaction.atomic():
        assert outbox.cancel([message.pk])
        assert outbox.cancel([message.pk]), "a second undo finds nothing and is content"
    assert (Outgoing.objects.count(), sending.send_due()) == (0, 0)


def test_undo_comes_too_late(company: People, ticket: Ticket, sink: Sink) -> None:
    message = answer(company, ticket, cc=["eva@elsewhere.example"])
    sink.rcpt = lambda address: "450 later" if address.startswith("eva") else "250 ok"
    sending.send_due()
    with transaction.atomic():
        assert not outbox.cancel([message.pk])
    assert states() == {"clara@berezka.example": "sent", "eva@elsewhere.example": "queued"}
    assert Delivery.objects.filter(run_at__isnull=False).count() == 1
