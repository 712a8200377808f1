"""SMTP over real sockets: every outcome told apart, whatever the server does."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from otklik.channels.email import client as smtp
from otklik.channels.email import reach
from otklik.channels.email.client import SmtpClient
from otklik.channels.email.mailbox import PLAIN, STARTTLS, TLS, BadUrl, Server, parse_url
from otklik.channels.email.smtp_answers import Doubt, Passing, Refused, SendError, refusal_code
from otklik.channels.email.tests.sink import Sink, running_sink

MAIL = b"Subject: x\r\n\r\nHello\r\n.hidden dot\r\n"


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let loopback count as a public network, where each failure has a name of its own."""
    monkeypatch.setattr(reach, "is_inner", lambda addresses: False)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running_sink() as running:
        yield running


def failure(
    server: Server, recipient: str = "clara@berezka.example", data: bytes = MAIL, **options: float
) -> SendError:
    with contextlib.closing(SmtpClient(server, **options)) as client, pytest.raises(SendError) as raised:
        client.send("support@desk.example", recipient, data)
    return raised.value


def test_a_mail_arrives_as_it_is_over_one_connection(sink: Sink) -> None:
    with contextlib.closing(SmtpClient(sink.server)) as client:
        for number in range(3):
            assert client.send("support@desk.example", f"c{number}@x.example", MAIL) == "250 2.0.0 Ok: queued as 1"
    assert [item.data for item in sink.taken] == [MAIL] * 3
    assert (sink.connections, sink.recipients()) == (1, ["c0@x.example", "c1@x.example", "c2@x.example"])


def test_the_null_sender(sink: Sink) -> None:
    with contextlib.closing(SmtpClient(sink.server)) as client:
        client.send("", "clara@berezka.example", MAIL)
    assert [item.sender for item in sink.taken] == [""]


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ("450 4.2.0 Greylisted", Passing, "greylisted"),
        ("451 4.3.0 Later", Passing, "greylisted"),
        ("421 4.7.0 Too many", Passing, "busy"),
        ("550 5.1.1 No such user", Refused, "unknown_recipient"),
        ("550 user not found", Refused, "unknown_recipient"),
        ("552 5.2.2 Mailbox full", Refused, "mailbox_full"),
        ("550 5.7.1 Spam", Refused, "policy"),
        ("550 5.2.1 Disabled", Refused, "mailbox_disabled"),
        ("999 what", Passing, "garbage"),
        ("hello", Passing, "garbage"),
        ("close", Passing, "connection_lost"),
    ],
)
def test_answers_to_a_recipient(sink: Sink, answer: str, kind: type[SendError], code: str) -> None:
    sink.rcpt = lambda address: answer
    error = failure(sink.server)
    assert (type(error), error.code) == (kind, code)
    assert sink.taken == []
    assert answer == "close" or "\r" not in error.response


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ("451 4.3.0 Later", Passing, "deferred"),
        ("554 5.7.1 Spam", Refused, "policy"),
        ("552 5.3.4 Too big", Refused, "too_large"),
        ("close", Doubt, "lost_after_data"),
        ("what?", Doubt, "lost_after_data"),
        ("354 more", Doubt, "lost_after_data"),
    ],
)
def test_answers_after_the_final_dot(sink: Sink, answer: str, kind: type[SendError], code: str) -> None:
    sink.final = lambda address: answer
    error = failure(sink.server)
    assert (type(error), error.code) == (kind, code)
    assert len(sink.taken) == 1


def test_a_refused_sender_and_a_refused_data(sink: Sink) -> None:
    sink.mail = lambda line: "550 5.7.60 Not allowed to send as this sender"
    assert failure(sink.server).code == "sender_refused"
    sink.mail = lambda line: "530 5.7.0 Authentication required"
    error = failure(sink.server)
    assert (error.code, error.server_down) == ("login", True)
    sink.mail, sink.data = (lambda line: "250 Ok"), (lambda address: "close")
    assert isinstance(failure(sink.server), Passing), "nothing of the mail was sent yet"


def test_after_a_refusal_the_connection_serves_the_next(sink: Sink) -> None:
    sink.rcpt = lambda address: "550 5.1.1 no" if address.startswith("bad") else "250 ok"
    with contextlib.closing(SmtpClient(sink.server)) as client:
        with pytest.raises(Refused):
            client.send("support@desk.example", "bad@x.example", MAIL)
        client.send("support@desk.example", "good@x.example", MAIL)
    assert (sink.connections, sink.recipients()) == (1, ["good@x.example"])


def test_a_connection_that_broke_is_opened_anew(sink: Sink) -> None:
    answers = iter(["close", "250 Ok"])
    sink.rcpt = lambda address: next(answers)
    with contextlib.closing(SmtpClient(sink.server)) as client:
        with pytest.raises(Passing):
            client.send("support@desk.example", "a@x.example", MAIL)
        client.send("support@desk.example", "a@x.example", MAIL)
    assert (sink.connections, len(sink.taken)) == (2, 1)


def test_signing_in(sink: Sink) -> None:
    sink.password = "right"
    good = Server("127.0.0.1", sink.port, PLAIN, "support", "right")
    with contextlib.closing(SmtpClient(good)) as client:
        client.send("support@desk.example", "clara@berezka.example", MAIL)
    error = failure(Server("127.0.0.1", sink.port, PLAIN, "support", "wrong"))
    assert (error.code, error.server_down) == ("login", True)
    assert "5.7.8" in error.response
    assert "wrong" not in error.response
    sink.password = ""
    assert failure(good).code == "login", "a server that offers no sign-in"


def test_utf8_only_when_an_address_needs_it(sink: Sink) -> None:
    with contextlib.closing(SmtpClient(sink.server)) as client:
        client.send("support@desk.example", "clara@xn--e1afmkfd.xn--p1ai", MAIL)
        client.send("support@desk.example", "клара@xn--e1afmkfd.xn--p1ai", MAIL)
    mails = [line for line in sink.commands if line.startswith("MAIL")]
    assert ["SMTPUTF8" in line for line in mails] == [False, True]
    assert sink.recipients()[1] == "клара@xn--e1afmkfd.xn--p1ai"
    sink.features = []
    error = failure(sink.server, "клара@x.example")
    assert (type(error), error.code) == (Refused, "needs_utf8")


def test_the_size_is_told_and_obeyed(sink: Sink) -> None:
    sink.features = ["SIZE 100"]
    error = failure(sink.server, data=MAIL * 20)
    assert (type(error), error.code, sink.taken) == (Refused, "too_large", [])


def test_without_encryption_nothing_is_sent(sink: Sink) -> None:
    error = failure(Server("127.0.0.1", sink.port, STARTTLS, "u", "secret"))
    assert (error.code, error.server_down) == ("no_starttls", True)
    error = failure(Server("127.0.0.1", sink.port, TLS, "u", "secret"))
    assert (error.code, error.server_down) == ("tls", True)
    assert not [line for line in sink.commands if "AUTH" in line]


@pytest.mark.parametrize(
    ("greeting", "code"),
    [("554 no service", "busy"), ("421 later", "busy"), ("HTTP/1.1 400 Bad Request", "garbage"), ("", "garbage"),
     ("220" + "x" * 5000, "unreachable"), ("close", "unreachable")],
)  # fmt: skip
def test_greetings(sink: Sink, greeting: str, code: str) -> None:
    sink.greeting = greeting
    error = failure(sink.server)
    assert (error.code, error.server_down) == (code, True)


def test_nobody_there() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        error = failure(Server("127.0.0.1", closed.getsockname()[1], PLAIN))
    assert (error.code, error.server_down) == ("unreachable", True)
    assert failure(Server("no-such-host.invalid", 25, PLAIN)).code == "unreachable"


@contextlib.contextmanager
def talker(*lines: bytes, endless: bytes = b"") -> Iterator[Server]:
    """A server that says lines whatever it hears, then repeats one for ever, or is silent."""
    ready = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def talk() -> None:
        with contextlib.suppress(OSError):
            sock, _peer = ready.accept()
            with sock:
                for line in lines:
                    sock.sendall(line)
                while endless and not done.is_set():
                    sock.sendall(endless)
                done.wait(20)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield Server("127.0.0.1", ready.getsockname()[1], PLAIN)
    finally:
        done.set()
        ready.close()
        thread.join(5)


def test_an_answer_without_end_ends() -> None:
    with talker(endless=b"220-and so on\r\n") as server:
        assert failure(server).code == "unreachable"
    with talker(endless=b"x" * 1000) as server:
        assert failure(server).code == "unreachable"


def test_a_silent_server_costs_its_time_and_no_more() -> None:
    with talker() as server:
        assert failure(server, open_seconds=0.3).code == "unreachable"


def test_a_server_that_stalls_inside_data_is_given_up(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "ATTEMPT_SECONDS", 0.4)
    hold = threading.Event()

    def stall(address: str) -> str:
        hold.wait(10)
        return "250 too late"

    sink.data = stall
    error = failure(sink.server)
    hold.set()
    assert (type(error), error.code) == (Passing, "connection_lost")
    assert sink.taken == []


def test_a_server_that_stalls_after_the_dot_leaves_a_doubt(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "ATTEMPT_SECONDS", 0.4)
    hold = threading.Event()

    def stall(address: str) -> str:
        hold.wait(10)
        return "250 too late"

    sink.final = stall
    error = failure(sink.server)
    hold.set()
    assert isinstance(error, Doubt)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("", None),
        ("smtp://mail.example", Server("mail.example", 25, PLAIN)),
        ("smtps://u%40x:p%3Aw@mail.example", Server("mail.example", 465, TLS, "u@x", "p:w")),
        ("smtp+starttls://u:p@mail.example:2587/", Server("mail.example", 2587, STARTTLS, "u", "p")),
    ],
)
def test_urls(url: str, server: Server | None) -> None:
    assert parse_url(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://h:port",
        "smtp://h/path",
        "smtp://h?x=1",
        "smtp://u:secret@",
    ],
)
def test_urls_that_cannot_be_understood(url: str) -> None:
    with pytest.raises(BadUrl) as raised:
        parse_url(url)
    assert "secret" not in str(raised.value)


def test_no_password_in_what_is_printed() -> None:
    assert "secret" not in repr(Server("h", 1, PLAIN, "u", "secret"))


@pytest.mark.parametrize(
    ("code", "text", "name"),
    [
        (550, "5.1.10 RESOLVER.ADR.RecipientNotFound", "unknown_recipient"),
        (0, "5.4.4 host not found", "unknown_recipient"),
        (0, "5.7.26 DMARC", "policy"),
        (0, "5.2.3 too long", "too_large"),
        (554, "blocked", "policy"),
        (500, "5.5.1 what", "refused"),
    ],
)
def test_names_of_refusals(code: int, text: str, name: str) -> None:
    assert refusal_code(code, text) == name
