"""Drafts that survive, answers that can be taken back, answers that wait for their time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.test import Client

from otklik.channels.email.models import Delivery, Outgoing
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid, NotFound
from otklik.core.events import timeline
from otklik.core.moments import Moment, run_due_moments
from otklik.core.settings_store import set_value
from otklik.testing.people import People, people
from otklik.tickets import actions
from otklik.tickets.actions.drafting import save_draft
from otklik.tickets.actions.sending import cancel_scheduled, schedule_reply, send_reply, send_scheduled, undo_reply
from otklik.tickets.models import Attachment, Channel, Draft, Message, ScheduledReply, Step, Ticket
from otklik.tickets.tests.test_api import Api


def _kinds(ticket: Ticket) -> list[str]:
    return [row.kind for row in timeline(1, ticket.pk)]


def test_draft_is_private_and_needs_the_right_to_write(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    assert save_draft(ticket, mode="reply", text="Добрый день", by=anna) == 1
    assert save_draft(ticket, mode="reply", text="Добрый день", by=anna) == 1
    assert save_draft(ticket, mode="reply", text="Добрый день!", version=1, by=anna) == 2
    for stranger in (company.contact_actor(company.dmitri), company.actor(company.technician)):
        with pytest.raises(NotFound):
            save_draft(ticket, mode="reply", text="x", by=stranger)
    with pytest.raises(Forbidden):
        save_draft(ticket, mode="note", text="x", by=company.actor(company.observer))
    with pytest.raises(Invalid):
        save_draft(ticket, mode="letter", text="x", by=anna)
    boris = Client()
    boris.force_login(company.boris)
    assert boris.get(f"/tickets/{ticket.pk}/draft/").json() == {}
    assert save_draft(ticket, mode="reply", text=" ", version=2, by=anna) == 0
    assert not Draft.objects.exists()


def test_second_window_is_told_and_changes_nothing(company: People) -> None:
    ticket = company.ticket()
    client = Client()
    client.force_login(company.anna)
    url = f"/tickets/{ticket.pk}/draft/"
    assert client.post(url, {"mode": "reply", "text": "Первое окно", "version": 0}).json() == {"version": 1}
    refused = client.post(url, {"mode": "reply", "text": "Второе окно", "version": 0})
    assert refused.status_code == 409
    assert refused.json()["draft"]["text"] == "Первое окно"
    assert client.get(url).json()["reply"]["text"] == "Первое окно"
    assert client.post(url, {"mode": "reply", "text": "x", "colour": "red"}).status_code == 422


def test_draft_keeps_files_and_is_gone_when_sent(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    file = actions.upload(BytesIO(b"x"), name="акт.txt", content_type="text/plain", size=1, by=anna)
    foreign = actions.upload(BytesIO(b"y"), name="b.txt", content_type="", size=1, by=company.actor(company.boris))
    save_draft(ticket, mode="reply", text="Акт", attachments=[file.pk, foreign.pk], by=anna)
    assert Draft.objects.get().attachments == [file.pk]
    client = Client()
    client.force_login(company.anna)
    assert [row["name"] for row in client.get(f"/tickets/{ticket.pk}/draft/").json()["reply"]["files"]] == ["акт.txt"]
    client.post(f"/tickets/{ticket.pk}/replies/", {"mode": "reply", "reply_text": "Акт", "attachments": [file.pk]})
    assert not Draft.objects.exists()
    save_draft(ticket, mode="note", text="Своим", by=anna)
    client.post(f"/tickets/{ticket.pk}/notes/", {"mode": "note", "note_text": "Своим"})
    assert not Draft.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_windows_that_begin_at_once_lose_nothing() -> None:
    company = people()
    ticket, anna = company.ticket(), company.actor(company.anna)
    both = Barrier(2)

    def begin(text: str) -> str:
        try:
            both.wait(120)
            save_draft(ticket, mode="reply", text=text, by=anna)
        except Conflict:
            return "told"
        finally:
            connections.close_all()
        return text

    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(begin, ("Раз", "Два")))
    assert "told" in ended
    assert Draft.objects.get().text == next(text for text in ended if text != "told")


def _facts(ticket: Ticket) -> dict[str, Any]:
    names = ("preview", "awaits_us", "last_author_kind", "message_count", "category", "activity_at", "snoozed_until")
    return Ticket.objects.filter(pk=ticket.pk).values(*names)[0]


def test_answer_taken_back_leaves_the_ticket_as_it_was(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    actions.snooze(ticket, until=now() + timedelta(days=1), by=anna)
    file = actions.upload(BytesIO(b"x"), name="a.txt", content_type="", size=1, by=anna)
    before = _facts(ticket)
    message, step = send_reply(ticket, body_html="<p>Поспешил</p>", attachments=[file.pk], status="pending", by=anna)
    assert step is not None
    assert Delivery.objects.get(outgoing__ticket_message=message).run_at > now() + timedelta(seconds=8)
    with pytest.raises(NotFound):
        undo_reply(step, by=company.actor(company.boris))
    undo_reply(step, by=anna)
    assert _facts(ticket) == before
    assert not Outgoing.objects.exists()
    draft = Draft.objects.get()
    assert (draft.text, draft.attachments) == ("<p>Поспешил</p>", [file.pk])
    assert Attachment.objects.get().message_id is None
    assert Moment.objects.filter(kind="ticket.wake").exists()
    assert "message.unsent" in _kinds(ticket)
    count = len(_kinds(ticket))
    undo_reply(step, by=anna)
    assert len(_kinds(ticket)) == count


def test_answer_that_began_to_leave_stays(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    message, step = send_reply(ticket, body_text="Едем", by=anna)
    assert step is not None
    Delivery.objects.filter(outgoing__ticket_message=message).update(state="sending")
    with pytest.raises(Conflict):
        undo_reply(step, by=anna)
    assert Message.objects.filter(pk=message.pk).exists()
    assert not Draft.objects.exists()
    Delivery.objects.update(state="queued")
    with time_machine.travel(now() + timedelta(seconds=30), tick=False), pytest.raises(Conflict):
        undo_reply(step, by=anna)


def test_undo_keeps_what_a_colleague_changed_meanwhile(company: People) -> None:
    ticket, anna, boris = company.ticket(), company.actor(company.anna), company.actor(company.boris)
    _message, step = send_reply(ticket, body_text="Едем", status="pending", by=anna)
    assert step is not None
    actions.change_status(ticket, status="on_hold", by=boris)
    save_draft(ticket, mode="reply", text="<p>новое</p>", by=anna)
    undo_reply(step, by=anna)
    ticket.refresh_from_db()
    assert ticket.category == "on_hold"
    assert Draft.objects.get().text.startswith("<p>Едем</p>")
    assert "новое" in Draft.objects.get().text


def test_page_offers_the_undo_and_the_setting_switches_it_off(company: People) -> None:
    ticket = company.ticket()
    client = Client(headers={"HX-Request": "true"})
    client.force_login(company.anna)
    url = f"/tickets/{ticket.pk}/replies/"
    answer = client.post(url, {"mode": "reply", "reply_text": "Раз"})
    step = Step.objects.get()
    assert f"/tickets/undo/{step.pk}/" in answer["HX-Trigger"]
    assert "draft-changed" in client.post(f"/tickets/undo/{step.pk}/")["HX-Trigger"]
    assert not Message.objects.filter(kind="reply").exists()
    set_value("undo_send_seconds", 0, by=company.actor(company.admin))
    assert "undo" not in client.post(url, {"mode": "reply", "reply_text": "Два"})["HX-Trigger"]


def test_scheduled_answer_is_sent_as_its_author_when_its_time_comes(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    row = schedule_reply(ticket, send_at=now() + timedelta(hours=1), body_text="Утром", status="pending", by=anna)
    assert not Message.objects.filter(kind="reply").exists()
    assert run_due_moments() == 0
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        assert run_due_moments() == 1
        assert not send_scheduled(row.pk)
    message = Message.objects.get(kind="reply")
    assert (message.author_id, message.body_text) == (company.anna.pk, "Утром")
    ticket.refresh_from_db()
    assert (ticket.category, ticket.reply_due_at) == ("pending", None)
    assert Outgoing.objects.count() == 1


def test_scheduled_answer_can_be_called_off_once(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    row = schedule_reply(ticket, send_at=now() + timedelta(hours=1), body_html="<p>Утром</p>", by=anna)
    with pytest.raises(Forbidden):
        cancel_scheduled(row, by=company.actor(company.observer))
    assert cancel_scheduled(row, by=anna)
    assert not cancel_scheduled(row, by=anna)
    assert Draft.objects.get().text == "<p>Утром</p>"
    assert not Moment.objects.filter(kind="reply.send").exists()
    with pytest.raises(Invalid):
        schedule_reply(ticket, send_at=now() - timedelta(minutes=1), body_text="Вчера", by=anna)


def test_what_cannot_be_sent_at_its_time_is_a_draft_again(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    file = actions.upload(BytesIO(b"x"), name="a.txt", content_type="", size=1, by=anna)
    row = schedule_reply(
        ticket, send_at=now() + timedelta(hours=1), body_text="С файлом", attachments=[file.pk], by=anna
    )
    actions.add_note(ticket, body_text="файл ушёл сюда", attachments=[file.pk], by=anna)
    assert send_scheduled(row.pk)
    assert not ScheduledReply.objects.exists()
    assert not Message.objects.filter(kind="reply").exists()
    assert "С файлом" in Draft.objects.get().text
    assert "reply.not_sent" in _kinds(ticket)


def test_card_shows_what_waits_and_costs_nothing_without(company: People) -> None:
    ticket = company.ticket()
    client = Client(headers={"HX-Request": "true"})
    client.force_login(company.anna)
    later = (now() + timedelta(days=1)).isoformat()
    client.post(f"/tickets/{ticket.pk}/replies/", {"mode": "reply", "reply_text": "Завтра", "send_at": later})
    row = ScheduledReply.objects.get()
    assert "waiting-reply" in client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert client.get("/tickets/send-times/").status_code == 200
    client.post(f"/tickets/{ticket.pk}/scheduled/{row.pk}/", {"act": "now"})
    assert Message.objects.get(kind="reply").body_text == "Завтра"
    assert "waiting-reply" not in client.get(f"/tickets/{ticket.pk}/").content.decode()


def test_outbox_shows_what_waits_and_api_schedules(company: People) -> None:
    from otklik.accounts import actions as accounts

    ticket, anna = company.ticket("Отложенная тема"), company.actor(company.anna)
    _row, token = accounts.create_token(company.anna, name="t", scopes=["read", "write"], by=anna)
    api = Client(headers={"authorization": f"Bearer {token}"})
    url = f"/api/v1/tickets/{ticket.pk}/scheduled-replies"
    json = {"content_type": "application/json"}
    later = (now() + timedelta(hours=3)).isoformat()
    made = api.post(url, {"send_at": later, "body_text": "Позже"}, **json)
    assert made.status_code == 201
    assert api.post(url, {"send_at": later[:19], "body_text": "x"}, **json).json()["errors"][0]["field"] == "send_at"
    page = Client()
    page.force_login(company.anna)
    assert "Отложенная тема" in page.get("/outbox/?tab=waiting").content.decode()
    assert [row["body_text"] for row in api.get(url).json()["items"]] == ["Позже"]
    assert api.delete(f"{url}/{made.json()['id']}").json()["items"] == []
    assert not ScheduledReply.objects.exists()


def test_scheduled_answer_keeps_its_mailbox_and_shows_what_came(company: People) -> None:
    other = Channel.objects.create(kind="email", name="Склад", address="stock@desk.example", created_at=now())
    forget("directories")
    ticket = company.ticket()
    seen = Message.objects.get(ticket=ticket).pk
    call = Api(company.anna)
    later = {"body_text": "Утром", "send_at": (now() + timedelta(hours=1)).isoformat(), "channel": other.pk}
    status, body = call("post", f"/tickets/{ticket.pk}/scheduled-replies", later | {"seen": seen})
    assert (status, body["channel"]) == (201, other.pk)
    assert call("post", f"/tickets/{ticket.pk}/scheduled-replies", later | {"channel": 999})[0] == 422
    send_scheduled(body["id"])
    assert Message.objects.get(ticket=ticket, kind="reply").channel == other
    actions.add_incoming(ticket, body_text="Уже не нужно", by=company.actor(company.boris))
    for path, words in (("scheduled-replies", later | {"seen": seen}),
                        ("messages", {"kind": "reply", "body_text": "Едем", "seen": seen})):  # fmt: skip
        status, problem = call("post", f"/tickets/{ticket.pk}/{path}", words)
        assert status == 409
        assert [row["body_text"] for row in problem["current"]["messages"]] == ["Уже не нужно"]
    newest = problem["current"]["messages"][-1]["id"]
    assert call("post", f"/tickets/{ticket.pk}/messages", words | {"seen": newest})[0] == 201
    assert call("post", f"/tickets/{ticket.pk}/messages", {"kind": "note", "body_text": "x", "seen": 1})[0] == 422
    assert Message.objects.filter(ticket=ticket, kind="reply").count() == 2
