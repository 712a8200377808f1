"""Uploads that no message took go after a day; what somebody is still writing keeps its own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.db import connections, transaction

from otklik.core.blobs import Blob, sweep
from otklik.core.clock import now
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.drafting import save_draft
from otklik.tickets.actions.sending import schedule_reply, send_reply, undo_reply
from otklik.tickets.actions.unsent import remove_unsent
from otklik.tickets.models import Attachment, Draft, Step
from otklik.tickets.tasks import empty_bin

LATER = timedelta(hours=25)


def _upload(company: People, name: str = "a.bin") -> Attachment:
    by = company.actor(company.anna)
    return actions.upload(BytesIO(name.encode() * 100), name=name, content_type="", size=600, by=by)


def test_an_upload_that_nobody_sent_goes_after_a_day_with_its_bytes(company: People) -> None:
    file = _upload(company)
    assert remove_unsent() == 0
    with time_machine.travel(now() + LATER):
        empty_bin.call()
        assert remove_unsent() == 0
    assert not Attachment.objects.filter(pk=file.pk).exists()
    with time_machine.travel(now() + timedelta(days=30)):
        sweep()
    assert not Blob.objects.exists()


def test_what_is_sent_or_still_being_written_stays(company: People) -> None:
    anna, ticket = company.actor(company.anna), company.ticket()
    sent, drafted, shown, waiting, undone, lost = (_upload(company, f"{number}.bin") for number in range(6))
    actions.reply(ticket, body_text="Вот", attachments=[sent.pk], by=anna)
    picture = f'<img src="/attachments/{shown.token}/2.bin">'
    save_draft(ticket, mode="note", text=picture, attachments=[drafted.pk], by=anna)
    schedule_reply(ticket, send_at=now() + timedelta(days=3), body_text="Позже", attachments=[waiting.pk], by=anna)
    _message, step = send_reply(ticket, body_text="Ой", attachments=[undone.pk], by=anna)
    assert step is not None
    undo_reply(step, by=anna)
    with time_machine.travel(now() + LATER):
        assert remove_unsent() == 1
    assert set(Attachment.objects.all()) == {sent, drafted, shown, waiting, undone}
    assert not Attachment.objects.filter(pk=lost.pk).exists()
    Draft.objects.all().delete()
    Step.objects.all().delete()
    with time_machine.travel(now() + LATER):
        assert remove_unsent() == 3
    assert set(Attachment.objects.all()) == {sent, waiting}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_draft_that_is_being_saved_keeps_its_file(company: People) -> None:
    ticket, file = company.ticket(), _upload(company)
    Attachment.objects.update(created_at=now() - LATER)

    def look() -> int:
        try:
            return remove_unsent()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            save_draft(ticket, mode="note", text="Вот", attachments=[file.pk], by=company.actor(company.anna))
            looking = pool.submit(look)
            while not _is_waited_for():
                assert not looking.done()
        assert looking.result() == 0
    assert Draft.objects.get().attachments == [file.pk]
    assert Attachment.objects.filter(pk=file.pk).exists()


def _is_waited_for() -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])
