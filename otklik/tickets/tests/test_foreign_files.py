"""A file of a ticket that one may not see is not there, by page and by API, and is answered like one that never was."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.core.actor import Actor
from otklik.core.blobs import Blob
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.models import Attachment


@pytest.fixture
def foreign(company: People) -> Attachment:
    """A file on a ticket of the other team."""
    vera = company.actor(company.vera)
    ticket = company.ticket(team=company.field)
    file = actions.upload(BytesIO(b"canary"), name="паспорт.pdf", content_type="application/pdf", size=6, by=vera)
    actions.reply(ticket, body_text="Вот", attachments=[file.pk], by=vera)
    set_value("agents_see", "teams", by=Actor.system())
    return file


def _program(company: People, who: Any) -> Client:
    _row, plain = accounts.create_token(who, name="t", scopes=[], by=company.actor(who))
    return Client(headers={"authorization": f"Bearer {plain}"})


def test_foreign_and_unknown_files_are_answered_alike(company: People, foreign: Attachment) -> None:
    unknown = "A" * len(foreign.token)
    assert desk_client(company.vera).get(f"/attachments/{foreign.token}/x").status_code == 200
    for browser in (desk_client(company.anna), desk_client(company.observer)):
        answers = [browser.get(f"/attachments/{token}/x") for token in (foreign.token, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content.replace(foreign.token.encode(), unknown.encode()) == answers[1].content
    for token in (foreign.token, unknown):
        answer = Client().get(f"/attachments/{token}/x")
        assert answer["Location"].startswith("/accounts/login/")
    program = _program(company, company.anna)
    one, other = (program.get(f"/api/v1/attachments/{pk}") for pk in (foreign.pk, foreign.pk + 1000))
    assert one.status_code == other.status_code == 404
    assert one.content == other.content
    assert Client().get(f"/api/v1/attachments/{foreign.pk}").status_code == 401


def test_a_foreign_file_goes_into_no_message(company: People, foreign: Attachment) -> None:
    ticket = company.ticket(team=company.desk)
    mine = actions.upload(BytesIO(b"x"), name="x", content_type="text/plain", size=1, by=company.actor(company.anna))
    answer = desk_client(company.anna).post(
        f"/tickets/{ticket.pk}/replies/",
        {"reply_text": "x", "attachments": [mine.pk, foreign.pk]},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 422
    mine.refresh_from_db()
    foreign.refresh_from_db()
    assert mine.message_id is None
    assert foreign.ticket_id != ticket.pk
    assert ticket.messages.count() == 1


def test_too_much_is_refused_and_leaves_nothing(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otklik.tickets.actions.files.LARGEST", 2000)
    large = SimpleUploadedFile("big.bin", b"x" * 2001, content_type="application/octet-stream")
    answer = desk_client(company.anna).post("/attachments/", {"file": large})
    assert answer.status_code == 413
    program = _program(company, company.anna)
    large.seek(0)
    assert program.post("/api/v1/attachments", {"file": large}).status_code == 413
    assert not Attachment.objects.exists()
    assert not Blob.objects.exists()
