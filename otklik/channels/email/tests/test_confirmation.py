"""Confirmation of receipt: short, marked, capped, never in the poster's words, never to what is automatic."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from otklik.channels.email import confirmation, keys
from otklik.channels.email.confirmation import Receipt
from otklik.channels.email.mailbox import MailboxConfig, dump
from otklik.channels.email.models import Delivery, Outgoing
from otklik.channels.email.outbox import sending
from otklik.channels.email.outbox.assemble import bytes_of
from otklik.channels.email.parse import parse
from otklik.channels.email.tests.mails import arrive, mail
from otklik.channels.email.tests.sink import Sink, decode_words, read_raw, running_sink
from otklik.channels.models import Connection
from otklik.core.clock import now
from otklik.testing.people import People
from otklik.tickets.models import Channel, Ticket

pytestmark = pytest.mark.django_db
CANARY = "канарейка-canary"


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with running_sink() as running:
        settings.SMTP_URL = running.url
        yield running


@pytest.fixture
def ticket(company: People) -> Ticket:
    return company.ticket(f"{CANARY} \r\nBcc: evil@x.example")


def ask(ticket: Ticket, address: str = "clara@berezka.example", *, at: Any = None, **more: Any) -> int:
    """Ask for one confirmation; return how many were queued."""
    receipt = Receipt(ticket=ticket, channel=ticket.channel, address=address, **more)
    with transaction.atomic():
        return len(confirmation.queue([receipt], at=at or now()))


def know(address: str, ticket: Ticket) -> None:
    """Let a person of the desk have written to the address."""
    outgoing = Outgoing.objects.create(
        message_id=f"<{address}>", kind="reply", from_address="s@d.example", created_at=now(), ticket=ticket
    )
    Delivery.objects.create(
        outgoing=outgoing, kind="reply", recipient=address, address_key=address, state="sent", first_queued_at=now()
    )


def test_it_is_marked_and_says_nothing_of_the_poster(ticket: Ticket, sink: Sink) -> None:
    assert ask(ticket, message_id=f"<{CANARY}@x.example>") == 1
    sending.send_due()
    data, sender = sink.taken[0].data, sink.taken[0].sender
    raw = read_raw(data)
    assert sender == ""
    assert raw.one("Auto-Submitted") == "auto-replied"
    assert "OOF" in raw.one("X-Auto-Response-Suppress")
    assert decode_words(raw.one("Subject")) == f"Ваша заявка принята [#{ticket.pk}]"
    parsed = parse(data)
    assert CANARY not in str(parsed)
    assert "canary" not in str(parsed)
    assert "canary" not in decode_words(data.decode())
    assert str(ticket.pk) in parsed.body_text
    assert not raw.all("In-Reply-To")


def test_it_speaks_the_language_of_the_mailbox(ticket: Ticket) -> None:
    ticket.channel.language = "en"
    ask(ticket)
    assert Outgoing.objects.get().subject == f"Your request has been received [#{ticket.pk}]"


def test_somebody_we_know_gets_it_into_his_thread(ticket: Ticket) -> None:
    know("clara@berezka.example", ticket)
    ask(ticket, message_id="<mine@berezka.example>")
    outgoing = Outgoing.objects.get(kind="confirmation")
    assert (outgoing.in_reply_to, outgoing.to_stranger) == ("<mine@berezka.example>", False)


@pytest.mark.parametrize(
    "more",
    [
        {"quiet": True},
        {"return_path": ""},
        {"return_path": "mailer-daemon@x.example"},
        {"address": "support@desk.example"},
        {"address": "Support+t-1.abc@desk.example"},
        {"address": "noreply@x.example"},
        {"address": "MAILER-DAEMON@x.example"},
        {"address": ""},
    ],
)
def test_who_is_never_answered(ticket: Ticket, more: dict[str, Any]) -> None:
    """D-40: automatic mail, the null sender, robots, ourselves."""
    assert ask(ticket, **more) == 0


def test_a_stranger_gets_one_a_day(ticket: Ticket) -> None:
    at = now()
    assert [ask(ticket, at=at + timedelta(hours=hours)) for hours in (0, 1, 23, 25)] == [1, 0, 0, 1]


def test_somebody_we_know_gets_ten_in_three_hours(ticket: Ticket) -> None:
    know("clara@berezka.example", ticket)
    at = now()
    assert sum(ask(ticket, at=at + timedelta(minutes=number)) for number in range(30)) == 10
    assert ask(ticket, at=at + timedelta(hours=3, minutes=5)) == 1


def test_a_flood_of_strangers_is_met_with_silence(ticket: Ticket) -> None:
    """D-43: a thousand foreign addresses get twenty mails an hour, whether asked for one by one or at once."""
    at = now()
    assert sum(ask(ticket, f"victim{number}@x.example", at=at) for number in range(15)) == 15
    receipts = [Receipt(ticket, ticket.channel, f"other{number}@x.example") for number in range(985)]
    with transaction.atomic():
        assert len(confirmation.queue(receipts, at=at)) == 5
    know("clara@berezka.example", ticket)
    assert ask(ticket, at=at) == 1, "the flood does not silence those we know"
    assert ask(ticket, "later@x.example", at=at + timedelta(minutes=61)) == 1


def test_many_at_once_cost_five_statements(ticket: Ticket, django_assert_max_num_queries: Any) -> None:
    receipts = [Receipt(ticket, ticket.channel, f"p{number}@x.example") for number in range(10)]
    confirmation.active_channels()
    with transaction.atomic(), django_assert_max_num_queries(6):
        confirmation.queue(receipts, at=now())


def test_two_desks_do_not_answer_each_other(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """D-41: what one desk confirms reaches another as automatic mail, which it keeps and does not answer."""
    mine, other = (
        company.mailbox,
        Channel.objects.create(kind="email", name="Другой стол", address="help@other.example", created_at=now()),
    )
    for channel in (mine, other):
        config, secret = dump(MailboxConfig(confirmation=True))
        Connection.objects.create(channel=channel, config=config, secret=secret)
    sent = []
    arrive(mail(sender="Клара <clara@berezka.example>", To=mine.address), channel=mine)
    for _round in range(6):
        fresh = list(Outgoing.objects.exclude(pk__in=[row.pk for row in sent]))
        sent += fresh
        if not fresh:
            break
        for outgoing in fresh:
            # the other desk has a loop id and keys of its own
            for name in ("loop_id", "thread_key"):
                getattr(keys, name).cache_clear()
            monkeypatch.setattr(keys, "sign", lambda purpose, payload, turn=_round: f"{purpose}{turn}".encode() * 3)
            data = bytes_of(outgoing).replace(b"clara@berezka.example", other.address.encode())
            place = other if outgoing.channel_id == mine.pk else mine
            arrive(data, channel=place, **{"from": ""})
    for name in ("loop_id", "thread_key"):
        getattr(keys, name).cache_clear()
    per_desk = [Outgoing.objects.filter(kind="confirmation", channel=channel).count() for channel in (mine, other)]
    assert per_desk == [1, 0]


def test_a_new_mail_is_confirmed_when_the_mailbox_says_so(company: People) -> None:
    arrive(mail(Message_ID="<1@x.example>"), channel=company.mailbox)
    assert Outgoing.objects.count() == 0
    config, secret = dump(MailboxConfig(confirmation=True))
    Connection.objects.create(channel=company.mailbox, config=config, secret=secret)
    from otklik.core.cached import forget

    forget()
    arrive(mail(subject="Другое", Message_ID="<2@x.example>"), channel=company.mailbox)
    assert Outgoing.objects.get().kind == "confirmation"
