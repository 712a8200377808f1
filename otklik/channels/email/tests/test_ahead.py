"""A lone mail is read while it is stored; nothing that was read counts before the commit."""

import smtplib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest
from django.db import OperationalError

from otklik.channels.email import store
from otklik.channels.email.ahead import Read, ReadAhead, ahead
from otklik.channels.email.backlog import Fresh, backlog
from otklik.channels.email.intake import read, settle, take
from otklik.channels.email.models import Inbound
from otklik.channels.email.reading import Reading, read_mail
from otklik.channels.email.smtpd import protocol
from otklik.channels.email.smtpd.receiver import Receiver
from otklik.channels.email.store import RawMail, store_raw
from otklik.channels.email.tests.mails import mail, read_here, support
from otklik.testing.server import wait_until
from otklik.tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)

OURS = "support@demo.otklik.test"
INTAKE = "intake of the test"


class Parser:
    """Reads like the child, and tells how often."""

    def __init__(self, work: Callable[[bytes], Reading] = read_mail) -> None:
        self.begun = threading.Event()
        self.count = 0
        self._work = work

    def __call__(self, raws: Sequence[bytes]) -> list[Reading | Exception]:
        """Read."""
        self.count += len(raws)
        self.begun.set()
        return [self._work(raw) for raw in raws]


@pytest.fixture
def parser() -> Iterator[Parser]:
    """An intake that is there and takes nothing by itself."""
    support(OURS)
    made = Parser()
    backlog.attach(INTAKE)
    ahead.attach(made)
    yield made
    ahead.attach(None)
    backlog.attach("")
    backlog.drain()


@pytest.fixture
def client(parser: Parser) -> Iterator[smtplib.SMTP]:
    """A client of a receiver beside that intake."""
    receiver = Receiver("127.0.0.1", 0)
    receiver.start()
    with smtplib.SMTP("127.0.0.1", receiver.port, timeout=20) as made:
        yield made
    receiver.stop()


def test_a_lone_mail_is_read_before_it_is_committed(
    client: smtplib.SMTP, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit waits for the reader here; intake then needs no reader of its own. The client is in a hurry."""
    monkeypatch.setattr(protocol, "HURRY", float("inf"))
    keep = store.store_in

    def after_reading(*given: Any) -> Any:
        assert parser.begun.wait(20)
        return keep(*given)

    monkeypatch.setattr(store, "store_in", after_reading)
    client.sendmail("clara@berezka.example", [OURS], mail(subject="Витрина"))
    (fresh,) = backlog.take(10)
    settle(read([fresh.row], _no_reader, {fresh.row.pk: fresh}))
    assert Ticket.objects.get().subject == "Витрина"
    assert parser.count == 1


def test_what_was_read_and_not_stored_is_no_mail(
    client: smtplib.SMTP, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender is asked to come again, and nothing is left for intake."""
    monkeypatch.setattr(protocol, "HURRY", float("inf"))

    def fails(*_given: Any) -> Any:
        assert parser.begun.wait(20)
        raise OperationalError

    monkeypatch.setattr(store, "store_in", fails)
    with pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail("clara@berezka.example", [OURS], mail())
    assert caught.value.smtp_code == 451
    assert not backlog.take(10)
    assert not Inbound.objects.exists()
    assert not Ticket.objects.exists()


def test_a_reading_that_failed_is_done_again_by_intake(parser: Parser) -> None:
    """Intake counts and words failures; here the second attempt goes well."""
    broken = Parser(_breaks)
    ahead.attach(broken)
    awaited = ahead.begin(mail())
    assert awaited is not None
    assert awaited.result(20) is None
    store_raw([RawMail(support(OURS).pk, mail(), read=awaited)])
    (fresh,) = backlog.take(10)
    (result,) = read([fresh.row], parser, {fresh.row.pk: fresh})
    assert isinstance(result.reading, Reading)
    assert (broken.count, parser.count) == (1, 1)


def test_in_a_crowd_nothing_is_read_ahead(parser: Parser) -> None:
    """Whoever has others in front of him is read in his turn, by the group."""
    backlog._unfinished.add(10**9)
    assert ahead.begin(mail()) is None
    backlog.finish([10**9])
    assert ahead.begin(mail()) is not None


def test_one_is_read_ahead_at_a_time() -> None:
    """The parser has one child: the next one waits for it in its turn."""
    own, go = ReadAhead(), threading.Event()

    def slow(raw: bytes) -> Reading:
        go.wait(20)
        return read_mail(raw)

    own.attach(Parser(slow))
    first = own.begin(mail())
    assert first is not None
    assert own.begin(mail()) is None
    go.set()
    assert first.result(20) is not None
    wait_until(lambda: own.begin(mail()) is not None, what="a free reader")


def test_without_an_intake_nothing_is_read() -> None:
    """A receiver of its own has no parser beside it."""
    assert ReadAhead().begin(mail()) is None


def test_the_order_of_arrival_stays(parser: Parser) -> None:
    """A group that was partly read ahead is settled in the order it came in."""
    channel = support(OURS)
    store_raw([RawMail(channel.pk, mail(subject=f"{number}")) for number in range(3)])
    backlog.drain()
    Inbound.objects.update(worker="", run_at="2020-01-01T00:00Z")
    rows = take(INTAKE)
    done: Future[Read | None] = Future()
    done.set_result(Read(read_mail(rows[1].raw.read()), ()))
    held = {rows[1].pk: Fresh(rows[1], None, done)}
    assert [item.row.pk for item in read(rows, read_here, held)] == [row.pk for row in rows]


def _no_reader(_raws: Sequence[bytes]) -> list[Reading | Exception]:
    raise AssertionError("It was read already.")


def _breaks(_raw: bytes) -> Reading:
    raise ValueError
