"""REST of what is said: replies that are held and taken back, the same words to others, own notes, splitting."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from otklik.channels.email.models import Delivery
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.settings_store import set_value
from otklik.testing.api import Api
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.drafting import save_draft
from otklik.tickets.models import Channel, Draft, Message, Ticket

REPLY = {"kind": "reply", "body_text": "Едем к двум."}


def test_a_held_reply_is_taken_back_and_leaves_a_draft(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    status, said = api("post", f"/tickets/{ticket.pk}/messages", REPLY | {"hold": True})
    assert (status, said["delivery_state"]) == (201, "queued")
    assert Delivery.objects.get().run_at > now()
    status, undone = api("post", f"/undo/{said['undo']['id']}")
    assert (status, undone["ticket"], bool(undone["text"])) == (200, ticket.pk, True)
    assert not Message.objects.filter(kind="reply").exists()
    assert not Delivery.objects.exists()
    drafts = api("get", f"/tickets/{ticket.pk}/drafts")[1]["items"]
    assert [(row["mode"], "Едем к двум." in row["body_html"]) for row in drafts] == [("reply", True)]
    assert api("post", f"/undo/{said['undo']['id']}")[0] == 200  # a second time changes nothing
    assert len(api("get", f"/tickets/{ticket.pk}/messages")[1]["items"]) == 1


def test_what_is_not_held_cannot_be_taken_back(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    assert api("post", f"/tickets/{ticket.pk}/messages", REPLY)[1]["undo"] is None
    set_value("undo_send_seconds", 0, by=Actor.system())
    assert api("post", f"/tickets/{ticket.pk}/messages", REPLY | {"hold": True})[1]["undo"] is None


def test_too_late_is_a_conflict_and_strangers_find_nothing(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    said = api("post", f"/tickets/{ticket.pk}/messages", REPLY | {"hold": True})[1]
    path = f"/undo/{said['undo']['id']}"
    assert Api(company.boris)("post", path)[0] == 404
    assert Api(company.anna, "tickets:read")("post", path)[0] == 403
    assert api("post", "/undo/999999")[0] == 404
    with time_machine.travel(now() + timedelta(minutes=5)):
        status, problem = api("post", path)
    assert (status, problem["status"]) == (409, 409)
    assert Message.objects.filter(kind="reply").count() == 1


def test_a_program_leaves_the_draft_of_its_owner_alone(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    save_draft(ticket, mode="reply", text="<p>Пишу сама</p>", by=company.actor(company.anna))
    api("post", f"/tickets/{ticket.pk}/messages", REPLY | {"hold": True})
    assert Draft.objects.get().text == "<p>Пишу сама</p>"


def test_a_reply_leaves_from_the_chosen_mailbox(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    other = Channel.objects.create(kind="email", name="Монтаж", address="fitters@desk.example", created_at=now())
    status, said = api("post", f"/tickets/{ticket.pk}/messages", REPLY | {"channel": other.pk})
    assert (status, said["channel"]["name"]) == (201, "fitters@desk.example")
    status, problem = api("post", f"/tickets/{ticket.pk}/messages", REPLY | {"channel": 999})
    assert (status, problem["errors"][0]["field"]) == (422, "channel")
    assert api("post", f"/tickets/{ticket.pk}/messages", {"kind": "note", "body_text": "x", "hold": True})[0] == 422


@pytest.mark.parametrize("hold", [True, False])
def test_the_same_words_go_to_others_too(company: People, hold: bool) -> None:
    api, ticket = Api(company.anna), company.ticket()
    others = [company.ticket("Вторая").pk, company.ticket("Третья").pk]
    status, said = api("post", f"/tickets/{ticket.pk}/messages", REPLY | {"also": others, "hold": hold})
    assert status == 201
    assert said["also"] == [{"ticket": pk, "sent": True, "reason": None} for pk in others]
    assert Message.objects.filter(kind="reply").count() == 3
    if hold:
        assert api("post", f"/undo/{said['undo']['id']}")[0] == 200
        assert not Message.objects.filter(kind="reply").exists()
    else:
        assert said["undo"] is None


def test_others_that_are_not_seen_stop_everything(company: People) -> None:
    set_value("agents_see", "teams", by=Actor.system())
    ticket, hidden = company.ticket(), company.ticket("Чужая", team=company.field)
    body = REPLY | {"also": [hidden.pk]}
    status, problem = Api(company.boris)("post", f"/tickets/{ticket.pk}/messages", body)
    assert (status, problem["errors"][0]["field"]) == (422, "also")
    assert not Message.objects.filter(kind="reply").exists()


def test_own_notes_are_changed_and_taken_away(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    note = api("post", f"/tickets/{ticket.pk}/messages", {"kind": "note", "body_text": "Ключ у Ивана"})[1]
    path = f"/tickets/{ticket.pk}/messages/{note['id']}"
    status, changed = api("patch", path, {"body_text": "Ключ у Петра"})
    assert (status, changed["body_text"], changed["removed"]) == (200, "Ключ у Петра", False)
    assert changed["edited_at"]
    assert api("patch", path, {"body_text": "Ключ у Петра"})[1] == changed
    assert api("get", path)[1] == changed
    status, gone = api("delete", path)
    assert (status, gone["removed"], gone["body_text"]) == (200, True, "")
    assert api("delete", path)[1]["undo"] is None
    assert api("patch", path, {"body_text": "Снова"})[0] == 422
    assert api("post", f"/undo/{gone['undo']['id']}")[0] == 200
    assert api("get", path)[1]["body_text"] == "Ключ у Петра"


def test_notes_of_others_and_their_versions(company: People) -> None:
    anna, ticket = Api(company.anna), company.ticket()
    note = anna("post", f"/tickets/{ticket.pk}/messages", {"kind": "note", "body_text": "Ключ у Ивана"})[1]
    path = f"/tickets/{ticket.pk}/messages/{note['id']}"
    anna("patch", path, {"body_text": "Ключ у Петра"})
    boris = Api(company.boris)
    assert boris("patch", path, {"body_text": "Нет"})[0] == 403
    assert boris("delete", path)[0] == 403
    assert anna("get", f"{path}/versions")[0] == 404
    versions = Api(company.vera)("get", f"{path}/versions")[1]["items"]
    assert [row["body_text"] for row in versions] == ["Ключ у Ивана"]
    assert Api(company.anna, "read")("patch", path, {"body_text": "Нет"})[0] == 403
    set_value("agents_see", "teams", by=Actor.system())
    actions.assign(ticket, team=company.field, assignee=None, by=Actor.system())
    for method, where, body in (("get", path, None), ("patch", path, {"body_text": "x"}), ("delete", path, None),
                                ("get", f"{path}/versions", None)):  # fmt: skip
        assert boris(method, where, body)[0] == 404
    assert Message.objects.get(pk=note["id"]).body_text == "Ключ у Петра"


@pytest.mark.django_db(transaction=True)
def test_a_message_becomes_a_ticket_of_its_own_once(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    message = actions.add_incoming(ticket, body_text="А ещё сломан морозильник", by=company.actor(company.anna))
    path = f"/tickets/{ticket.pk}/messages/{message.pk}/split"
    assert Api(company.observer)("post", path, {})[0] == 403
    status, fresh = api.keyed("post", path, {"subject": "Морозильник"})
    assert (status, fresh["subject"]) == (201, "Морозильник")
    assert fresh["number"] != ticket.pk
    assert api.keyed("post", path, {"subject": "Морозильник"}) == (201, fresh)
    assert api("post", path, {"subject": "Морозильник"})[0] == 404  # it is not on this ticket any more
    assert Ticket.objects.count() == 2


def test_writing_first_sends_the_letter(company: People) -> None:
    api = Api(company.anna)
    body: dict[str, Any] = {
        "subject": "Плановый осмотр", "body_text": "Приедем во вторник.", "kind": "reply",
        "requester": {"email": "clara@berezka.example"}, "channel": company.mailbox.pk,
        "foreign_refs": [{"system": "sd", "number": "RP7"}],
    }  # fmt: skip
    status, ticket = api("post", "/tickets", body)
    assert (status, ticket["status"]["key"]) == (201, "pending")
    assert ticket["foreign_refs"][0]["number"] == "RP7"
    messages = api("get", f"/tickets/{ticket['number']}/messages")[1]["items"]
    assert [(row["kind"], row["deliveries"][0]["recipient"]) for row in messages] == [
        ("reply", "clara@berezka.example")
    ]
    for change, field in (({"requester": {"name": "Без адреса"}}, "email"), ({"channel": 999}, "channel"),
                          ({"body_text": ""}, "body")):  # fmt: skip
        status, problem = api("post", "/tickets", body | change)
        assert (status, problem["errors"][0]["field"]) == (422, field)
    assert Ticket.objects.count() == 1
    assert Api(company.technician)("post", "/tickets", body)[0] == 403


@pytest.mark.django_db(transaction=True)
def test_an_upload_with_a_key_is_kept_once(company: People) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from otklik.tickets.models import Attachment

    client = Api(company.anna).client

    def upload(content: bytes) -> tuple[int, Any]:
        answer = client.post(
            "/api/v1/attachments", {"file": SimpleUploadedFile("фото.jpg", content)}, headers={"Idempotency-Key": "f1"}
        )
        return answer.status_code, json.loads(answer.content)

    first = upload(b"one")
    assert first[0] == 201
    assert upload(b"one") == first
    assert upload(b"two")[0] == 422
    assert Attachment.objects.count() == 1
