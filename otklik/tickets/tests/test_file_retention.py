"""The rule of retention: files of tickets closed long ago go, and everybody is told what was there."""

from datetime import timedelta
from typing import Any

import pytest

from otklik.channels.email.actions.retention import remove_letter_files
from otklik.channels.email.models import Delivery, Outgoing, OutgoingFile
from otklik.channels.email.outbox.assemble import FileMissing, bytes_of
from otklik.core.blobs import put_blob
from otklik.core.blobs.models import Blob
from otklik.core.blobs.sweeping import sweep
from otklik.core.clock import now
from otklik.core.events import Event
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets.actions.retention import Removed, count_removable, remove_old_files
from otklik.tickets.app_settings import FILES_DAYS
from otklik.tickets.models import Attachment, Message, Status, Ticket
from otklik.tickets.presenters.thread import present_file

pytestmark = pytest.mark.django_db


def closed(
    company: People, days: int, *, name: str = "act.pdf", kind: str = "application/pdf", **more: Any
) -> Attachment:
    """A file of a ticket that was closed so many days ago."""
    ticket = company.ticket()
    at = now() - timedelta(days=days)
    Ticket.objects.filter(pk=ticket.pk).update(closed_at=at, status=Status.objects.get(key="closed"))
    content = f"{name} {days}".encode()
    return Attachment.objects.create(
        message=Message.objects.filter(ticket=ticket).earliest("pk"), ticket=ticket, blob=put_blob(content), name=name,
        content_type=kind, size=len(content), created_at=at, **more,
    )  # fmt: skip


def keep_for(company: People, days: int) -> None:
    set_value(FILES_DAYS, days, company.actor(company.admin))


def test_nothing_goes_without_a_setting(company: People) -> None:
    closed(company, 9000)
    assert remove_old_files() == 0
    assert count_removable(0) == Removed()


def test_old_files_of_closed_tickets_go_and_their_facts_stay(company: People) -> None:
    old, fresh = closed(company, 31), closed(company, 29)
    opened = closed(company, 400)
    Ticket.objects.filter(pk=opened.ticket_id).update(status=Status.objects.get(key="open"))
    upload = Attachment.objects.create(
        blob=put_blob(b"mine"), name="u", content_type="x", size=4, uploaded_by=company.anna,
        created_at=now() - timedelta(days=900),
    )  # fmt: skip
    digest = old.content.sha256
    keep_for(company, 30)
    assert count_removable(30) == Removed(1, old.size)
    assert remove_old_files() == 1
    old.refresh_from_db()
    assert (old.blob, old.sha256, old.name) == (None, digest, "act.pdf")
    assert old.removed_at is not None
    for kept in (fresh, opened, upload):
        kept.refresh_from_db()
        assert kept.blob is not None
    event = Event.objects.get(kind="files.removed")
    assert event.data == {"files": 1, "size": old.size, "days": 30}
    assert remove_old_files() == 0  # again: nothing is left, and nothing is told
    assert Event.objects.filter(kind="files.removed").count() == 1


def test_it_goes_by_slices_and_bytes_are_swept_when_nobody_needs_them(
    company: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otklik.tickets.actions.retention.SLICE", 2)
    rows = [closed(company, 50, name=f"{number}.pdf") for number in range(5)]
    shared = closed(company, 1, name="shared.pdf")
    Attachment.objects.filter(pk=shared.pk).update(blob=rows[0].blob)
    keep_for(company, 30)
    assert remove_old_files() == 5
    Blob.objects.update(seen_at=now() - timedelta(days=3))
    sweep()
    left = set(Blob.objects.values_list("pk", flat=True))
    assert rows[0].blob_id in left  # another ticket has the same file
    assert not {row.blob_id for row in rows[1:]} & left


def test_a_ticket_opened_at_the_last_moment_keeps_its_file(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    from otklik.tickets.actions import retention

    row = closed(company, 50)
    keep_for(company, 30)
    real = retention._remove

    def opens(rows: list[Attachment], days: int) -> list[Attachment]:
        Ticket.objects.filter(pk=row.ticket_id).update(status=Status.objects.get(key="open"))
        return real(rows, days)

    monkeypatch.setattr(retention, "_remove", opens)
    assert remove_old_files() == 0
    row.refresh_from_db()
    assert row.blob is not None


def test_card_paper_and_pages_say_since_when_it_is_gone(company: People) -> None:
    file = closed(company, 50)
    picture = closed(company, 50, name="photo.png", kind="image/png")
    keep_for(company, 30)
    remove_old_files()
    browser = desk_client(company.admin)
    card = browser.get(f"/tickets/{file.ticket_id}/").content.decode()
    assert "удалено" in card
    assert "act.pdf" in card
    assert f"/attachments/{file.token}/" not in card
    gone = browser.get(f"/attachments/{file.token}/act.pdf")
    assert gone.status_code == 410
    assert "по правилу хранения" in gone.content.decode()
    drawn = browser.get(f"/attachments/{picture.token}/photo.png")
    assert (drawn.status_code, drawn["Content-Type"], drawn["Cache-Control"]) == (
        410,
        "image/svg+xml",
        "private, no-store",
    )
    assert b"<svg" in drawn.content
    picture.refresh_from_db()
    assert present_file(picture)["picture"] is False
    assert desk_client().get(f"/attachments/{file.token}/act.pdf").status_code == 302


def test_programs_get_410_and_a_marked_field(company: People) -> None:
    from otklik.accounts import actions as accounts

    file = closed(company, 50)
    keep_for(company, 30)
    remove_old_files()
    token = accounts.create_token(company.admin, name="bot", scopes=["read"], by=company.actor(company.admin))
    plain = token[1] if isinstance(token, tuple) else token
    headers = {"Authorization": f"Bearer {plain}"}
    browser = desk_client()
    assert browser.get(f"/api/v1/attachments/{file.pk}", headers=headers).status_code == 410
    told = browser.get(f"/api/v1/tickets/{file.ticket_id}/messages", headers=headers).json()
    (shown,) = told["items"][0]["attachments"]
    assert shown["name"] == "act.pdf"
    assert shown["removed_at"] is not None


def test_letters_keep_theirs_until_they_are_out(company: People) -> None:
    keep_for(company, 30)
    ticket = closed(company, 50).ticket
    at = now() - timedelta(days=60)
    files = []
    for number in (1, 2):
        mail = Outgoing.objects.create(
            message_id=f"<{number}@x>", kind="reply", channel=company.mailbox, ticket=ticket,
            from_address="a@b.example", created_at=at,
        )  # fmt: skip
        files.append(OutgoingFile.objects.create(outgoing=mail, blob=put_blob(b"x"), name="f", content_type="y"))
    Delivery.objects.create(
        outgoing=files[0].outgoing, channel=company.mailbox, recipient="c@d.example", run_at=now(), first_queued_at=at
    )
    assert remove_letter_files() == 1
    assert remove_letter_files() == 0
    files[0].refresh_from_db()
    assert files[0].blob is not None
    with pytest.raises(FileMissing):
        bytes_of(files[1].outgoing)


def test_the_settings_page_says_what_would_go(company: People) -> None:
    closed(company, 50)
    browser = desk_client(company.admin)
    assert "/settings/files-preview/" in browser.get("/settings/desk/").content.decode()
    assert (
        "Сейчас был бы удалён 1 файл"
        in browser.get("/settings/files-preview/", {"value.files_days": "30"}).content.decode()
    )
    assert "0 файлов" in browser.get("/settings/files-preview/", {"value.files_days": "90"}).content.decode()
    for value in ("0", "", "-1", "x", "9" * 20):
        assert browser.get("/settings/files-preview/", {"value.files_days": value}).content == b""
    assert desk_client(company.anna).get("/settings/files-preview/", {"value.files_days": "30"}).status_code == 404
    assert Attachment.objects.get().blob is not None
