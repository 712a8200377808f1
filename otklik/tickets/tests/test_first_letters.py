"""A ticket that begins with a letter of ours: files, copies, a way back, a later time, a draft of the whole form."""

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.channels.email.models import Delivery, Outgoing
from otklik.contacts.dossiers import Subject
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid, NotFound
from otklik.core.events import timeline
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.actions.beginning import send_first, undo_first
from otklik.tickets.actions.drafting import save_draft
from otklik.tickets.actions.erasing import erase_begun
from otklik.tickets.actions.sending import cancel_scheduled, send_scheduled
from otklik.tickets.models import Attachment, Draft, Message, ScheduledReply, Step, Ticket
from otklik.tickets.queries import visible_to

LETTER = {"way": "write", "requester_email": "new@romashka.example", "requester_name": "Роман", "subject": "Договор"}


def _file(company: People, name: str = "счёт.pdf") -> Attachment:
    return actions.upload(BytesIO(b"x"), name=name, content_type="text/plain", size=1, by=company.actor(company.anna))


def _post(client: Client, **more: Any) -> Any:
    return client.post("/tickets/new/", {**LETTER, "priority": "2", **more}, headers={"HX-Request": "true"})


def _toast(answer: Any) -> dict[str, Any]:
    return dict(json.loads(answer["HX-Trigger"])["toast"])


def test_letter_goes_with_files_and_copies_and_is_held(company: People) -> None:
    file = _file(company)
    answer = _post(
        desk_client(company.anna), text="<p><b>Ваш</b> номер {{ ticket.number }}</p>", format="html",
        attachments=[file.pk], cc="boss@romashka.example; clara@berezka.example",
    )  # fmt: skip
    ticket = Ticket.objects.get()
    assert answer["HX-Redirect"] == f"/tickets/{ticket.pk}/"
    assert _toast(answer)["undo"] == f"/tickets/undo/{Step.objects.get().pk}/"
    message = Message.objects.get()
    assert (message.kind, message.body_text) == ("reply", f"Ваш номер {ticket.pk}")
    assert [row.name for row in message.attachments.all()] == ["счёт.pdf"]
    assert [person["address"] for person in ticket.people] == ["boss@romashka.example", "clara@berezka.example"]
    assert {row.run_at > now() + timedelta(seconds=8) for row in Delivery.objects.all()} == {True}
    assert Delivery.objects.count() == 3


def test_taken_back_letter_is_the_draft_of_the_form_again(company: People) -> None:
    client, file = desk_client(company.anna), _file(company)
    early = "<p>Рано, № {{ ticket.number }}</p>"  # the next ticket has another number
    answer = _post(client, text=early, format="html", attachments=[file.pk], tags="план", cc="b@x.example")
    assert f"№ {Ticket.objects.get().pk}" in Message.objects.get().body_text
    undone = client.post(_toast(answer)["undo"], headers={"HX-Request": "true"})
    assert undone["HX-Redirect"] == "/tickets/new/"
    assert not Outgoing.objects.exists()
    assert not Message.objects.exists()
    ticket = Ticket.objects.get()
    assert (ticket.shelf, ticket.message_count) == ("bin", 0)
    assert [row.kind for row in timeline(1, ticket.pk)][-2:] == ["message.unsent", "ticket.binned"]
    held = client.get("/tickets/new/draft/").json()["new"]
    assert (held["text"], [row["name"] for row in held["files"]]) == (early, ["счёт.pdf"])
    fields = held["fields"]
    assert (fields["way"], fields["subject"], fields["cc"], fields["tags"]) == (
        "write",
        "Договор",
        "b@x.example",
        "план",
    )
    again = client.post(_toast(answer)["undo"], headers={"HX-Request": "true"})
    assert again.status_code == 204
    assert Draft.objects.count() == 1


def test_letter_is_taken_back_by_its_author_and_in_time_only(company: People) -> None:
    anna = company.actor(company.anna)
    sent = send_first(subject="А", requester_email="a@x.example", body_text="Б", by=anna)
    assert sent.step is not None
    with pytest.raises(NotFound):
        undo_first(sent.step, by=company.actor(company.boris))
    with time_machine.travel(now() + timedelta(minutes=1)), pytest.raises(Conflict):
        undo_first(sent.step, by=anna)
    assert Message.objects.count() == 1
    with pytest.raises(Forbidden):
        send_first(subject="А", requester_email="a@x.example", body_text="Б", by=company.actor(company.observer))


def test_letter_with_a_note_beside_it_leaves_the_ticket_in_place(company: People) -> None:
    anna = company.actor(company.anna)
    sent = send_first(subject="А", requester_email="a@x.example", body_text="Б", by=anna)
    actions.add_note(sent.ticket, body_text="Жду", by=company.actor(company.boris))
    assert sent.step is not None
    ticket = undo_first(sent.step, by=anna)
    assert ticket.shelf is None
    assert Draft.objects.get().mode == "reply"
    assert visible_to(anna).filter(pk=ticket.pk, shelf__isnull=True).exists()


def test_letter_waits_for_its_time(company: People) -> None:
    soon = now() + timedelta(hours=2)
    answer = _post(desk_client(company.anna), text="Завтра", send_at=soon.isoformat(), cc="b@x.example")
    assert "undo" not in _toast(answer)
    row, ticket = ScheduledReply.objects.get(), Ticket.objects.get()
    assert (row.to, row.cc, ticket.message_count, ticket.awaits_us) == (
        ["new@romashka.example"],
        ["b@x.example"],
        0,
        False,
    )
    assert not Outgoing.objects.exists()
    assert send_scheduled(row.pk)
    assert Message.objects.get().recipients[0]["address"] == "new@romashka.example"
    _post(desk_client(company.anna), text="Ещё", send_at="own", send_at_own="2030-01-01T10:00")
    assert ScheduledReply.objects.count() == 0  # over a year away
    _post(desk_client(company.anna), text="Ещё", send_at=soon.isoformat())
    other = ScheduledReply.objects.get()
    assert cancel_scheduled(other, by=company.actor(company.anna))
    assert Draft.objects.get().ticket_id == other.ticket_id


def test_refused_letter_names_the_input_and_keeps_nothing(company: People) -> None:
    client = desk_client(company.anna)
    for change, name in (
        ({"text": ""}, "text"), ({"text": "а", "requester_email": ""}, "requester_email"),
        ({"text": "а", "cc": "nobody"}, "cc"), ({"text": "а", "attachments": "99999"}, "attachments"),
        ({"text": "а", "mailbox": "99999"}, "mailbox"), ({"text": "а", "send_at": "once"}, "send_at"),
    ):  # fmt: skip
        refused = _post(client, **change)
        assert refused.status_code == 422
        assert json.loads(refused["HX-Trigger"])["field-refused"] == {"name": name}
    assert not Ticket.objects.exists()


def test_call_is_recorded_with_files_with_and_without_script(company: People) -> None:
    client, file = desk_client(company.anna), _file(company)
    words = {
        "way": "record",
        "requester_name": "Роман",
        "subject": "Звонок",
        "priority": "2",
        "channel": company.mailbox.pk,
    }
    picked = {"text": "<p>Не <b>холодит</b></p>", "format": "html", "attachments": [file.pk]}
    assert client.post("/tickets/new/", words | picked, headers={"HX-Request": "true"}).status_code == 204
    message = Message.objects.get()
    assert (message.kind, message.body_text, message.body_html.count("<b>")) == ("incoming", "Не холодит", 0)
    assert [row.name for row in message.attachments.all()] == ["счёт.pdf"]
    sent = words | {
        "text": "Снова",
        "file": [SimpleUploadedFile("фото.jpg", b"x"), SimpleUploadedFile("акт.txt", b"y")],
    }
    assert client.post("/tickets/new/", sent).status_code == 302
    assert [row.name for row in Message.objects.latest("pk").attachments.all()] == ["фото.jpg", "акт.txt"]
    lost = client.post("/tickets/new/", sent | {"subject": "", "file": [SimpleUploadedFile("ещё.txt", b"z")]})
    assert lost.status_code == 422
    assert "ещё.txt" in lost.content.decode()  # what was uploaded is not asked for again


def test_draft_of_the_form_is_private_and_gone_when_it_is_sent(company: People) -> None:
    anna, client = company.actor(company.anna), desk_client(company.anna)
    fields = {"subject": "Договор", "forward": []}
    said = client.post("/tickets/new/draft/", {"mode": "new", "text": "", "fields": json.dumps(fields), "version": 0})
    assert said.json() == {"version": 1}
    assert client.get("/tickets/new/draft/").json()["new"]["fields"] == fields
    assert desk_client(company.boris).get("/tickets/new/draft/").json() == {}
    refused = client.post("/tickets/new/draft/", {"mode": "new", "text": "x", "fields": "{}", "version": 7})
    assert (refused.status_code, refused.json()["draft"]["fields"]) == (409, fields)
    for bad in ("[1]", "{", json.dumps({"a": 1}), json.dumps({"a" * 50: "x"})):
        assert client.post("/tickets/new/draft/", {"mode": "new", "text": "x", "fields": bad}).status_code == 422
    with pytest.raises(Invalid):
        save_draft(None, mode="reply", text="x", by=anna)
    with pytest.raises(Forbidden):
        save_draft(None, mode="new", text="x", by=company.actor(company.observer))
    with pytest.raises(NotFound):
        save_draft(None, mode="new", text="x", by=company.contact_actor(company.clara))
    _post(client, text="Готово")
    assert not Draft.objects.exists()


def test_program_writes_first_with_copies_and_a_time(company: People) -> None:
    _row, plain = accounts.create_token(company.anna, name="t", scopes=[], by=company.actor(company.anna))
    program = Client(headers={"authorization": f"Bearer {plain}"})
    soon = (now() + timedelta(hours=2)).isoformat()
    words = {"subject": "Осмотр", "body_text": "Приедем", "requester": {"email": "a@x.example"}, "kind": "reply"}

    def post(**more: Any) -> Any:
        return program.post("/api/v1/tickets", words | more, content_type="application/json")

    assert post(cc=["b@x.example"], send_at=soon).status_code == 201
    assert ScheduledReply.objects.get().cc == ["b@x.example"]
    assert post(send_at="2030-01-01T10:00:00").json()["errors"][0]["field"] == "send_at"
    for more in ({"cc": ["b@x.example"]}, {"send_at": soon}):
        assert post(kind="incoming", **more).status_code == 422


def test_what_was_begun_to_an_erased_person_goes(company: People) -> None:
    anna = company.actor(company.anna)
    him = Subject(ids=(company.dmitri.pk,), addresses=("dmitri@elsewhere.example",), names=("Дмитрий Чужой",))
    fields = {"requester_email": "Dmitri@Elsewhere.example", "subject": "Договор"}
    save_draft(None, mode="new", text="<p>Здравствуйте</p>", fields=fields, by=anna)
    save_draft(None, mode="new", text="<p>Другому</p>", by=company.actor(company.boris))
    send_first(subject="А", requester_email="dmitri@elsewhere.example", body_text="Б", form=fields, by=anna)
    save_draft(None, mode="new", text="<p>Для: Дмитрий Чужой</p>", by=anna)
    last = erase_begun(him, 0, 100).after
    assert last is not None
    assert erase_begun(him, last, 100).after is None
    assert [row.text for row in Draft.objects.all()] == ["<p>Другому</p>"]
    assert Step.objects.get(kind="first").data["form"] == {}
