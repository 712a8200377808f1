"""The sending service: each recipient by himself, retries, doubts, what is frozen stays frozen."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from otklik.channels.email import client as smtp
from otklik.channels.email.actions import delivering
from otklik.channels.email.mailbox import PLAIN, MailboxConfig, Server, dump
from otklik.channels.email.models import Delivery, DeliveryState, Outgoing
from otklik.channels.email.outbox import sending
from otklik.channels.email.outbox.servers import read_servers
from otklik.channels.email.tests.outgoing import freeze, make_due, states
from otklik.channels.email.tests.sink import Sink, read_raw, running_sink
from otklik.channels.models import Connection
from otklik.core import settings_store
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.tickets import actions as tickets

pytestmark = pytest.mark.django_db
FIVE = [f"p{number}@x.example" for number in range(5)]


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with running_sink() as running:
        settings.SMTP_URL = running.url
        yield running


def test_a_mail_goes_to_each_recipient_once(sink: Sink) -> None:
    outgoing = freeze(*FIVE)
    assert sending.send_due() == 5
    assert states() == dict.fromkeys(FIVE, "sent")
    assert (sink.recipients(), sink.connections) == (FIVE, 1)
    assert len({item.data for item in sink.taken}) == 1
    assert read_raw(sink.taken[0].data).one("Message-ID") == outgoing.message_id
    assert sending.send_due() == 0


def test_one_bad_recipient_of_five_troubles_nobody_else(sink: Sink) -> None:
    """L22: refused with 450, then 550; the others get the mail once."""
    freeze(*FIVE)
    sink.rcpt = lambda address: "450 4.2.1 later" if address == FIVE[2] else "250 ok"
    sending.send_due()
    assert states() == dict.fromkeys(FIVE, "sent") | {FIVE[2]: "queued"}
    sink.rcpt = lambda address: "550 5.1.1 no such user" if address == FIVE[2] else "250 ok"
    make_due()
    sending.send_due()
    row = Delivery.objects.get(recipient=FIVE[2])
    assert (row.state, row.error_code, row.attempts, row.response) == (
        "failed",
        "unknown_recipient",
        2,
        "550 5.1.1 no such user",
    )
    make_due()
    sending.send_due()
    assert sorted(sink.recipients()) == sorted(set(FIVE) - {FIVE[2]})


def test_pauses_grow_and_end_after_two_days(sink: Sink) -> None:
    freeze("clara@berezka.example")
    sink.rcpt = lambda address: "451 4.7.1 later"
    waited = timedelta()
    for _attempt in range(delivering.MOST_ATTEMPTS):
        row = Delivery.objects.get()
        assert row.state == "queued"
        make_due()
        began = now()
        sending.send_due()
        row.refresh_from_db()
        waited += (row.run_at - began) if row.run_at else timedelta()
    assert (row.state, row.error_code) == ("failed", "expired")
    assert timedelta(hours=44) < waited < timedelta(hours=52)
    assert [delivering.pause_after(number) for number in (1, 2, 3, 4)] == [timedelta(minutes=m) for m in (1, 5, 15, 60)]


def test_an_absent_server_costs_one_look_and_everything_leaves_after(sink: Sink, settings: Any) -> None:
    """D-53, L20: nothing is lost, everything shows that it waits and why."""
    for number in range(30):
        freeze(f"c{number}@x.example")
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    assert sending.send_due() == 1
    assert set(Delivery.objects.values_list("state", "error_code", "attempts")) == {("queued", "no_mail_server", 1)}
    assert sending.send_due() == 0
    settings.SMTP_URL = sink.url
    make_due()
    sending.send_due()
    assert set(states().values()) == {"sent"}
    assert sorted(sink.recipients()) == sorted(f"c{number}@x.example" for number in range(30))


def test_every_ticket_hears_of_an_absent_server_once(company: People, settings: Any, sink: Sink) -> None:
    """D-53: not only that of the mail which was tried; in few statements, and not again with each attempt."""
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    answered = [company.ticket(f"Вопрос {number}") for number in range(12)]
    for ticket in answered:
        tickets.reply(ticket, body_text="Выезжаем.", by=company.actor(company.anna))
    freeze("nobody@x.example")
    with CaptureQueriesContext(connection) as first:
        sending.send_due()
    told = Event.objects.filter(kind="mail.delayed")
    assert sorted(told.values_list("subject_id", flat=True)) == [ticket.pk for ticket in answered]
    assert {event.data["code"] for event in told} == {"no_mail_server"}
    assert len([query for query in first if "INSERT" in query["sql"]]) < 12
    make_due()
    sending.send_due()
    assert told.count() == len(answered)
    assert Delivery.objects.filter(attempts=2).count() == len(answered) + 1


def test_without_a_server_mail_waits_and_costs_nothing(settings: Any) -> None:
    settings.SMTP_URL = ""
    freeze("clara@berezka.example")
    assert sending.send_due() == 0
    assert Delivery.objects.get().state == "queued"
    settings.SMTP_URL = "nonsense"
    assert sending.send_due() == 0
    assert read_servers().trouble == "bad_url"


def test_lost_after_the_dot_is_repeated_once_with_the_same_id_then_held(sink: Sink, company: People) -> None:
    ticket = company.ticket()
    outgoing = freeze("clara@berezka.example", ticket_id=ticket.pk)
    sink.final = lambda address: "close"
    sending.send_due()
    row = Delivery.objects.get()
    assert (row.state, row.doubts) == ("uncertain", 1)
    assert row.run_at is not None
    make_due()
    sending.send_due()
    row.refresh_from_db()
    assert (row.state, row.doubts, row.run_at) == ("uncertain", 2, None)
    make_due()
    assert sending.send_due() == 0
    assert {read_raw(item.data).one("Message-ID") for item in sink.taken} == {outgoing.message_id}
    assert len({item.data for item in sink.taken}) == 1
    told = [event.data["repeats"] for event in Event.objects.filter(kind="mail.uncertain").order_by("id")]
    assert told == [True, False]


def test_a_repeat_that_works_is_sent_and_stays_marked(sink: Sink) -> None:
    freeze("clara@berezka.example")
    answers = iter(["close", "250 ok"])
    sink.final = lambda address: next(answers)
    sending.send_due()
    make_due()
    sending.send_due()
    row = Delivery.objects.get()
    assert (row.state, row.doubts, row.error_code) == ("sent", 1, "")


def test_a_passing_failure_of_a_repeat_leaves_the_doubt(sink: Sink) -> None:
    freeze("clara@berezka.example")
    sink.final = lambda address: "close"
    sending.send_due()
    sink.rcpt = lambda address: "450 later"
    make_due()
    sending.send_due()
    row = Delivery.objects.get()
    assert (row.state, row.doubts) == ("uncertain", 1)
    assert row.run_at is not None


def test_the_setting_keeps_a_doubt_for_a_person(sink: Sink) -> None:
    settings_store.set_value("mail_repeat_uncertain", False, by=Actor.system())
    freeze("clara@berezka.example")
    sink.final = lambda address: "close"
    sending.send_due()
    row = Delivery.objects.get()
    assert (row.state, row.run_at) == ("uncertain", None)


def test_a_sender_that_died_leaves_a_doubt(sink: Sink) -> None:
    """A lease that ran out in ``sending``: nobody knows, so it is said and the same mail goes once more."""
    freeze("clara@berezka.example")
    taken = delivering.claim_next(delivering.due(now()), "host:1:dead")
    assert taken is not None
    assert Delivery.objects.get().state == "sending"
    assert sending.send_due() == 0
    Delivery.objects.update(run_at=now() - timedelta(seconds=1))
    assert delivering.overtake_expired() == 1
    row = Delivery.objects.get()
    assert (row.state, row.error_code, row.doubts) == ("uncertain", "lease_expired", 1)
    assert not delivering.accepted(taken, "250 too late"), "the dead one's outcome does not count any more"
    make_due()
    sending.send_due()
    assert Delivery.objects.get().state == "sent"


def test_the_state_sending_stands_before_the_server_is_asked(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    """L21: the attempt is written down before the first byte."""
    freeze("clara@berezka.example")
    seen = []
    original = smtp.SmtpClient.send

    def look(self: Any, *args: Any) -> str:
        seen.append(Delivery.objects.values_list("state", "attempts").get())
        return original(self, *args)

    monkeypatch.setattr(smtp.SmtpClient, "send", look)
    sending.send_due()
    assert seen == [("sending", 1)]


def test_an_outcome_that_cannot_be_written_is_tried_again_then_shown_as_doubt(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_WRITE_AGAIN", (0.0, 0.0))
    freeze("a@x.example")
    original, failures = delivering.accepted, [1]

    def fail(delivery: Delivery, response: str) -> bool:
        if failures[0] > 0:
            failures[0] -= 1
            raise DatabaseError("disk full")
        return original(delivery, response)

    monkeypatch.setattr(delivering, "accepted", fail)
    sending.send_due()
    assert states()["a@x.example"] == "sent"
    failures[0] = 20
    freeze("c@x.example")
    sending.send_due()
    assert states()["c@x.example"] == "sent", "the lease lasts longer than that"
    failures[0] = 100
    freeze("b@x.example")
    sending.send_due(lease=timedelta(microseconds=1))
    assert states()["b@x.example"] == "sending"
    Delivery.objects.filter(state="sending").update(run_at=now() - timedelta(seconds=1))
    delivering.overtake_expired()
    assert states()["b@x.example"] == "uncertain"
    assert len(sink.taken) == 3


def test_a_claim_is_taken_once(sink: Sink) -> None:
    freeze("clara@berezka.example")
    assert delivering.claim_next(delivering.due(now()), "one") is not None
    assert delivering.claim_next(delivering.due(now()), "two") is None


def test_what_cannot_be_put_together_stops_only_itself(sink: Sink) -> None:
    bad = freeze("a@x.example")
    freeze("b@x.example")
    Outgoing.objects.filter(pk=bad.pk).update(message_id="no id")
    sending.send_due()
    assert states() == {"a@x.example": "failed", "b@x.example": "sent"}
    assert Delivery.objects.get(recipient="a@x.example").error_code == "broken"


def test_an_address_that_is_none_fails_at_once_and_is_not_named(sink: Sink) -> None:
    freeze("a@x.example", "bad address@", "A@x.example")
    assert dict(Delivery.objects.values_list("recipient", "error_code")) == {
        "a@x.example": "",
        "bad address@": "bad_address",
    }
    sending.send_due()
    assert "bad" not in read_raw(sink.taken[0].data).one("To")


def test_each_mailbox_sends_by_its_own_server(sink: Sink, company: People) -> None:
    with running_sink() as own:
        own.password = "secret"
        config, secret = dump(MailboxConfig(smtp=Server("127.0.0.1", own.port, PLAIN, "u", "secret")))
        Connection.objects.create(channel=company.mailbox, config=config, secret=secret)
        freeze("a@x.example", channel_id=company.mailbox.pk)
        freeze("b@x.example")
        sending.send_due()
        assert (own.recipients(), sink.recipients()) == (["a@x.example"], ["b@x.example"])


def test_a_server_that_is_down_does_not_hold_up_another(sink: Sink, company: People) -> None:
    config, secret = dump(MailboxConfig(smtp=Server("127.0.0.1", 1, PLAIN)))
    Connection.objects.create(channel=company.mailbox, config=config, secret=secret)
    freeze("a@x.example", channel_id=company.mailbox.pk)
    freeze("b@x.example")
    sending.send_due()
    assert states() == {"a@x.example": "queued", "b@x.example": "sent"}


def test_a_secret_sealed_with_a_lost_key_does_not_stop_the_others(sink: Sink, company: People) -> None:
    config, _secret = dump(MailboxConfig(smtp=Server("127.0.0.1", sink.port, PLAIN)))
    Connection.objects.create(channel=company.mailbox, config=config, secret="not sealed at all")
    freeze("b@x.example")
    sending.send_due()
    assert states() == {"b@x.example": "sent"}


def test_account_mail_is_wiped_once_it_is_out(sink: Sink) -> None:
    freeze("a@x.example", "b@x.example", kind="account", text="https://desk.example/reset/secret\n")
    sink.rcpt = lambda address: "450 later" if address[0] == "b" else "250 ok"
    sending.send_due()
    assert "secret" in Outgoing.objects.get().text
    sink.rcpt = lambda address: "250 ok"
    make_due()
    sending.send_due()
    assert Outgoing.objects.get().text == ""
    assert len(sink.taken) == 2


def test_orphans_of_a_dead_process_are_freed(sink: Sink) -> None:
    freeze("a@x.example")
    import socket
    import subprocess
    import sys

    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    worker = f"{socket.gethostname()[:40]}:{process.pid}:abc"
    assert delivering.claim_next(delivering.due(now()), worker) is not None
    freed = sending.free_orphans()
    from django.db import connection

    assert freed == (1 if connection.vendor == "sqlite" else 0)
    assert Delivery.objects.filter(state=DeliveryState.SENDING).count() == 1
