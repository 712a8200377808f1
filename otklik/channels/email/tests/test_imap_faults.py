"""A line to a real Dovecot that is cut, stalls or talks rubbish at any place: each mail is here exactly once (D-51)."""

import re
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from imap_tools.imap_utf7 import utf7_encode

from otklik.channels.actions import save_connection
from otklik.channels.email import mailbox
from otklik.channels.email.imap import service
from otklik.channels.email.imap.client import ImapFolder
from otklik.channels.email.imap.count import note_count
from otklik.channels.email.imap.errors import ImapError
from otklik.channels.email.imap.fetch import Fetcher
from otklik.channels.email.imap.service import Watcher
from otklik.channels.email.loop import settle_now
from otklik.channels.email.mailbox import KEEP, MOVE, SEEN, MailboxConfig
from otklik.channels.email.models import ImapMessage, Inbound
from otklik.channels.email.queries import sums
from otklik.channels.email.tests import dovecot, imap_proxy
from otklik.channels.email.tests.dovecot import Dovecot
from otklik.channels.email.tests.imap_proxy import ANSWER, COMMAND, GARBAGE, LINE, LITERAL, STALL, Fault, Proxy
from otklik.channels.email.tests.mails import mail, read_here, support
from otklik.channels.models import Connection
from otklik.core.actor import Actor
from otklik.testing.server import wait_until
from otklik.tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db
threads = pytest.mark.django_db(transaction=True)  # somebody else looks at what is committed

COUNT = 8
AWAY = "Готово"


@pytest.fixture(scope="module")
def house() -> Iterator[Dovecot]:
    """One Dovecot for all tests here."""
    with dovecot.running() as made:
        yield made


@pytest.fixture
def server(house: Dovecot) -> Dovecot:
    """It, as a person with some mails and nothing else sees it."""
    made = house.seen_by(f"{uuid.uuid4().hex}@demo.otklik.test")
    made.drop(*(letter(number) for number in range(COUNT)))
    return made


def letter(number: int) -> bytes:
    return mail(subject=f"Письмо {number}", text=f"Текст {number}")


def config(proxy: Proxy, after: str) -> MailboxConfig:
    return MailboxConfig(imap=proxy.server, after_import=after, move_to=AWAY)


def connect_once(proxy: Proxy, after: str = KEEP) -> str:
    """Connect, fetch one round, hang up; return the trouble that ended it, or nothing."""
    try:
        with ImapFolder(proxy.server, "INBOX", writable=after != KEEP, timeout=0.6) as folder:
            Fetcher(support().pk, config(proxy, after), folder).round()
    except ImapError as error:
        return error.code
    return ""


def come_through(proxy: Proxy, after: str) -> list[str]:
    """Connect until a round goes well; return the troubles on the way."""
    troubles = []
    while trouble := connect_once(proxy, after):
        troubles.append(trouble)
        assert len(troubles) < 5, troubles
    return troubles


def assert_exactly_once(server: Dovecot, after: str, count: int = COUNT) -> None:
    """Ledger, requests and server agree, and nothing is left to do."""
    settle_now(None, read_here)
    assert sorted(Inbound.objects.values_list("subject", "state")) == [
        (f"Письмо {number}", "ticket") for number in range(count)
    ]
    assert (Ticket.objects.count(), Message.objects.count()) == (count, count)
    told = sums(Inbound.objects.all())
    assert (told["received"], told["ticket"]) == (count, count)
    rows = ImapMessage.objects.all()
    assert set(rows.values_list("state", "after_done")) == {("stored", True)}
    assert set(rows.values_list("inbound_id", flat=True)) == set(Inbound.objects.values_list("pk", flat=True))
    places = [("INBOX", "ALL"), ("INBOX", "SEEN"), *([(imap_name(AWAY), "ALL")] if after == MOVE else [])]
    here, *others = server.counts(*places)
    assert (here, *others) == {KEEP: (count, 0), SEEN: (count, count), MOVE: (0, 0, count)}[after]
    with ImapFolder(server.server, "INBOX", writable=False, timeout=20) as folder:
        settings = MailboxConfig(imap=server.server, after_import=after, move_to=AWAY)
        counted = note_count(support().pk, settings, folder.uidvalidity, folder.uids())
    assert (counted.there, counted.received, counted.left, counted.unfetched) == (here, here, 0, 0)
    assert counted.vanished == 0


def imap_name(folder: str) -> str:
    return f'"{utf7_encode(folder).decode()}"'


BODIES, SIZES = r"UID FETCH .*BODY", r"UID FETCH .*SIZE"
PLACES = [
    (KEEP, Fault(LITERAL, BODIES, after=3), "broke"),
    (KEEP, Fault(LITERAL, BODIES), "broke"),
    (KEEP, Fault(LINE, BODIES, after=2), "broke"),
    (KEEP, Fault(LINE, SIZES, after=5), "broke"),
    (KEEP, Fault(LINE, "UID SEARCH"), "broke"),
    (KEEP, Fault(LINE, "EXAMINE", after=1), "broke"),
    (SEEN, Fault(COMMAND, "UID STORE"), "broke"),
    (SEEN, Fault(ANSWER, "UID STORE"), "broke"),
    (MOVE, Fault(COMMAND, "UID MOVE"), "broke"),
    (MOVE, Fault(ANSWER, "UID MOVE"), "broke"),
    (MOVE, Fault(ANSWER, "LIST"), "broke"),
    (MOVE, Fault(ANSWER, "CREATE"), "broke"),
    (KEEP, Fault(ANSWER, "CAPABILITY", after=1), "broke"),
    (KEEP, Fault(STALL, "LOGIN"), "slow"),
    (KEEP, Fault(STALL, "CAPABILITY", after=1), "slow"),
    (KEEP, Fault(STALL, "EXAMINE"), "slow"),
    (KEEP, Fault(STALL, "UID SEARCH"), "slow"),
    (KEEP, Fault(STALL, BODIES), "slow"),
    (SEEN, Fault(STALL, "UID STORE"), "slow"),
    (MOVE, Fault(STALL, "UID MOVE"), "slow"),
    (MOVE, Fault(STALL, "LIST"), "slow"),
    (KEEP, Fault(GARBAGE, "CAPABILITY"), "no_mail_server"),
    (KEEP, Fault(GARBAGE, "LOGIN"), "broke"),
    (KEEP, Fault(GARBAGE, "UID SEARCH"), "broke"),
    (KEEP, Fault(GARBAGE, BODIES), "broke"),
    (MOVE, Fault(GARBAGE, "LIST"), "broke"),
    (MOVE, Fault(GARBAGE, "UID MOVE"), "broke"),
]


@pytest.mark.parametrize(
    ("after", "fault", "trouble"), PLACES, ids=[f"{one.at}-{one.command}-{one.after}" for _after, one, _code in PLACES]
)
def test_whatever_the_line_does_each_mail_is_here_once(server: Dovecot, after: str, fault: Fault, trouble: str) -> None:
    """The trouble has a name for the health page, and the next connection brings everything to its end."""
    with imap_proxy.before(server, Fault(fault.at, fault.command, fault.after)) as proxy:
        assert come_through(proxy, after) == [trouble]
        assert all(one.done for one in proxy.faults)
    assert_exactly_once(server, after)


@pytest.mark.parametrize("word", ["x", "-1", "99999999999999999999"])
def test_numbers_that_are_none_are_named(server: Dovecot, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a number of the protocol should stand something else does: the trouble has a code like any other."""
    honest = imap_proxy._Line._pass_line

    class Lying:
        def __init__(self, lines: Any) -> None:
            self.lines = lines

        def readline(self) -> bytes:
            return re.sub(rb"(\* SEARCH) .*\d", rb"\1 " + word.encode(), self.lines.readline())

        def read(self, size: int) -> bytes:
            return bytes(self.lines.read(size))

    def lie(self: Any) -> bool:
        if not isinstance(self.answers, Lying):
            self.answers = Lying(self.answers)
        return honest(self)

    with imap_proxy.before(server) as proxy:
        with monkeypatch.context() as patch:
            patch.setattr(imap_proxy._Line, "_pass_line", lie)
            assert connect_once(proxy) == "garbage"
        assert connect_once(proxy) == ""
    assert_exactly_once(server, KEEP)


@threads
@pytest.mark.parametrize(("after", "verbs"), [(SEEN, "UID STORE"), (MOVE, "UID MOVE"), (MOVE, "UID COPY")])
def test_the_server_is_told_only_of_what_is_committed(server: Dovecot, after: str, verbs: str) -> None:
    """At the moment a command comes by, another connection to the database sees the mails it is about."""
    found: list[tuple[int, int]] = []

    def look(command: str) -> None:
        if not command.startswith(("UID STORE", "UID MOVE", "UID COPY")):
            return
        first, _, last = command.split()[2].partition(":")
        try:
            wanted = int(last or first) - int(first) + 1
            rows = ImapMessage.objects.filter(uid__range=(first, last or first), state="stored", inbound__isnull=False)
            found.append((wanted, rows.count()))
        finally:
            connections.close_all()

    with imap_proxy.before(server, Fault(LITERAL, BODIES, after=4), Fault(ANSWER, verbs)) as proxy:
        if verbs == "UID COPY":
            proxy.cannot("MOVE")
        proxy.watch = look
        come_through(proxy, after)
    assert found
    assert all(wanted == committed for wanted, committed in found)
    assert any(command.startswith(verbs) for command in proxy.asked)


class _Waiting:
    """Somebody who waits for news in a thread of his own."""

    def __init__(self, proxy: Proxy, seconds: float = 3600.0) -> None:
        self.proxy, self.seconds = proxy, seconds
        self.told: list[object] = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._wait)

    def _wait(self) -> None:
        try:
            with ImapFolder(self.proxy.server, "INBOX", writable=False, timeout=0.6) as folder:
                self.told.append(folder.idle(self.seconds, self.stop.is_set))
        except ImapError as error:
            self.told.append(error.code)

    def __enter__(self) -> "_Waiting":
        self.thread.start()
        return self

    def __exit__(self, *_reason: object) -> None:
        self.stop.set()
        self.thread.join(20)


def test_a_line_that_is_cut_while_waiting_is_noticed_at_once(server: Dovecot) -> None:
    """Its end is no silence: the wait is over, instead of asking again and again until its time has run out."""
    with imap_proxy.before(server, Fault(ANSWER, "IDLE")) as proxy, _Waiting(proxy) as waiting:
        wait_until(lambda: waiting.told, what="the end to be noticed")
    assert waiting.told == ["broke"]


def test_a_line_that_died_in_silence_is_noticed_when_the_wait_is_over(server: Dovecot) -> None:
    with imap_proxy.before(server, Fault(STALL, "IDLE")) as proxy, _Waiting(proxy, seconds=0.2) as waiting:
        wait_until(lambda: waiting.told, what="the silence to be noticed")
    assert waiting.told == ["slow"]


@threads
def test_the_watcher_comes_back_after_a_cut_wait(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    """News of the time in between are fetched by the next connection."""
    monkeypatch.setattr(service, "back_off", lambda *_attempts, **_limits: timedelta(milliseconds=10))
    with imap_proxy.before(server, Fault(ANSWER, "IDLE")) as proxy:
        plain, secret = mailbox.dump(config(proxy, KEEP))
        made, stop = save_connection(support(), config=plain, secret=secret, by=Actor.system()), threading.Event()
        watcher = Watcher(made.pk, made.channel_id, mailbox.read(made), stop, poll_seconds=3600)
        thread = threading.Thread(target=watcher.run)
        thread.start()
        try:
            wait_until(lambda: proxy.asked.count("IDLE") == 2, what="the second wait")
            server.put(letter(COUNT))
            wait_until(lambda: Inbound.objects.count() == COUNT + 1, what="the announced mail")
            assert Connection.objects.get().state == "ok"
        finally:
            stop.set()
            thread.join(20)
    assert_exactly_once(server, KEEP, COUNT + 1)
