"""The receiver over real sockets: what it takes, what it refuses, and that ``250`` means durable."""

import smtplib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from django.db import OperationalError

from otklik.channels.email import store
from otklik.channels.email.backlog import LIMIT, backlog
from otklik.channels.email.models import Inbound
from otklik.channels.email.queries import count_waiting
from otklik.channels.email.smtpd.protocol import ReceiverProtocol
from otklik.channels.email.smtpd.receiver import Limits, Receiver
from otklik.channels.email.tests.mails import mail, support
from otklik.channels.models import Connection
from otklik.testing.server import wait_until
from otklik.tickets.models import Channel

pytestmark = pytest.mark.django_db(transaction=True)

OURS = "support@demo.otklik.test"
LIMITS = Limits(size=200_000, recipients=3, connections=5, per_peer=4)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on a free port, with a mailbox behind it; it begins before the intake, as at every start."""
    support(OURS)
    support("sales@demo.otklik.test", name="Продажи")
    made = Receiver("127.0.0.1", 0, limits=LIMITS, count_waiting=count_waiting)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def client(receiver: Receiver) -> Iterator[smtplib.SMTP]:
    """An SMTP client that is connected."""
    with smtplib.SMTP("127.0.0.1", receiver.port, timeout=20) as made:
        yield made


def test_what_was_taken_is_there(client: smtplib.SMTP) -> None:
    """The bytes are in the table when the answer comes, dots and long lines included."""
    raw = mail(text=".\n..dots\n" + "long " * 5000).replace(b"\n", b"\r\n")
    client.sendmail("clara@berezka.example", [OURS], raw)
    row = Inbound.objects.get()
    assert row.blob.read() == raw
    assert (row.envelope["from"], row.envelope["to"]) == ("clara@berezka.example", [OURS])


def test_what_it_announces(client: smtplib.SMTP) -> None:
    """Size, pipelining, eight bits, UTF-8 addresses; no sign-in."""
    client.ehlo()
    assert client.esmtp_features["size"] == str(LIMITS.size)
    assert {"pipelining", "8bitmime", "smtputf8"} <= set(client.esmtp_features)
    assert "auth" not in client.esmtp_features


def test_unknown_recipients_are_refused(client: smtplib.SMTP) -> None:
    """No relay, no guess; plus-addresses of ours are taken, whatever their case."""
    client.ehlo()
    client.mail("a@b.example")
    assert client.rcpt("nobody@demo.otklik.test")[0] == 550
    assert client.rcpt("support@elsewhere.example")[0] == 550
    assert client.rcpt("Support+T-1.ABC@Demo.Otklik.Test")[0] == 250


def test_a_mailbox_that_is_told_not_to_receive_takes_nothing(receiver: Receiver, client: smtplib.SMTP) -> None:
    """The switch of its settings counts for this door too; nobody is told that mail was taken which nobody reads."""
    connection = Connection.objects.create(channel=Channel.objects.get(address=OURS), enabled=False)
    receiver.committer.call(receiver._handler.directory.refresh).result(20)
    client.ehlo()
    client.mail("a@b.example")
    assert client.rcpt(OURS)[0] == 550
    assert client.rcpt("sales@demo.otklik.test")[0] == 250
    Connection.objects.filter(pk=connection.pk).update(enabled=True)
    receiver.committer.call(receiver._handler.directory.refresh).result(20)
    assert client.rcpt(OURS)[0] == 250


def test_the_null_sender_may_write(client: smtplib.SMTP) -> None:
    """Bounces come from it."""
    client.sendmail("", [OURS], mail())
    assert Inbound.objects.get().envelope["from"] == ""


def test_too_large_is_told_and_the_session_goes_on(client: smtplib.SMTP) -> None:
    """By its announced size, and when it lied about it."""
    client.ehlo()
    assert client.mail("a@b.example", [f"SIZE={LIMITS.size + 1}"])[0] == 552
    client.rset()
    client.mail("a@b.example")
    client.rcpt(OURS)
    assert client.data(mail(text="x" * 70 + "\n") * 4000)[0] == 552
    client.sendmail("a@b.example", [OURS], mail())
    assert Inbound.objects.count() == 1


def test_one_mail_to_two_mailboxes(client: smtplib.SMTP) -> None:
    """Two rows; two addresses of one mailbox are one row. More than the limit come later."""
    client.ehlo()
    client.mail("a@b.example")
    for address in (OURS, "support+x@demo.otklik.test", "sales@demo.otklik.test"):
        assert client.rcpt(address)[0] == 250
    assert client.rcpt(OURS)[0] == 452
    assert client.data(mail())[0] == 250
    assert [len(row.envelope["to"]) for row in Inbound.objects.order_by("channel")] == [2, 1]


def test_a_store_that_cannot_take_it_asks_for_another_try(
    client: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Disk full or database away: 451, nothing is lost, and it works again by itself."""
    errors: list[Exception] = [OSError(28, "No space left on device"), OperationalError("database or disk is full")]
    for error in errors:

        def broken(*_args: Any, error: Exception = error) -> Any:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(store, "put_blobs", broken)
            with pytest.raises(smtplib.SMTPDataError) as caught:
                client.sendmail("a@b.example", [OURS], mail())
            assert caught.value.smtp_code == 451
    assert not Inbound.objects.exists()
    client.sendmail("a@b.example", [OURS], mail())
    assert Inbound.objects.count() == 1


def test_pipelined_commands_and_no_smuggling(receiver: Receiver) -> None:
    """Everything in one packet; a lone ``LF . LF`` ends nothing."""
    inner = b"\n.\nMAIL FROM:<evil@x.example>\r\nRCPT TO:<support@demo.otklik.test>\r\nDATA\r\nevil"
    talk = (
        b"EHLO me\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@demo.otklik.test>\r\nDATA\r\n"
        b"Subject: one\r\n\r\ntext" + inner + b"\r\n.\r\nMAIL FROM:<a@b.example>\r\n"
        b"RCPT TO:<support@demo.otklik.test>\r\nDATA\r\nSubject: two\r\n\r\ntext\r\n.\r\nQUIT\r\n"
    )
    with socket.create_connection(("127.0.0.1", receiver.port), 20) as sock:
        sock.sendall(talk)
        heard = b""
        while piece := sock.recv(4096):
            heard += piece
    assert heard.count(b"250 2.0.0 OK") == 2
    assert [row.subject for row in Inbound.objects.order_by("pk")] == ["one", "two"]


def test_an_empty_message_and_one_of_a_dot(receiver: Receiver, client: smtplib.SMTP) -> None:
    """The smallest messages do not confuse the reader."""
    client.ehlo()
    for raw in (b"", b".", b"..\r\n."):
        client.mail("a@b.example")
        client.rcpt(OURS)
        assert client.data(raw)[0] == 250


def test_too_many_connections_are_told(receiver: Receiver) -> None:
    """421 instead of silence; whoever leaves makes room."""
    kept = [smtplib.SMTP("127.0.0.1", receiver.port, timeout=20) for _ in range(LIMITS.per_peer)]
    with pytest.raises(smtplib.SMTPConnectError) as caught:
        smtplib.SMTP("127.0.0.1", receiver.port, timeout=20)
    assert caught.value.smtp_code == 421
    kept.pop().quit()
    wait_until(lambda: _connects(receiver.port), what="room for another connection")
    for one in kept:
        one.close()


def _connects(port: int) -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=20):
            return True
    except smtplib.SMTPConnectError:
        return False


def test_it_slows_down_while_too_much_waits(receiver: Receiver, client: smtplib.SMTP) -> None:
    """The mail is durable, and its 250 comes when there is room again."""
    waiting = set(range(10**9, 10**9 + LIMIT + 1))
    backlog.worker = "slow intake"
    backlog._unfinished.update(waiting)
    answered = threading.Event()

    def send() -> None:
        client.sendmail("a@b.example", [OURS], mail())
        answered.set()

    sender = threading.Thread(target=send)
    try:
        sender.start()
        wait_until(Inbound.objects.exists, what="the mail in the store")
        assert not answered.wait(0.3)
        backlog.finish(waiting)
        assert answered.wait(10)
    finally:
        backlog.attach("")
        backlog.drain()
        sender.join(10)


def test_many_at_once_are_all_there(receiver: Receiver) -> None:
    """Four clients, the same and different mails: one row each, repeats counted."""

    def send(number: int) -> None:
        with smtplib.SMTP("127.0.0.1", receiver.port, timeout=30) as one:
            for place in range(10):
                one.sendmail("a@b.example", [OURS], mail(text=f"{number % 2} {place}"))

    senders = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(60)
    assert Inbound.objects.count() == 20
    assert sum(Inbound.objects.values_list("copies", flat=True)) == 20


@pytest.mark.parametrize(
    "path",
    [
        "<a@b.c>", "<a.b+c=1@d-e.f> SIZE=100", "<a_b@c_d.e>  SIZE=3 BODY=8BITMIME", "<a@b>X=1", " <a@b.c>", "<>",
        "<a..b@c.d>", "<.a@b.c>", "<a@b.>", "<a@.b>", "<a b@c.d>", '<"a b"@c.d>', "<a@[127.0.0.1]>", "a@b.c", "<a@b.c",
        "<я@б.рф>",
    ],
)  # fmt: skip
def test_a_path_is_read_as_the_library_reads_it(path: str) -> None:
    class Library(SMTP):
        local_part_limit = 0

        def __init__(self) -> None: ...

    class Ours(ReceiverProtocol):
        def __init__(self) -> None: ...

    assert Ours()._getaddr(path) == Library()._getaddr(path)
