"""Own notes are changed and taken away, what they said is for supervisors; time spent is counted."""

from io import BytesIO

import pytest
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.core.errors import Forbidden, Invalid, NotFound
from otklik.core.events import Event, timeline
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.actions.rewriting import edit_note, remove_note, restore_note
from otklik.tickets.actions.sending import send_reply, undo_reply
from otklik.tickets.actions.sides import Letter, open_side
from otklik.tickets.documents import of_messages
from otklik.tickets.models import Message, MessageVersion


def test_only_the_author_changes_his_note(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    note = actions.add_note(ticket, body_text="Код 1234", by=anna)
    for other in (company.boris, company.vera):
        with pytest.raises(Forbidden):
            edit_note(note, body_text="x", by=company.actor(other))
    with pytest.raises(NotFound):
        remove_note(note, by=company.actor(company.technician))
    reply = actions.reply(ticket, body_text="Клиенту", by=anna)
    with pytest.raises(Forbidden):
        edit_note(reply, body_text="x", by=anna)
    assert edit_note(note, body_text="Код 4321", by=anna)
    assert not edit_note(note, body_text="Код 4321", by=anna)
    assert Message.objects.get(pk=note.pk).body_text == "Код 4321"
    assert MessageVersion.objects.get().body_text == "Код 1234"
    assert Event.objects.filter(kind="note.edited").count() == 1


def test_taken_away_note_keeps_its_place_and_comes_back(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    note = actions.add_note(ticket, body_text="Лишнее", by=anna)
    assert remove_note(note, by=anna) is not None
    assert remove_note(note, by=anna) is None
    assert Message.objects.get(pk=note.pk).body_text == ""
    with pytest.raises(Invalid):
        edit_note(note, body_text="x", by=anna)
    assert restore_note(note, by=anna)
    assert not restore_note(note, by=anna)
    assert Message.objects.get(pk=note.pk).body_text == "Лишнее"
    assert [row.kind for row in timeline(1, ticket.pk)][-2:] == ["note.removed", "note.restored"]


def test_changed_note_tells_only_those_newly_called(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    note = actions.add_note(ticket, body_text="@Борис Кручинин", by=anna)
    edit_note(note, body_text="@Борис Кручинин и @Глеб Рощин", by=anna)
    told = [row.data["user_ids"] for row in Event.objects.filter(kind="note.mentioned").order_by("id")]
    assert told == [[company.boris.pk], [company.technician.pk]]


def test_former_text_is_for_supervisors(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    note = actions.add_note(ticket, body_text="Секретное слово", by=anna)
    own = Client(headers={"HX-Request": "true"})
    own.force_login(company.anna)
    url = f"/messages/{note.pk}/"
    assert "Секретное" in own.get(f"{url}note/").content.decode()
    assert own.post(f"{url}note/", {"body": "<p>Другое</p>", "format": "html"}).status_code == 204
    assert "/tickets/undo/" in own.delete(f"{url}note/")["HX-Trigger"]
    assert own.get(f"{url}versions/").status_code == 404
    page = own.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Секретное" not in page
    assert "Другое" not in page
    head = Client(headers={"HX-Request": "true"})
    head.force_login(company.vera)
    former = head.get(f"{url}versions/").content.decode()
    assert "Секретное" in former
    assert "Другое" in former
    assert head.get(f"{url}note/").status_code == 404


def test_time_spent_adds_up_and_goes_with_the_undo(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    actions.add_note(ticket, body_text="Смотрел", spent=600, by=anna)
    _message, step = send_reply(ticket, body_text="Ответ", spent=90, by=anna)
    ticket.refresh_from_db()
    assert ticket.spent_seconds == 690
    assert step is not None
    undo_reply(step, by=anna)
    ticket.refresh_from_db()
    assert ticket.spent_seconds == 600
    with pytest.raises(Invalid):
        actions.add_note(ticket, body_text="x", spent=100_000, by=anna)
    client = Client(headers={"HX-Request": "true"})
    client.force_login(company.anna)
    client.post(f"/tickets/{ticket.pk}/notes/", {"mode": "note", "note_text": "ещё", "spent": "3600"})
    assert "1 ч 10 мин" in client.get(f"/tickets/{ticket.pk}/").content.decode()


def test_files_of_a_note_that_was_taken_away_are_for_supervisors(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    kept = actions.upload(BytesIO(b"canary"), name="паспорт.pdf", content_type="application/pdf", size=6, by=anna)
    note = actions.add_note(ticket, body_text="Скан", attachments=[kept.pk], by=anna)
    _row, plain = accounts.create_token(company.anna, name="t", scopes=[], by=anna)
    program = Client(headers={"authorization": f"Bearer {plain}"})
    own, head, link = desk_client(company.anna), desk_client(company.vera), f"/attachments/{kept.token}/x"
    places = [link, f"/api/v1/attachments/{kept.pk}"]
    assert [own.get(places[0]).status_code, program.get(places[1]).status_code] == [200, 200]
    remove_note(note, by=anna)
    assert [own.get(places[0]).status_code, program.get(places[1]).status_code] == [404, 404]
    for other in (company.boris, company.observer):
        assert desk_client(other).get(link).status_code == 404
    listed = program.get(f"/api/v1/tickets/{ticket.pk}/messages").json()["items"]
    assert [row["attachments"] for row in listed if row["id"] == note.pk] == [[]]
    for reader in (own, head):
        assert kept.token not in reader.get(f"/tickets/{ticket.pk}/").content.decode()
    assert all("паспорт.pdf" not in draft.names for draft in of_messages([note.pk]))
    former = head.get(f"/messages/{note.pk}/versions/").content.decode()
    assert kept.token in former
    assert head.get(link).status_code == 200
    for chosen in (Letter(body_text="x", files=[kept.pk]), Letter(body_text="x", forward=[note.pk])):
        with pytest.raises(Invalid):
            open_side(ticket, chosen, subject="Скан", to=["parts@supplier.example"], by=anna)
    restore_note(note, by=anna)
    assert own.get(link).status_code == 200
    assert kept.token in own.get(f"/tickets/{ticket.pk}/").content.decode()
