"""A mail that its server cannot give, however that shows, stops no other and ends visibly as not fetched."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils.translation import override

from otklik.channels.actions import save_connection
from otklik.channels.email import mailbox
from otklik.channels.email.imap import service
from otklik.channels.email.imap.client import ImapFolder
from otklik.channels.email.imap.errors import ImapError
from otklik.channels.email.imap.fetch import MOST_ATTEMPTS, Fetcher
from otklik.channels.email.imap.service import Watcher
from otklik.channels.email.ledger_words import steps_of
from otklik.channels.email.loop import settle_now
from otklik.channels.email.mailbox import SEEN, MailboxConfig
from otklik.channels.email.models import ImapMessage, Inbound
from otklik.channels.email.tests import scripted_imap
from otklik.channels.email.tests.mails import mail, read_here, support
from otklik.channels.email.tests.scripted_imap import (
    BODY,
    CLOSE,
    HEAD,
    NIL,
    NO,
    NOTHING,
    QUOTED,
    SIZES,
    STALL,
    Scripted,
)
from otklik.channels.models import Connection
from otklik.core.actor import Actor
from otklik.core.settings_store import set_value
from otklik.testing.server import wait_until

pytestmark = pytest.mark.django_db

BAD = 3


def letter(uid: int) -> bytes:
    """Return the mail of a UID."""
    return mail(subject=f"Письмо {uid}", text=f"Текст {uid}")


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A server with six mails."""
    with scripted_imap.running({uid: letter(uid) for uid in range(1, 7)}) as made:
        yield made


def connect_once(server: Scripted) -> str:
    """Connect, fetch one round, hang up; return the trouble that ended it, or nothing."""
    settings = MailboxConfig(imap=server.server, after_import=SEEN)
    try:
        with ImapFolder(server.server, "INBOX", writable=True, timeout=0.3) as folder:
            Fetcher(support().pk, settings, folder).round()
    except ImapError as error:
        return error.code
    return ""


def subjects() -> set[str]:
    """Return what became tickets."""
    settle_now(None, read_here)
    return set(Inbound.objects.filter(state="ticket").values_list("subject", flat=True))


def all_but(*bad: int, last: int) -> set[str]:
    return {f"Письмо {uid}" for uid in range(1, last + 1) if uid not in bad}


WAYS = [
    pytest.param(BODY, CLOSE, "broke", "Сервер обрывает соединение на этом письме", id="closes-at-the-body"),
    pytest.param(BODY, STALL, "slow", "На этом письме сервер перестаёт отвечать", id="stalls-at-the-body"),
    pytest.param(BODY, NO, "", "Сервер отказывается отдать письмо", id="refuses-the-body"),
    pytest.param(BODY, NIL, "", "Сервер отвечает, но письма не отдаёт", id="answers-nil"),
    pytest.param(BODY, QUOTED, "", "Сервер отвечает, но письма не отдаёт", id="answers-a-string"),
    pytest.param(BODY, NOTHING, "", "Сервер отвечает, но письма не отдаёт", id="answers-nothing"),
    pytest.param(SIZES, CLOSE, "broke", "Сервер обрывает соединение на этом письме", id="closes-at-the-size"),
    pytest.param(SIZES, NO, "", "Сервер отказывается отдать письмо", id="refuses-the-size"),
    pytest.param(SIZES, NOTHING, "", "Сервер отвечает, но письма не отдаёт", id="tells-no-size"),
    pytest.param(HEAD, CLOSE, "broke", "Сервер обрывает соединение на этом письме", id="closes-at-the-head"),
    pytest.param(HEAD, NO, "", "Сервер отказывается отдать письмо", id="refuses-the-head"),
    pytest.param(HEAD, NIL, "", "Сервер отвечает, но письма не отдаёт", id="answers-nil-for-the-head"),
]


@pytest.mark.parametrize(("asked", "way", "trouble", "words"), WAYS)
def test_a_bad_mail_stops_no_other(server: Scripted, asked: str, way: str, trouble: str, words: str) -> None:
    """After three attempts it stands in the ledger with its reason; all others came, also those that came later."""
    set_value("mail_most_size_mb", 1, by=Actor.system())
    if asked == HEAD:
        server.mails[BAD] += b"y" * 1_100_000
    server.bad[BAD, asked] = way
    for _attempt in range(MOST_ATTEMPTS):
        assert connect_once(server) == trouble
        assert not Inbound.objects.filter(reason="not_fetched").exists()
        server.mails[max(server.mails) + 1] = letter(max(server.mails) + 1)
        settle_now(None, read_here)
    row = Inbound.objects.get(reason="not_fetched")
    assert (row.state, row.envelope["uid"]) == ("failed", BAD)
    with override("ru"):
        assert words in [line["title"] for line in steps_of(row)]
    fetched = len(server.asked)
    assert connect_once(server) == ""
    assert BAD not in {uid for _what, uids in server.asked[fetched:] for uid in uids}
    assert subjects() == all_but(BAD, last=9)
    assert server.seen == {1, 2, 4, 5, 6, 7, 8, 9}


def test_newer_mail_comes_before_the_bad_one_is_given_up(server: Scripted) -> None:
    """The second connection tells which one it is; from then on the bad one comes last."""
    server.bad[BAD, BODY] = CLOSE
    assert connect_once(server) == "broke"
    assert subjects() == set()
    assert connect_once(server) == "broke"
    assert subjects() == all_but(last=2)
    server.bad = {(BAD, BODY): STALL}
    server.mails[7] = letter(7)
    assert connect_once(server) == "slow"
    assert subjects() == all_but(BAD, last=7)


def test_several_bad_ones_each_end_by_themselves(server: Scripted) -> None:
    """Each breaks the connection; none takes a good one along."""
    server.bad = {(2, BODY): CLOSE, (5, BODY): CLOSE, (6, SIZES): NO}
    for _attempt in range(2 * MOST_ATTEMPTS):
        connect_once(server)
    assert connect_once(server) == ""
    assert subjects() == all_but(2, 5, 6, last=6)
    assert Inbound.objects.filter(reason="not_fetched").count() == 3


def test_a_line_that_broke_once_costs_nothing(server: Scripted) -> None:
    """Each of those in hand is asked for alone then, comes, and is marked on the server as any other."""
    server.bad[BAD, BODY] = CLOSE
    assert connect_once(server) == "broke"
    assert set(ImapMessage.objects.values_list("state", "attempts")) == {("broken", 1)}
    server.bad.clear()
    fetched = len(server.asked)
    assert connect_once(server) == ""
    assert [uids for what, uids in server.asked[fetched:] if what == BODY] == [[uid] for uid in range(1, 7)]
    assert subjects() == all_but(last=6)
    assert server.seen == set(range(1, 7))
    assert set(ImapMessage.objects.values_list("state", "after_done")) == {("stored", True)}
    assert set(ImapMessage.objects.values_list("inbound", flat=True)) == set(
        Inbound.objects.values_list("pk", flat=True)
    )


def test_a_date_that_there_is_not_stops_nothing(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail comes without it."""
    honest = Scripted._honest
    monkeypatch.setattr(
        Scripted, "_honest", lambda self, uid, what: honest(self, uid, what).replace(b"02-Nov-2026", b"02-Xxx-2026")
    )
    assert connect_once(server) == ""
    assert subjects() == all_but(last=6)


@pytest.mark.django_db(transaction=True)  # the watcher has a connection of its own
def test_the_watcher_gets_past_it_by_itself(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """It connects anew until the bad one is given up, and then the mailbox counts as working."""
    monkeypatch.setattr(service, "back_off", lambda *_attempts, **_limits: timedelta(milliseconds=10))
    server.bad[BAD, BODY] = CLOSE
    config, secret = mailbox.dump(MailboxConfig(imap=server.server))
    made, stop = save_connection(support(), config=config, secret=secret, by=Actor.system()), threading.Event()
    watcher = Watcher(made.pk, made.channel_id, mailbox.read(made), stop, poll_seconds=0.05)
    thread = threading.Thread(target=watcher.run)
    thread.start()
    try:
        wait_until(lambda: Connection.objects.get().state == "ok", what="a round without trouble")
    finally:
        stop.set()
        thread.join(20)
    assert subjects() == all_but(BAD, last=6)
    assert Inbound.objects.get(state="failed").reason == "not_fetched"
