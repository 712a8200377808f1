"""Fetching from a real Dovecot: complete, once, oldest first, and nothing is touched there before it is ours here."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from imap_tools.imap_utf7 import utf7_encode

from otklik.channels.actions import save_connection
from otklik.channels.email import mailbox, store
from otklik.channels.email.imap import fetch
from otklik.channels.email.imap.client import ImapFolder
from otklik.channels.email.imap.errors import ImapError, Refused
from otklik.channels.email.imap.fetch import Fetcher
from otklik.channels.email.imap.service import Watcher
from otklik.channels.email.loop import settle_now
from otklik.channels.email.mailbox import DELETE, KEEP, MOVE, SEEN, MailboxConfig, Server
from otklik.channels.email.models import ImapMessage, Inbound
from otklik.channels.email.store import StoreUnavailable
from otklik.channels.email.tests import dovecot
from otklik.channels.email.tests.dovecot import Dovecot
from otklik.channels.email.tests.mails import mail, read_here, support
from otklik.channels.models import Connection
from otklik.core.actor import Actor
from otklik.core.settings_store import set_value
from otklik.testing.server import wait_until
from otklik.tickets.models import Ticket

pytestmark = pytest.mark.django_db
threads = pytest.mark.django_db(transaction=True)  # the watcher has a connection of its own


@pytest.fixture
def server() -> Iterator[Dovecot]:
    """A Dovecot of its own for each test."""
    with dovecot.running() as made:
        yield made


def settings_for(server: Dovecot, **changes: Any) -> MailboxConfig:
    """Return mailbox settings for a server."""
    return MailboxConfig(imap=server.server, **changes)


def fetch_once(server: Dovecot, **changes: Any) -> int:
    """Connect, fetch one round, hang up."""
    settings = settings_for(server, **changes)
    assert settings.imap is not None
    with ImapFolder(settings.imap, settings.folder, writable=settings.after_import != KEEP, timeout=20) as folder:
        return Fetcher(support().pk, settings, folder).round()


def letters(count: int, start: int = 0) -> list[bytes]:
    """Return different mails."""
    return [mail(subject=f"Письмо {number}", text=f"Текст {number}") for number in range(start, start + count)]


def test_everything_comes_once_and_oldest_first(server: Dovecot) -> None:
    """A repeat brings nothing; nothing was marked read."""
    server.put(*letters(60))
    assert fetch_once(server) == 60
    assert fetch_once(server) == 0
    settle_now(None, read_here)
    assert list(Ticket.objects.order_by("pk").values_list("subject", flat=True)) == [f"Письмо {n}" for n in range(60)]
    assert server.count(criterion="UNSEEN") == 60
    server.put(*letters(2, start=60))
    assert fetch_once(server) == 2


def test_what_a_person_read_or_deleted_does_not_matter(server: Dovecot) -> None:
    """Progress is by UID: marks hide nothing, gaps confuse nothing."""
    server.put(*letters(5))
    with server.open() as client:
        client.store("1:2", "+FLAGS", "\\Seen")
        client.store("3", "+FLAGS", "\\Deleted")
        client.expunge()
    assert fetch_once(server) == 4
    server.put(*letters(1, start=9))
    assert fetch_once(server) == 1


@pytest.mark.parametrize(("after", "seen", "left"), [(KEEP, 0, 3), (SEEN, 3, 3), (MOVE, 0, 0)])
def test_what_happens_on_the_server(server: Dovecot, after: str, seen: int, left: int) -> None:
    """As the settings say, after our commit, and once."""
    server.put(*letters(3))
    for _round in range(2):
        fetch_once(server, after_import=after, move_to="Отклик/Готово")
    assert Inbound.objects.count() == 3
    assert (server.count(criterion="SEEN"), server.count()) == (seen, left)
    if after == MOVE:
        assert server.count(f'"{utf7_encode("Отклик.Готово").decode()}"') == 3


def test_nothing_is_touched_before_the_commit(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store cannot take it: no mark, no move; afterwards everything comes."""
    server.put(*letters(3))

    def full(_items: Any) -> Any:
        raise StoreUnavailable("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(fetch, "store_raw", full)
        with pytest.raises(StoreUnavailable):
            fetch_once(server, after_import=MOVE)
    assert (server.count(criterion="UNSEEN"), Inbound.objects.count()) == (3, 0)
    assert fetch_once(server, after_import=SEEN) == 3


def test_a_crash_between_store_and_note_is_harmless(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mails are recognised when they come again."""
    server.put(*letters(3))

    def die(*_args: Any, **_named: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Fetcher, "_remember", die)
        with pytest.raises(KeyboardInterrupt):
            fetch_once(server)
    assert Inbound.objects.count() == 3
    assert fetch_once(server) == 3
    assert (Inbound.objects.count(), ImapMessage.objects.count()) == (3, 3)


def test_a_server_that_refuses_marks_makes_no_second_mail(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    """STORE answered NO, again and again: one ticket each."""
    server.put(*letters(2))

    def no(*_args: Any) -> None:
        raise Refused("NO")

    monkeypatch.setattr(ImapFolder, "mark_seen", no)
    for _round in range(5):
        fetch_once(server, after_import=SEEN)
    assert Inbound.objects.count() == 2
    assert not ImapMessage.objects.filter(after_done=True).exists()


def test_another_uidvalidity_is_a_safe_rescan(server: Dovecot) -> None:
    """The server numbers anew: everything is looked at again, nothing comes twice."""
    server.put(*letters(4))
    fetch_once(server)
    server.forget_uids()
    server.put(*letters(1, start=4))
    fetch_once(server)
    assert Inbound.objects.count() == 5
    assert len(set(ImapMessage.objects.values_list("uidvalidity", flat=True))) == 2


def test_a_message_that_cannot_be_had_stops_nobody(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three attempts, then it stands in the ledger; its neighbours came at once."""
    server.put(*letters(5))
    honest = ImapFolder.bodies

    def bodies(self: ImapFolder, uids: list[int]) -> dict[int, bytes]:
        if 3 in uids:
            raise Refused("NO internal error")
        return honest(self, uids)

    monkeypatch.setattr(ImapFolder, "bodies", bodies)
    assert fetch_once(server) == 4
    for _round in range(4):
        fetch_once(server)
    settle_now(None, read_here)
    assert sorted(Inbound.objects.values_list("state", "reason")) == [("failed", "not_fetched")] + [("ticket", "")] * 4


def test_too_large_stays_there_and_is_shown(server: Dovecot) -> None:
    """Its size is asked before its body; the head stands in the ledger as held."""
    set_value("mail_most_size_mb", 1, by=Actor.system())
    server.put(mail(subject="Большое", text="x" * 70 + "\n" * 1) + b"y" * 1_100_000, *letters(1))
    assert fetch_once(server) == 2
    settle_now(None, read_here)
    row = Inbound.objects.get(reason="too_large")
    assert (row.state, row.subject) == ("quarantined", "Большое")
    assert row.size < 10_000
    assert Ticket.objects.count() == 1


def test_old_mail_is_deleted_only_when_asked_and_done(server: Dovecot) -> None:
    """Days after it came to its end, and never what failed."""
    server.put(*letters(3))
    fetch_once(server, after_import=DELETE, delete_after_days=0)
    assert server.count() == 3
    settle_now(None, read_here)
    Inbound.objects.filter(pk=Inbound.objects.latest("pk").pk).update(state="failed")
    fetch_once(server, after_import=DELETE, delete_after_days=0)
    assert server.count() == 1


def connect(server: Dovecot, **changes: Any) -> Connection:
    """Connect the mailbox as an administrator does."""
    config, secret = mailbox.dump(settings_for(server, **changes))
    return save_connection(support(), config=config, secret=secret, by=Actor.system())


class _Watched:
    """A watcher in a thread of its own."""

    def __init__(self, connection: Connection, **options: Any) -> None:
        self.stop = threading.Event()
        self.watcher = Watcher(connection.pk, connection.channel_id, mailbox.read(connection), self.stop, **options)
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.watcher.run()
        finally:
            connections.close_all()

    def __enter__(self) -> "_Watched":
        self.thread.start()
        return self

    def __exit__(self, *_reason: object) -> None:
        self.stop.set()
        self.thread.join(20)


@threads
def test_news_come_by_themselves(server: Dovecot) -> None:
    """IDLE: no wait for the next look; the health says that it works."""
    connection = connect(server)
    with _Watched(connection, poll_seconds=3600):
        wait_until(lambda: Connection.objects.get().state == "ok", what="the first look")
        server.put(*letters(1))
        wait_until(lambda: Inbound.objects.count() == 1, timeout=10, what="the announced mail")


@threads
def test_a_server_that_goes_away_in_the_middle(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    """What had come is kept, the health tells it, and the rest comes when the server is back."""
    monkeypatch.setattr("otklik.channels.email.imap.service.back_off", lambda *_a, **_k: _Short())
    monkeypatch.setattr(fetch, "GROUP", 5)
    server.put(*letters(20))
    connection = connect(server)
    count = 0
    true_store = store.store_raw

    def cut(items: Any) -> Any:
        nonlocal count
        count += 1
        if count == 2:
            server.stop()
        return true_store(items)

    monkeypatch.setattr(fetch, "store_raw", cut)
    with _Watched(connection, poll_seconds=1):
        wait_until(lambda: Connection.objects.get().state == "failing", what="the failure to be told")
        assert Connection.objects.get().last_error in {"broke", "no_mail_server", "slow"}
        again = dovecot.start(server.folder, port=server.port)
        try:
            wait_until(lambda: Inbound.objects.count() == 20, timeout=30, what="the rest of the mail")
            wait_until(lambda: Connection.objects.get().state == "ok", what="the recovery to be told")
        finally:
            again.stop()


class _Short:
    @staticmethod
    def total_seconds() -> float:
        return 0.05


def test_a_wrong_password_is_said_in_plain_words(server: Dovecot) -> None:
    """The code is one of the connection test's."""
    wrong = Server("127.0.0.1", server.port, "none", dovecot.USER, "guess")
    with pytest.raises(ImapError) as caught, ImapFolder(wrong, "INBOX", writable=False, timeout=20):
        pass
    assert caught.value.code == "password"
    with pytest.raises(ImapError) as caught, ImapFolder(server.server, "Нет такой", writable=False, timeout=20):
        pass
    assert caught.value.code == "no_folder"


@threads
def test_two_watchers_of_one_mailbox_fetch_once(server: Dovecot) -> None:
    """The lease gives it to one of them; the constraint below holds anyway."""
    connection = connect(server)
    server.put(*letters(10))
    with _Watched(connection, poll_seconds=1), _Watched(connection, poll_seconds=1):
        wait_until(lambda: ImapMessage.objects.count() == 10, what="all mails")
    assert Inbound.objects.count() == 10
    assert sum(Inbound.objects.values_list("copies", flat=True)) == 0
