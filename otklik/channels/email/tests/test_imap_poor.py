"""Real servers that can do less than others, number anew, or lose a mail between two commands: nothing comes twice."""

import imaplib
import threading
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from imap_tools.imap_utf7 import utf7_encode

from otklik.channels.actions import save_connection
from otklik.channels.email import mailbox
from otklik.channels.email.imap import service
from otklik.channels.email.imap.client import ImapFolder
from otklik.channels.email.imap.errors import ImapError
from otklik.channels.email.imap.fetch import Fetcher
from otklik.channels.email.imap.service import Watcher
from otklik.channels.email.loop import settle_now
from otklik.channels.email.mailbox import DELETE, KEEP, MOVE, SEEN, MailboxConfig
from otklik.channels.email.models import ImapMessage, Inbound
from otklik.channels.email.tests import dovecot, imap_proxy
from otklik.channels.email.tests.dovecot import Dovecot
from otklik.channels.email.tests.imap_proxy import LITERAL, Fault, Proxy
from otklik.channels.email.tests.mails import mail, read_here, support
from otklik.core.actor import Actor
from otklik.core.leases import Lease
from otklik.testing.server import wait_until

pytestmark = pytest.mark.django_db
threads = pytest.mark.django_db(transaction=True)  # the watcher has a connection of its own

COUNT = 4
AWAY = f'"{utf7_encode("Готово").decode()}"'
INBOX = ("INBOX", "ALL")
RARE = ("IDLE", "MOVE", "UIDPLUS", "LITERAL+", "SPECIAL-USE", "CONDSTORE", "QRESYNC", "ESEARCH", "ID", "ENABLE",
        "UNSELECT", "NAMESPACE", "CHILDREN", "SASL-IR", "LIST-STATUS", "LIST-EXTENDED", "BINARY")  # fmt: skip


@pytest.fixture(scope="module")
def house() -> Iterator[Dovecot]:
    """One Dovecot for all tests here."""
    with dovecot.running() as made:
        yield made


@pytest.fixture
def server(house: Dovecot) -> Dovecot:
    """It, as a person with some mails and nothing else sees it."""
    made = house.seen_by(f"{uuid.uuid4().hex}@demo.otklik.test")
    made.drop(*letters(range(COUNT)))
    return made


@pytest.fixture
def proxy(server: Dovecot) -> Iterator[Proxy]:
    """What stands before it."""
    with imap_proxy.before(server) as made:
        yield made


def letters(numbers: Sequence[int]) -> list[bytes]:
    return [mail(subject=f"Письмо {number}", text=f"Текст {number}") for number in numbers]


def connect_once(proxy: Proxy, after: str = KEEP, **changes: Any) -> str:
    """Connect, fetch one round, hang up; return the trouble that ended it, or nothing."""
    config = MailboxConfig(imap=proxy.server, after_import=after, move_to="Готово", **changes)
    try:
        with ImapFolder(proxy.server, "INBOX", writable=after != KEEP, timeout=10) as folder:
            Fetcher(support().pk, config, folder).round()
    except ImapError as error:
        return error.code
    return ""


def subjects() -> list[str]:
    """Return what stands in the ledger as a request, repeats included."""
    settle_now(None, read_here)
    return sorted(Inbound.objects.filter(state="ticket").values_list("subject", flat=True))


def all_of(count: int) -> list[str]:
    return sorted(f"Письмо {number}" for number in range(count))


@pytest.mark.parametrize("after", [KEEP, SEEN, MOVE, DELETE])
def test_a_server_that_can_nothing_but_the_oldest(server: Dovecot, proxy: Proxy, after: str) -> None:
    """None of the rare commands is given; what cannot be taken away for good is marked, and once."""
    proxy.cannot(*RARE)
    for _round in range(3):
        assert connect_once(proxy, after, delete_after_days=0) == ""
        assert subjects() == all_of(COUNT)
    kept, seen, deleted = server.counts(INBOX, ("INBOX", "SEEN"), ("INBOX", "DELETED"))
    assert (kept, seen, deleted) == {
        KEEP: (COUNT, 0, 0), SEEN: (COUNT, COUNT, 0), MOVE: (COUNT, 0, COUNT), DELETE: (COUNT, 0, COUNT),
    }[after]  # fmt: skip
    if after == MOVE:
        assert server.count(AWAY) == COUNT
    assert not [command for command in proxy.asked if command.split()[0] in {"IDLE", "EXPUNGE", "ENABLE", "ID"}]
    assert not [command for command in proxy.asked if command.startswith(("UID MOVE", "UID EXPUNGE"))]


@pytest.mark.parametrize(
    ("missing", "left"), [(("MOVE",), 0), (("UIDPLUS",), 0), (("MOVE", "UIDPLUS"), COUNT)], ids=str
)
@pytest.mark.parametrize("told", [False, True])
def test_each_way_of_moving(server: Dovecot, proxy: Proxy, missing: Sequence[str], left: int, told: bool) -> None:
    """Without MOVE it is copied, then deleted by UID; a server that only says it can is found out by its refusal."""
    proxy.cannot(*missing)
    if told:
        proxy.hidden = frozenset()
    for _round in range(2):
        assert connect_once(proxy, MOVE) == ""
    assert subjects() == all_of(COUNT)
    server.drop(*letters(range(COUNT, COUNT + 2)))
    assert connect_once(proxy, MOVE) == ""
    assert server.counts(INBOX, (AWAY, "ALL")) == [left and left + 2, COUNT + 2]
    assert subjects() == all_of(COUNT + 2)
    assert not ImapMessage.objects.filter(after_done=False).exists()


def test_others_marks_are_not_made_final(server: Dovecot, proxy: Proxy) -> None:
    """A mail that a person has marked for deletion is not taken along: EXPUNGE without UIDs is never given."""
    proxy.cannot("MOVE", "UIDPLUS")
    assert connect_once(proxy, MOVE) == ""
    server.put(mail(subject="Чужое"))
    with server.open() as client:
        client.store("5", "+FLAGS", "\\Deleted")
    assert connect_once(proxy, DELETE, delete_after_days=0) == ""
    assert server.count() == COUNT + 1


@pytest.mark.parametrize("command", ["UID STORE", "UID EXPUNGE"])
def test_what_was_copied_is_not_copied_again(server: Dovecot, proxy: Proxy, command: str) -> None:
    """The original cannot be taken away, today or ever: there is one copy, not one more at each look."""
    proxy.cannot("MOVE")
    proxy.denied = frozenset({command})
    for _round in range(3):
        assert connect_once(proxy, MOVE) == ""
    assert server.counts(INBOX, (AWAY, "ALL")) == [COUNT, COUNT]
    assert subjects() == all_of(COUNT)


def test_a_server_that_denies_the_copy_is_asked_again(server: Dovecot, proxy: Proxy) -> None:
    proxy.cannot("MOVE")
    proxy.denied = frozenset({"UID COPY"})
    for _round in range(2):
        assert connect_once(proxy, MOVE) == ""
    assert server.counts(INBOX, ("INBOX", "DELETED")) == [COUNT, 0]
    proxy.denied = frozenset()
    assert connect_once(proxy, MOVE) == ""
    assert server.counts(INBOX, (AWAY, "ALL")) == [0, COUNT]
    assert subjects() == all_of(COUNT)


@pytest.mark.parametrize("told", [False, True])
@threads
def test_news_come_without_being_announced(server: Dovecot, proxy: Proxy, told: bool) -> None:
    """No IDLE, or one that is told of and refused: the server is asked again and again, over the same connection."""
    proxy.cannot("IDLE")
    if told:
        proxy.hidden = frozenset()
    with _watching(proxy, poll_seconds=0.1):
        wait_until(lambda: Inbound.objects.count() == COUNT, what="the first mails")
        server.put(*letters([COUNT]))
        wait_until(lambda: Inbound.objects.count() == COUNT + 1, what="the next mail")
    assert len([command for command in proxy.asked if command.startswith("LOGIN")]) == 1
    assert proxy.asked.count("IDLE") == int(told)


@threads
def test_who_waits_for_the_next_look_keeps_the_mailbox(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease is renewed during a pause that is longer than the lease."""
    monkeypatch.setattr(service, "LEASE_SECONDS", 0.4)
    proxy.cannot("IDLE")
    with _watching(proxy, poll_seconds=3600):
        wait_until(lambda: Inbound.objects.count() == COUNT, what="the first mails")
        ends = {Lease.objects.get(name__startswith="imap:").expires_at}

        def renewed() -> bool:
            ends.update(Lease.objects.filter(name__startswith="imap:").values_list("expires_at", flat=True))
            return len(ends) >= 5

        wait_until(renewed, what="the lease to be renewed")


class _watching:  # noqa: N801 - reads as a verb where it is used
    def __init__(self, proxy: Proxy, *, poll_seconds: float) -> None:
        config, secret = mailbox.dump(MailboxConfig(imap=proxy.server))
        made = save_connection(support(), config=config, secret=secret, by=Actor.system())
        self.stop = threading.Event()
        watcher = Watcher(made.pk, made.channel_id, mailbox.read(made), self.stop, poll_seconds=poll_seconds)
        self.thread = threading.Thread(target=watcher.run)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_reason: object) -> None:
        self.stop.set()
        self.thread.join(20)


def test_a_mail_that_went_away_between_two_commands_leaves_nothing(server: Dovecot, proxy: Proxy) -> None:
    """It was listed, and somebody took it out before it was asked for: no row waits for it, the others came."""
    _take_away(server, proxy, "UID FETCH", "BODY", uids="2,4")
    assert connect_once(proxy) == ""
    assert subjects() == ["Письмо 0", "Письмо 2"]
    assert set(ImapMessage.objects.values_list("uid", "state")) == {(1, "stored"), (3, "stored")}
    assert connect_once(proxy) == ""
    assert not Inbound.objects.exclude(state="ticket").exists()


def test_a_mail_that_went_away_after_a_break_leaves_nothing(server: Dovecot, proxy: Proxy) -> None:
    """All in hand were noted when the line broke; a noted one that is gone at the next look is forgotten."""
    proxy.faults = [Fault(LITERAL, "UID FETCH .*BODY")]
    assert connect_once(proxy) == "broke"
    assert ImapMessage.objects.filter(state="broken").count() == COUNT
    with server.open() as client:
        client.store("2", "+FLAGS", "\\Deleted")
        client.expunge()
    assert connect_once(proxy) == ""
    assert subjects() == ["Письмо 0", "Письмо 2", "Письмо 3"]
    assert set(ImapMessage.objects.values_list("state", flat=True)) == {"stored"}


def test_a_mail_that_went_away_before_it_was_moved_holds_nothing_up(server: Dovecot, proxy: Proxy) -> None:
    """Somebody else moved it; nobody asks the server about it again."""
    _take_away(server, proxy, "UID MOVE", "", uids="2")
    proxy.denied = frozenset({"UID MOVE"})  # as servers do that do not know one of the numbers
    assert connect_once(proxy, MOVE) == ""
    proxy.denied = frozenset()
    assert connect_once(proxy, MOVE) == ""
    assert [command.split()[2] for command in proxy.asked if command.startswith("UID MOVE")] == ["1:4", "1,3:4"]
    assert not ImapMessage.objects.filter(after_done=False).exists()
    assert subjects() == all_of(COUNT)


def _take_away(server: Dovecot, proxy: Proxy, command: str, part: str, *, uids: str) -> None:
    """Let a person delete mails for good at the moment a command comes by."""
    taken = threading.Event()

    def watch(asked: str) -> None:
        if asked.startswith(command) and part in asked and not taken.is_set():
            taken.set()
            with server.open() as client:
                client.uid("STORE", uids, "+FLAGS", "\\Deleted")
                client.expunge()

    proxy.watch = watch


@pytest.mark.parametrize("after", [KEEP, SEEN])
def test_another_uidvalidity_while_connected_and_after(server: Dovecot, proxy: Proxy, after: str) -> None:
    """The numbers lose their meaning in the middle of fetching: everything is looked at again, nothing comes twice."""
    proxy.faults = [Fault(LITERAL, "UID FETCH .*BODY", after=2)]
    assert connect_once(proxy, after) == "broke"
    server.forget_uids()
    server.drop(*letters([COUNT]))
    assert connect_once(proxy, after) == ""
    assert connect_once(proxy, after) == ""
    assert subjects() == all_of(COUNT + 1)
    assert server.counts(INBOX, ("INBOX", "SEEN")) == [COUNT + 1, COUNT + 1 if after == SEEN else 0]


def test_numbers_that_begin_anew_hide_no_mail(server: Dovecot, proxy: Proxy) -> None:
    """A restore gave old numbers to other mails and the UIDVALIDITY stayed: what is new comes, what is known does not.

    Our rows of those numbers spoke of other mails; they are forgotten.
    """
    assert connect_once(proxy) == ""
    with server.open() as client:
        client.store("1:3", "+FLAGS", "\\Deleted")
        client.expunge()
    server.put(*letters([COUNT]))
    server.renumber()
    with server.open() as client:
        assert client.uid("SEARCH", "ALL")[1] == [b"1 2"]  # both are numbers that we have rows for
    assert connect_once(proxy) == ""
    assert subjects() == all_of(COUNT + 1)
    assert sorted(ImapMessage.objects.values_list("uid", flat=True)) == [1, 2]
    asked = len(proxy.asked)
    assert connect_once(proxy) == ""
    assert not [command for command in proxy.asked[asked:] if command.startswith("UID FETCH")]


def test_mails_that_were_deleted_there_are_no_new_numbers(server: Dovecot, proxy: Proxy) -> None:
    """The highest ones are gone, and nothing is looked at again because of that."""
    assert connect_once(proxy) == ""
    with server.open() as client:
        client.store("2:4", "+FLAGS", "\\Deleted")
        client.expunge()
    assert connect_once(proxy) == ""
    assert ImapMessage.objects.count() == COUNT
    assert [command for command in proxy.asked if "BODY" in command] == ["UID FETCH 1:4 (UID BODY.PEEK[])"]


def test_a_server_without_a_capability_answer_is_no_mail_server(proxy: Proxy) -> None:
    proxy.refused = frozenset({"CAPABILITY"})
    with pytest.raises((ImapError, imaplib.IMAP4.error)) as caught:
        ImapFolder(proxy.server, "INBOX", writable=False, timeout=10).__enter__()
    assert isinstance(caught.value, ImapError)
