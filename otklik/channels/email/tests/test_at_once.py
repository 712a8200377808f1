"""A lone mail and its outcome share a commit; whatever stands in the way of that, its raw copy is kept as ever."""

import smtplib
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import OperationalError

from otklik.channels.email import at_once
from otklik.channels.email.ahead import ahead
from otklik.channels.email.backlog import backlog
from otklik.channels.email.intake import read, settle
from otklik.channels.email.models import Inbound
from otklik.channels.email.reading import Reading, read_mail
from otklik.channels.email.smtpd import receiver as receiving
from otklik.channels.email.smtpd.protocol import HURRY
from otklik.channels.email.smtpd.receiver import Receiver
from otklik.channels.email.tests.mails import mail, read_here, support
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.engine.beats import Heartbeat
from otklik.testing.server import wait_until
from otklik.tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

OURS, SALES = "support@demo.otklik.test", "sales@demo.otklik.test"
CLARA = "clara@berezka.example"


@pytest.fixture
def client() -> Iterator[smtplib.SMTP]:
    """A client of a receiver beside an intake that takes nothing by itself."""
    support(OURS)
    support(SALES, name="Продажи")
    forget()
    backlog.attach("intake of the test")
    ahead.attach(read_here)
    receiver = Receiver("127.0.0.1", 0)
    receiver.start()
    with smtplib.SMTP("127.0.0.1", receiver.port, timeout=20) as made:
        yield made
    receiver.stop()
    ahead.attach(None)
    backlog.attach("")
    backlog.drain()


def test_a_lone_mail_is_a_ticket_when_its_answer_comes(client: smtplib.SMTP) -> None:
    client.sendmail(CLARA, [OURS], mail(subject="Витрина"))
    row = Inbound.objects.get()
    assert Ticket.objects.get().subject == "Витрина"
    assert (row.state, row.ticket_id, row.worker) == ("ticket", Ticket.objects.get().pk, "")
    assert row.raw.read().strip() == mail(subject="Витрина").strip()
    assert not backlog.waiting
    assert not backlog.offered


def test_the_same_lone_mail_again_is_counted(client: smtplib.SMTP) -> None:
    for _time in range(2):
        client.sendmail(CLARA, [OURS], mail())
        _rest()
    assert Inbound.objects.get().copies == 1
    assert Message.objects.count() == 1


@pytest.mark.parametrize("error", [RuntimeError(), OperationalError()])
def test_when_the_steps_fail_the_raw_copy_is_kept_and_intake_tries_again(
    client: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The sender hears 250 as ever, and nothing of the attempt is left but the raw copy."""

    def fails(*_given: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(at_once, "write", fails)
        client.sendmail(CLARA, [OURS], mail())
    assert Inbound.objects.get().state == "waiting"
    assert not Ticket.objects.exists()
    _settle()
    assert Ticket.objects.get().message_count == 1


def test_what_breaks_after_all_was_written_is_undone(client: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = at_once.write

    def breaks_late(*given: Any) -> None:
        whole(*given)
        raise RuntimeError

    monkeypatch.setattr(at_once, "write", breaks_late)
    client.sendmail(CLARA, [OURS], mail())
    assert not Ticket.objects.exists()
    _settle()
    assert Ticket.objects.count() == Message.objects.count() == Inbound.objects.count() == 1


def test_a_mail_that_is_slow_to_read_is_stored_first(client: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    def slow(raws: Sequence[bytes]) -> list[Reading | Exception]:
        assert go.wait(20)
        return [read_mail(raw) for raw in raws]

    ahead.attach(slow)
    monkeypatch.setattr(receiving, "READ_WITHIN", 0.01)
    client.sendmail(CLARA, [OURS], mail())
    assert Inbound.objects.get().state == "waiting"
    go.set()
    _settle()
    assert Ticket.objects.count() == 1


def test_a_mail_that_cannot_be_read_is_stored_first(client: smtplib.SMTP) -> None:
    """It is for intake to count and to word what is wrong with it."""

    def broken(_raws: Sequence[bytes]) -> list[Reading | Exception]:
        raise ValueError

    ahead.attach(broken)
    client.sendmail(CLARA, [OURS], mail())
    assert Inbound.objects.get().state == "waiting"
    assert backlog.offered == 1


def test_where_an_intake_died_lately_each_mail_is_stored_first(client: smtplib.SMTP) -> None:
    """It may have died of a mail, which comes again: then the copy must be there to be counted."""
    Heartbeat.objects.create(process="dead:1:x", name="intake", started_at=now(), beat_at=now())
    client.sendmail(CLARA, [OURS], mail())
    assert Inbound.objects.get().state == "waiting"
    assert backlog.offered == 1


def test_without_an_intake_here_it_is_stored_first(client: smtplib.SMTP) -> None:
    backlog.attach("")
    client.sendmail(CLARA, [OURS], mail())
    assert Inbound.objects.get().state == "waiting"


def test_behind_others_it_is_stored_first(client: smtplib.SMTP) -> None:
    """What waits came before it."""
    backlog._unfinished.add(10**9)
    client.sendmail(CLARA, [OURS], mail())
    assert Inbound.objects.get().state == "waiting"


def test_one_mail_for_two_mailboxes_is_stored_first(client: smtplib.SMTP) -> None:
    client.sendmail(CLARA, [OURS, SALES], mail())
    assert [row.state for row in Inbound.objects.all()] == ["waiting", "waiting"]
    _settle()
    assert Ticket.objects.count() == 2


def _rest() -> None:
    """Let the session be one that is not in a hurry."""
    until = time.monotonic() + 2 * HURRY
    wait_until(lambda: time.monotonic() > until, what="a moment of rest")


def _settle() -> None:
    """Do what intake would have done."""
    fresh = backlog.take(10)
    settle(read([item.row for item in fresh], read_here, {item.row.pk: item for item in fresh}))
    backlog.finish([item.row.pk for item in fresh])
