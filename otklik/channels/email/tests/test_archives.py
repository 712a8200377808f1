"""Archives of old mail: read safely, looked through first, taken in once, stopped anywhere."""

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from otklik.channels.email import archives
from otklik.channels.email.actions import archives as actions
from otklik.channels.email.archives import BadArchive, date_of, messages_of
from otklik.channels.email.models import ArchiveState, Inbound, MailArchive, Source
from otklik.channels.email.outbox.storage import blobs_of_archives
from otklik.channels.email.store import StoreUnavailable
from otklik.core.errors import Conflict, Forbidden, Invalid, TooLarge
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.testing.tools import desk_client

PAGE = "/settings/mailboxes/archives/"


def mail(number: int, to: str = "support@desk.example", day: int = 5) -> bytes:
    return (
        f"From: clara@berezka.example\r\nTo: {to}\r\nSubject: Fridge {number}\r\n"
        f"Message-ID: <{number}@berezka.example>\r\nDate: Fri, {day:02} Jun 2026 12:10:00 +0300\r\n\r\n"
        f"hello {number}\r\n"
    ).encode()


def mbox(*mails: bytes) -> bytes:
    return b"".join(b"From clara@berezka.example Fri Jun  5 12:10:00 2026\n" + one + b"\n" for one in mails)


def zipped(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def read(content: bytes, name: str = "a", most: int = 10_000) -> list[tuple[str, bytes]]:
    return list(messages_of(io.BytesIO(content), name, most))


def add(company: People, content: bytes, *, name: str = "old.mbox", **more: Any) -> MailArchive:
    values = {"channel": None, "by": company.actor(company.admin), "size": len(content), **more}
    row = actions.add_archive(io.BytesIO(content), name=name, **values)
    actions.count_archive(row.pk)
    row.refresh_from_db()
    return row


def take(company: People, row: MailArchive) -> MailArchive:
    assert actions.start_archive(row, by=company.actor(company.admin))
    actions.take_archive(row.pk)
    row.refresh_from_db()
    return row


def test_an_mbox_an_eml_and_a_zip_are_read_alike() -> None:
    assert [name for name, _raw in read(mbox(mail(1), mail(2)), "x.mbox")] == ["x.mbox#1", "x.mbox#2"]
    assert read(mail(3), "one.eml") == [("one.eml", mail(3))]
    quoted = mbox(b"Subject: q\r\n\r\n>From here\r\n")
    assert b"\nFrom here" in read(quoted)[0][1]
    box = zipped(**{
        "Maildir/cur/2": mail(2), "Maildir/new/1": mail(1), "Maildir/tmp/9": mail(9), "Maildir/dovecot.index": b"x",
        "notes/a.eml": mail(3), "b.mbox": mbox(mail(4), mail(5)),
    })  # fmt: skip
    assert [name for name, _raw in read(box)] == [
        "Maildir/cur/2",
        "Maildir/new/1",
        "b.mbox#1",
        "b.mbox#2",
        "notes/a.eml",
    ]


def test_what_is_too_large_is_cut_and_never_held_whole() -> None:
    huge = b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n"
    (cut,) = read(huge, most=50)
    assert len(cut[1]) == 51
    first, second = read(mbox(huge * 20, mail(2)), most=50)
    assert 50 < len(first[1]) < 200
    assert second[1]


def test_a_bomb_and_a_broken_zip_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped(**{"cur/1": b"\0" * 200_000, "cur/2": b"\0" * 200_000})
    monkeypatch.setattr(archives, "MOST_UNPACKED", 250_000)
    with pytest.raises(BadArchive) as raised:
        read(bomb, most=1_000_000)
    assert raised.value.code == "huge"
    monkeypatch.setattr(archives, "MOST_ENTRIES", 1)
    with pytest.raises(BadArchive) as raised:
        read(bomb)
    assert raised.value.code == "huge"
    for broken in (bomb[:-30], b"PK\x03\x04" + b"\0" * 100):
        with pytest.raises(BadArchive) as raised:
            read(broken)
        assert raised.value.code == "damaged"


@pytest.mark.parametrize(
    ("head", "year"),
    [
        (b"Date: Fri, 05 Jun 2026 12:10:00 +0300\r\n", 2026),
        (b"date:\r\n Fri, 05 Jun 2026 12:10:00 -0000\r\n", 2026),
        (b"Date: yesterday\r\n", None),
        (b"Date: Fri, 99 Jun 99999 12:10:00 +0300\r\n", None),
        (b"X: y\r\n", None),
    ],
)
def test_dates_of_any_sort(head: bytes, year: int | None) -> None:
    found = date_of(head + b"\r\nDate: Fri, 05 Jun 2020 12:10:00 +0300\r\n")
    assert (found.year if found else None) == year


@pytest.mark.django_db
def test_it_is_looked_through_before_anything_is_taken(company: People) -> None:
    row = add(company, mbox(mail(1, day=5), mail(2, day=9), mail(3, to="nobody@elsewhere.example")))
    assert (row.state, row.total, row.unplaced) == (ArchiveState.READY, 3, 1)
    assert row.first_at is not None
    assert row.last_at is not None
    assert (row.first_at.day, row.last_at.day) == (5, 9)
    assert not Inbound.objects.exists()
    assert actions.count_archive(row.pk) == 0  # again: it is counted already
    assert blobs_of_archives([row.blob_id]) == {row.blob_id}


@pytest.mark.django_db
def test_it_is_taken_once_and_told(company: People) -> None:
    row = take(company, add(company, mbox(mail(1), mail(2), mail(3, to="nobody@elsewhere.example"))))
    assert (row.state, row.taken, row.known, row.refused) == (ArchiveState.DONE, 2, 0, 1)
    assert row.problems == [["old.mbox#3", "no_mailbox"]]
    assert row.blob is None
    assert {mail.source for mail in Inbound.objects.all()} == {Source.FILE}
    assert not actions.start_archive(row, by=company.actor(company.admin))
    assert actions.take_archive(row.pk) == 0
    again = take(company, add(company, mbox(mail(1), mail(2), mail(4)), channel=company.mailbox))
    assert (again.taken, again.known) == (1, 2)
    kinds = list(Event.objects.filter(kind__startswith="mailbox.archive").order_by("id").values_list("kind", flat=True))
    assert kinds == ["mailbox.archive_started", "mailbox.archive_ended"] * 2
    log = desk_client(company.admin).get("/settings/log/", {"area": "channels"}).content.decode()
    assert "old.mbox" in log


@pytest.mark.django_db
def test_a_chosen_mailbox_takes_what_names_none(company: People) -> None:
    row = take(company, add(company, mail(1, to="x@elsewhere.example"), name="one.eml", channel=company.mailbox))
    assert (row.taken, row.refused) == (1, 0)
    assert Inbound.objects.get().channel == company.mailbox


@pytest.mark.django_db
def test_what_was_cut_off_goes_on_where_it_was(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "GROUP", 2)
    row = add(company, mbox(*(mail(number) for number in range(1, 6))))
    actions.start_archive(row, by=company.actor(company.admin))
    real, calls = actions.files.take, []

    def fails(mails: Any) -> Any:
        calls.append(len(mails))
        if len(calls) == 2:
            raise StoreUnavailable("disk full")
        return real(mails)

    monkeypatch.setattr(actions.files, "take", fails)
    with pytest.raises(StoreUnavailable):
        actions.take_archive(row.pk)
    row.refresh_from_db()
    assert (row.state, row.position, row.taken) == (ArchiveState.RUNNING, 2, 2)
    actions.take_archive(row.pk)
    row.refresh_from_db()
    assert (row.state, row.position, row.taken, row.known) == (ArchiveState.DONE, 5, 5, 0)


@pytest.mark.django_db
def test_a_stop_is_heard_between_two_groups(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "GROUP", 1)
    admin = company.actor(company.admin)
    row = add(company, mbox(mail(1), mail(2), mail(3)))
    actions.start_archive(row, by=admin)
    real = actions.files.take

    def stops(mails: Any) -> Any:
        actions.stop_archive(row, by=admin)
        return real(mails)

    monkeypatch.setattr(actions.files, "take", stops)
    actions.take_archive(row.pk)
    row.refresh_from_db()
    assert (row.state, row.taken, Inbound.objects.count()) == (ArchiveState.STOPPED, 1, 1)
    assert not actions.stop_archive(row, by=admin)
    assert Event.objects.filter(kind="mailbox.archive_ended").count() == 1


@pytest.mark.django_db
def test_one_at_a_time_and_a_dropped_one_makes_room(company: People) -> None:
    row = add(company, mail(1))
    with pytest.raises(Conflict):
        add(company, mail(2))
    assert actions.stop_archive(row, by=company.actor(company.admin))
    row.refresh_from_db()
    assert (row.state, row.blob) == (ArchiveState.DROPPED, None)
    assert add(company, mail(2)).state == ArchiveState.READY


@pytest.mark.django_db
@pytest.mark.parametrize(("content", "code"), [(b"PK\x03\x04rubbish", "damaged"), (zipped(readme=b"x"), "empty")])
def test_what_cannot_be_read_says_why(company: People, content: bytes, code: str) -> None:
    row = add(company, content, name="box.zip")
    assert (row.state, row.error, row.blob) == (ArchiveState.FAILED, code, None)
    page = desk_client(company.admin).get(f"{PAGE}{row.pk}/").content.decode()
    assert "Не удалось" in page or "поврежд" in page or "нет писем" in page


@pytest.mark.django_db
def test_sizes_and_rights(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid):
        add(company, b"")
    with pytest.raises(TooLarge):
        add(company, b"x", size=actions.MOST_MB * 1024 * 1024 + 1)
    row = add(company, mail(1))
    vera = company.actor(company.vera)
    for act in (
        lambda: actions.add_archive(io.BytesIO(b"x"), name="x", size=1, channel=None, by=vera),
        lambda: actions.start_archive(row, by=vera),
        lambda: actions.stop_archive(row, by=vera),
    ):
        with pytest.raises(Forbidden):
            act()
    browser = desk_client(company.vera)
    assert browser.get(PAGE).status_code == browser.get(f"{PAGE}{row.pk}/").status_code == 404
    assert browser.post(f"{PAGE}{row.pk}/start/").status_code == 404


@pytest.mark.django_db
def test_the_pages(company: People) -> None:
    browser = desk_client(company.admin)
    assert "Выберите файл" in browser.post(PAGE, {"channel": ""}).content.decode()
    file = SimpleUploadedFile("<b>old.mbox", mbox(mail(1), mail(2)))
    assert browser.post(PAGE, {"file": file, "evil": "1"}).status_code == 422
    file.seek(0)
    assert browser.post(PAGE, {"file": file, "channel": "999999"}).status_code == 422
    file.seek(0)
    answer = browser.post(PAGE, {"file": file, "channel": str(company.mailbox.pk)})
    row = MailArchive.objects.get()
    assert answer["Location"] == f"{PAGE}{row.pk}/"
    page = browser.get(f"{PAGE}{row.pk}/").content.decode()
    assert 'hx-trigger="every 1s"' in page
    actions.count_archive(row.pk)
    part = browser.get(f"{PAGE}{row.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "5 июня 2026" in part
    assert "hx-trigger" not in part
    assert browser.post(f"{PAGE}{row.pk}/start/").status_code == 302
    actions.take_archive(row.pk)
    page = browser.get(f"{PAGE}{row.pk}/").content.decode()
    assert "Новых" in page
    assert "&lt;b&gt;old" in browser.get(PAGE).content.decode()
    assert browser.get(f"{PAGE}999999/").status_code == 404


@pytest.mark.django_db
def test_what_nobody_starts_is_dropped_and_what_ended_is_forgotten(company: People) -> None:
    from datetime import timedelta

    from otklik.core.clock import now

    row = add(company, mail(1))
    MailArchive.objects.update(made_at=now() - timedelta(days=8))
    assert actions.forget_archives() == 0
    row.refresh_from_db()
    assert (row.state, row.blob) == (ArchiveState.DROPPED, None)
    MailArchive.objects.update(made_at=now() - timedelta(days=91))
    assert actions.forget_archives() == 1
