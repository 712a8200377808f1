"""What is no fault of a mail is waited for as long as it lasts: the mail keeps all its tries and comes to its end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils.translation import override

from otklik.channels.email import intake, loop
from otklik.channels.email.actions import finishing
from otklik.channels.email.backlog import Backlog, Fresh
from otklik.channels.email.intake import MOST_DEATHS, read, take
from otklik.channels.email.ledger_words import steps_of
from otklik.channels.email.loop import IntakeLoop, settle_now
from otklik.channels.email.models import Inbound
from otklik.channels.email.store import RawMail, store_raw
from otklik.channels.email.tests.mails import mail, read_here, support
from otklik.core.blobs import Blob, BlobAway, StorageFull
from otklik.core.clock import now

pytestmark = pytest.mark.django_db

MANY = MOST_DEATHS + 5


def raises(error: Exception) -> Callable[..., Any]:
    """Return a function that always raises ``error``."""

    def refuse(*_args: Any, **_named: Any) -> Any:
        raise error

    return refuse


def again() -> Inbound:
    """Let the time of the mail come, have it taken in, return it."""
    Inbound.objects.update(run_at=now())
    settle_now(None, read_here)
    return Inbound.objects.get()


def waits(patch: pytest.MonkeyPatch, place: Any, name: str, error: Exception) -> Inbound:
    """Store a mail and let it meet the trouble many times."""
    store_raw([RawMail(support().pk, mail())])
    with patch.context() as trouble:
        trouble.setattr(place, name, raises(error))
        for _time in range(MANY):
            row = again()
            assert row.state == "waiting", row.steps
            assert row.run_at <= now() + timedelta(minutes=10)
    return row


TROUBLES = [
    pytest.param(intake, "prepare_all", StorageFull(), "storage-full", "Ожидание места на диске", id="full"),
    pytest.param(intake, "prepare_all", OSError(5, "EIO"), "OSError", "Ожидание: дело не в письме", id="disk"),
    pytest.param(finishing, "receive", StorageFull(), "storage-full", "Ожидание места на диске", id="full-in-writing"),
    pytest.param(Blob, "read", BlobAway(), "store-away", "Ожидание файлового хранилища", id="store"),
    pytest.param(Blob, "read", OSError(28, "ENOSPC"), "OSError", "Ожидание: дело не в письме", id="no-copy"),
]


@pytest.mark.parametrize(("place", "name", "error", "code", "words"), TROUBLES)
def test_a_long_trouble_ends_no_mail(
    place: Any, name: str, error: Exception, code: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is waited for: one step tells it, and the mail becomes a ticket when it is over."""
    row = waits(monkeypatch, place, name, error)
    assert row.attempts == 0
    assert [[step, facts] for step, facts, _at in row.steps[1:]] == [["waited", {"error": code, "count": MANY}]]
    assert row.run_at > now() + timedelta(minutes=5)
    for language, title in (("ru", words), ("en", "Waited")):
        with override(language):
            line = steps_of(row)[2]
            assert line["title"].startswith(title)
            assert not line["bad"]
            assert f"{MANY} " in line["small"]
    assert again().state == "ticket"


@pytest.mark.parametrize(("place", "name", "error", "code", "words"), TROUBLES)
def test_after_it_a_real_error_gets_its_three_tries(
    place: Any, name: str, error: Exception, code: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waits between them count as little as those before."""
    waits(monkeypatch, place, name, error)
    with monkeypatch.context() as bug:
        bug.setattr(finishing, "receive", raises(ZeroDivisionError()))
        assert [again().state, again().state] == ["waiting", "waiting"]
    with monkeypatch.context() as trouble:
        trouble.setattr(place, name, raises(error))
        assert again().state == "waiting"
    monkeypatch.setattr(finishing, "receive", raises(ZeroDivisionError()))
    row = again()
    assert (row.state, row.reason, row.last_error) == ("failed", "error", "ZeroDivisionError")


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the connection, which holds the transaction of the test."""
    monkeypatch.setattr(loop, "close_old_connections", lambda: None)


@pytest.mark.usefixtures("kept")
def test_a_database_that_will_not_write_ends_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails can be claimed and not written, again and again."""
    store_raw([RawMail(support().pk, mail())])
    writing = IntakeLoop(read_here, shared=Backlog())
    with monkeypatch.context() as trouble:
        trouble.setattr(loop, "LEASE", timedelta(0))
        trouble.setattr(loop, "settle", raises(OperationalError("disk I/O error")))
        for _time in range(MANY):
            Inbound.objects.update(run_at=now())
            writing._write(read(take("here"), read_here))
    row = Inbound.objects.get()
    assert (row.state, row.attempts, row.last_error) == ("waiting", 0, "database")
    assert row.steps[-1][:2] == ["waited", {"error": "database", "count": MANY}]
    assert again().state == "ticket"


@pytest.mark.usefixtures("kept")
def test_a_mail_that_was_put_off_is_not_put_off_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database goes away after a wait was noted: the group's next try leaves that mail out."""
    store_raw([RawMail(support().pk, mail(text=text)) for text in ("one", "two")])
    true_settle, tries = intake.settle, []

    def settle(mails: Any) -> Any:
        tries.append([one.row.pk for one in mails])
        if len(tries) == 1:
            intake.failed(mails[0].row, StorageFull())
            raise OperationalError
        return true_settle(mails)

    monkeypatch.setattr(loop, "settle", settle)
    monkeypatch.setattr(loop.time, "sleep", lambda _seconds: None)
    rows, shared = take("here"), Backlog()
    shared.add([Fresh(row, None) for row in rows])
    IntakeLoop(read_here, shared=shared)._write(read(rows, read_here))
    assert shared.waiting == 0
    assert tries == [[rows[0].pk, rows[1].pk], [rows[1].pk]]
    assert [row.state for row in Inbound.objects.order_by("pk")] == ["waiting", "ticket"]


def test_what_an_intake_held_when_the_database_went_is_due_when_it_is_back() -> None:
    """Its loop begins anew under the same name: nothing waits for the end of a lease; what others hold is theirs."""
    store_raw([RawMail(support().pk, mail(text=text)) for text in ("ours", "theirs")])
    ours, theirs = take("here", limit=1), take("there", limit=1)
    loop.release_leftovers("here")
    free = Inbound.objects.filter(run_at__lte=now())
    assert ours[0].pk in {row.pk for row in free}
    assert (theirs[0].pk in {row.pk for row in free}) == (connection.vendor == "sqlite")
