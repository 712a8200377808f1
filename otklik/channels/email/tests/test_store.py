"""The store: durable together, once each, whatever happens at the same moment; and what makes a mail the same mail."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connections
from hypothesis import given
from hypothesis import strategies as st

from otklik.channels.email import store
from otklik.channels.email.backlog import Backlog, DatabaseGauge
from otklik.channels.email.fingerprint import fingerprint, normal_id
from otklik.channels.email.holding import blobs_of_inbound
from otklik.channels.email.models import Inbound
from otklik.channels.email.smtpd.directory import Directory
from otklik.channels.email.smtpd.service import listen_address
from otklik.channels.email.store import RawMail, StoreUnavailable, store_raw
from otklik.channels.email.tests.mails import mail, support
from otklik.core.blobs import Blob, StorageFull


def at_once(work: Callable[[int], object], times: int) -> list[BaseException]:
    """Do the same in threads that begin together; return what went wrong."""
    gate, wrong = threading.Barrier(times), []

    def run(number: int) -> None:
        try:
            gate.wait(20)
            work(number)
        except BaseException as error:
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return wrong


@pytest.mark.django_db(transaction=True)
def test_the_same_mail_at_the_same_moment_is_one() -> None:
    """Eight deliveries race for one row: one wins, seven are counted, none fails."""
    channel, raw = support().pk, mail(text="x" * 100_000)
    assert at_once(lambda _number: store_raw([RawMail(channel, raw)]), 8) == []
    assert Inbound.objects.get().copies == 7


@pytest.mark.django_db(transaction=True)
def test_different_mails_at_the_same_moment_are_all_there() -> None:
    """Groups of several processes do not harm each other."""
    channel = support().pk
    assert at_once(lambda n: store_raw([RawMail(channel, mail(text=f"{n} {i}")) for i in range(5)]), 6) == []
    assert Inbound.objects.count() == 30


@pytest.mark.django_db
def test_small_ones_lie_in_the_table_and_large_ones_in_files() -> None:
    """Both come back as they went in, and both are held against the sweep."""
    small, large = mail(text="small"), mail(text="y" * 70_000)
    store_raw([RawMail(support().pk, small), RawMail(support().pk, large)])
    rows = list(Inbound.objects.order_by("pk"))
    assert [row.blob.read() for row in rows] == [small, large]
    assert [bool(row.blob.path) for row in rows] == [False, True]
    assert blobs_of_inbound(Blob.objects.values_list("pk", flat=True)) == {row.blob_id for row in rows}


@pytest.mark.django_db
@pytest.mark.parametrize("error", [StorageFull(), OSError(5, "I/O error"), OperationalError("disk is full")])
def test_what_cannot_be_kept_is_told(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """One error for the doors, and nothing half kept."""

    def broken(*_args: Any) -> Any:
        raise error

    monkeypatch.setattr(store, "put_blobs", broken)
    with pytest.raises(StoreUnavailable):
        store_raw([RawMail(support().pk, mail())])
    assert not Inbound.objects.exists()


def test_what_makes_a_mail_the_same() -> None:
    """Line ends, folding, hops on the way and blank lines at the end do not; words do."""
    raw = mail()
    same = [
        raw.replace(b"\n", b"\r\n"),
        b"Received: from a by b\n" + raw,
        raw + b"\n\n",
        raw.replace(b"Message-ID: ", b"Message-ID:\n\t"),
        b"From MAILER Mon Nov 02 10:00:00 2026\n" + raw,
        b"\xef\xbb\xbf\n" + raw,
    ]
    assert {fingerprint(one).digest for one in same} == {fingerprint(raw).digest}
    other = [raw + b"x", raw.replace(b"Subject: ", b"Subject: x"), raw.replace(b"10:00:00", b"10:00:01")]
    assert fingerprint(raw).digest not in {fingerprint(one).digest for one in other}


ALARM = "Message-ID: <alarm@plant.example>\nFrom: plant@client.example\nSubject: Alarm\n"


@pytest.mark.parametrize(
    "shape",
    [
        ALARM + "Zone {} is too warm\n",
        ALARM + "Zone: {}\n",
        ALARM + " \nZone {} is too warm\n\nSent by the plant.\n",
        ALARM + "\t \nSubject: zone {}\n",
        ALARM.replace("\n", "\r\r\n") + "\r\r\nZone {} is too warm\r\r\n",
        ALARM.replace("\n", "\r") + "\rZone {}\r",
        "Received: by a\r" + ALARM.replace("\n", "\r") + "\rZone {}\nFrom: x\n",
        "{}" + "X-Long: " + "y" * 300_000 + "\n" + ALARM + "Zone",
        ALARM + "x" * 300_000 + "{}",
    ],
    ids=["text", "colon", "blank-with-space", "tab", "cr-cr-lf", "cr", "mixed", "long", "long-text"],
)
def test_what_stands_below_the_headers_always_counts(shape: str) -> None:
    """Without a clean blank line the text is part of the key: two alarms of one sender are two mails."""
    first, second = (fingerprint(shape.replace("{}", number).encode()) for number in "12")
    assert first.digest != second.digest


@given(st.binary(max_size=300))
def test_any_bytes_have_a_fingerprint(raw: bytes) -> None:
    """Nothing raises, and what is kept as text can be stored."""
    found = fingerprint(raw)
    assert len(found.digest) == 64
    for text in (found.message_id, found.in_reply_to):
        assert "\x00" not in text
        text.encode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b" <a@b>", "<a@b>"),
        (b"a@b", "<a@b>"),
        (b"<>", ""),
        (b"", ""),
        (b"message from X of Monday <a@b>", "<a@b>"),
        (b"<" * 500, "<" * 400),
    ],
)
def test_the_normal_form_of_an_id(value: bytes, expected: str) -> None:
    """As found in the wild."""
    assert normal_id(value) == expected


def test_the_directory_asks_again_for_what_it_does_not_know() -> None:
    """A new mailbox is taken within half a second, a known one without a question."""
    now, asked = [0.0], [0]

    def read() -> dict[str, int]:
        asked[0] += 1
        return {"a@x.example": 1} | ({"b@x.example": 2} if asked[0] > 1 else {})

    directory = Directory(read, lambda: now[0])
    assert directory.stale_for("a@x.example")
    directory.refresh()
    assert not directory.stale_for("A+t-1.abc@X.example")
    assert not directory.stale_for("b@x.example")
    now[0] = 0.6
    assert directory.stale_for("b@x.example")
    directory.refresh()
    found = directory.find("b@x.example")
    assert found is not None
    assert found.channel_id == 2


def test_the_gauge_asks_at_most_four_times_a_second() -> None:
    """The receiver must not count for every mail."""
    now, asked = [0.0], [0]

    def count() -> int:
        asked[0] += 1
        return asked[0]

    gauge = DatabaseGauge(count, lambda: now[0])
    assert (gauge.waiting, gauge.waiting) == (1, 1)
    now[0] = 0.3
    assert gauge.waiting == 2


def test_the_backlog_counts_what_is_not_finished() -> None:
    """Taken is not done."""
    told: list[int] = []
    made = Backlog()
    made.on_progress(lambda: told.append(made.waiting))
    made._unfinished.update({1, 2, 3})
    made.finish([1, 2, 9])
    assert (made.waiting, told) == (1, [1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", None), ("127.0.0.1:2525", ("127.0.0.1", 2525)), ("[::1]:25", ("::1", 25)), (":25", None)],
)
def test_where_to_listen(text: str, expected: Any) -> None:
    """``host:port``; an empty host is this machine only."""
    assert listen_address(text) == (expected if text != ":25" else ("127.0.0.1", 25))
