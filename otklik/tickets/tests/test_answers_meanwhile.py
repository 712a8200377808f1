"""Answers whose ticket is merged before they left, answers to many that wait, and answers that nobody would get."""

import json
from datetime import timedelta
from io import BytesIO

import pytest
from django.test import Client

from otklik.channels.email.models import Delivery, Outgoing
from otklik.contacts import actions as contacts
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.actions.answering_many import schedule_to_many
from otklik.tickets.actions.beginning import send_first, undo_first
from otklik.tickets.actions.drafting import save_draft
from otklik.tickets.actions.merging import merge, undo_merge
from otklik.tickets.actions.sending import (
    cancel_scheduled,
    schedule_reply,
    send_reply,
    send_scheduled,
    undo_reply,
)
from otklik.tickets.actions.stepping import undo_step
from otklik.tickets.actions.timing import correct_time
from otklik.tickets.models import Attachment, Channel, Draft, Message, ScheduledReply, Step, Ticket

JSON = {"content_type": "application/json"}


def _time(ticket: Ticket) -> int | None:
    return Ticket.objects.values_list("spent_seconds", flat=True).get(pk=ticket.pk)


def test_time_goes_over_with_its_messages_and_back(company: People) -> None:
    anna = company.actor(company.anna)
    target, source = company.ticket("Витрина"), company.ticket("Та же витрина")
    actions.add_note(target, body_text="Смотрели", spent=600, by=anna)
    moved = actions.add_note(source, body_text="Ехали", spent=1800, by=anna)
    row, _step = merge(source, into=target, by=anna)
    assert (_time(target), _time(source)) == (2400, None)
    correct_time(Message.objects.get(pk=moved.pk), spent=900, by=anna)
    assert (_time(target), _time(source)) == (1500, None)
    undo_merge(row, by=anna)
    assert (_time(target), _time(source)) == (600, 900)


def test_answer_is_taken_back_from_where_it_is_since(company: People) -> None:
    anna = company.actor(company.anna)
    target, source = company.ticket("Витрина"), company.ticket("Та же витрина")
    _message, step = send_reply(source, body_text="Едем", spent=60, status="pending", by=anna)
    assert step is not None
    row, _merge_step = merge(source, into=target, by=company.actor(company.boris))
    assert undo_reply(step, by=anna).pk == target.pk
    target.refresh_from_db()
    source.refresh_from_db()
    assert (target.message_count, source.message_count, target.spent_seconds) == (2, 0, None)
    assert (target.last_author_kind, target.awaits_us) == ("contact", True)
    assert target.preview.startswith("Добрый день")
    assert source.category == "closed"  # the undone answer brings back no status of the merged ticket
    assert not Delivery.objects.filter(state="queued").exists()
    assert Draft.objects.get(user_id=company.anna.pk, ticket=target).text
    undo_merge(row, by=company.actor(company.boris))
    source.refresh_from_db()
    assert source.message_count == 1
    assert undo_reply(step, by=anna).pk  # a second time changes nothing
    assert Draft.objects.count() == 1


def test_first_letter_is_taken_back_from_where_it_is_since(company: People) -> None:
    anna = company.actor(company.anna)
    target = company.ticket("Витрина")
    words = {"subject": "Договор", "requester": company.clara, "body_text": "Высылаем", "channel": company.mailbox}
    sent = send_first(by=anna, **words)
    assert sent.step is not None
    merge(sent.ticket, into=target, by=anna)
    assert undo_first(sent.step, by=anna).pk == target.pk
    target.refresh_from_db()
    assert (target.message_count, target.shelf, target.last_author_kind) == (1, None, "contact")
    assert Draft.objects.get().ticket_id == target.pk


def test_answer_to_many_waits_for_all_of_them(company: People) -> None:
    anna = company.actor(company.anna)
    first, second = company.ticket("Свет на Лесной"), company.ticket("Свет на Полевой")
    file = actions.upload(BytesIO(b"x"), name="a.txt", content_type="", size=1, by=anna)
    save_draft(second, mode="reply", text="Другое, не дописано", version=0, by=anna)
    client = desk_client(company.anna)
    sent = client.post(
        f"/tickets/{first.pk}/replies/",
        {
            "mode": "reply", "reply_text": "Свет дадут завтра", "also": [second.pk], "attachments": [file.pk],
            "send_at": (now() + timedelta(hours=3)).isoformat(),
        },
        headers={"HX-Request": "true"},
    )  # fmt: skip
    assert sent.status_code == 204
    rows = list(ScheduledReply.objects.order_by("ticket_id"))
    assert [row.ticket_id for row in rows] == [first.pk, second.pk]
    assert [row.body_text for row in rows] == ["Свет дадут завтра"] * 2
    assert Draft.objects.get().ticket_id == second.pk
    for row in rows:
        assert send_scheduled(row.pk)
    assert sorted(Attachment.objects.values_list("ticket_id", flat=True)) == [first.pk, second.pk]
    assert Outgoing.objects.count() == 2


def test_what_was_chosen_comes_back_with_the_text(company: People) -> None:
    client = desk_client(company.anna)
    first, second = company.ticket("а"), company.ticket("б")
    box = Channel.objects.create(kind="email", name="Бухгалтерия", address="money@desk.example", created_at=now())
    sent = {"mode": "reply", "reply_text": "Счёт", "to": "buh@berezka.example", "from_channel": box.pk}
    client.post(f"/tickets/{first.pk}/replies/", sent | {"also": [second.pk], "spent": 60})
    undo_step(Step.objects.get(kind="many"), by=company.actor(company.anna))
    chosen = {"to": "buh@berezka.example", "box": str(box.pk), "name": "Бухгалтерия", "also": [str(second.pk)]}
    draft = Draft.objects.get(ticket=first)
    assert draft.fields == chosen | {"spent": "60"}
    fields = json.dumps({"to": "clara@berezka.example"})
    words = {"mode": "reply", "text": "Счёт и акт", "fields": fields, "version": draft.version}
    assert client.post(f"/tickets/{first.pk}/draft/", words).status_code == 200
    draft.refresh_from_db()
    assert draft.fields == {"to": "clara@berezka.example", "spent": "60"}  # what was counted is not filled in
    later = (now() + timedelta(hours=1)).isoformat()
    client.post(f"/tickets/{first.pk}/replies/", sent | {"send_at": later})
    assert cancel_scheduled(ScheduledReply.objects.get(), by=company.actor(company.anna))
    assert Draft.objects.get(ticket=first).fields == {name: chosen[name] for name in ("to", "box", "name")}


def test_one_of_many_that_refuses_is_named(company: People) -> None:
    anna = company.actor(company.anna)
    first, second = company.ticket("а"), company.ticket("б")
    for number in range(20):
        schedule_reply(second, body_text=str(number), send_at=now() + timedelta(hours=1), by=anna)
    later = schedule_to_many(first, [second], body_text="Всем", send_at=now() + timedelta(hours=2), by=anna)
    assert (later.also, [number for number, _why in later.refused]) == (0, [second.pk])


@pytest.fixture
def unreachable(company: People) -> Ticket:
    """A request of somebody who called and left a phone only."""
    caller = contacts.add_contact(name="Пётр Звонков", phone="+7 900 000-00-00", by=Actor.system())
    call = Channel.objects.create(kind="call", name="Звонок", created_at=now())
    return company.ticket("Гудит ларь", requester=caller, channel=call)


def test_answer_that_nobody_would_get_is_refused(company: People, unreachable: Ticket) -> None:
    anna = company.actor(company.anna)
    with pytest.raises(Invalid) as refused:
        actions.reply(unreachable, body_text="Едем", by=anna)
    assert refused.value.field == "to"
    page = desk_client(company.anna).post(
        f"/tickets/{unreachable.pk}/replies/", {"mode": "reply", "reply_text": "Едем"}, headers={"HX-Request": "true"}
    )
    assert (page.status_code, "нет адреса почты" in page.json()["message"]) == (422, True)
    assert not Message.objects.filter(kind="reply").exists()
    row = schedule_reply(unreachable, body_text="Позже", send_at=now() + timedelta(hours=1), by=anna)
    assert send_scheduled(row.pk)
    assert Draft.objects.get().text  # it could not leave: the text is its author's again
    assert not Message.objects.filter(kind="reply").exists()
    assert actions.reply(unreachable, body_text="Едем", to=["petr@home.example"], by=anna).recipients
    assert Outgoing.objects.count() == 1


def test_answer_that_a_program_reads_is_kept_without_mail(company: People, unreachable: Ticket) -> None:
    way = Channel.objects.create(kind="api", name="Иначе", created_at=now())
    Ticket.objects.filter(pk=unreachable.pk).update(channel=way)
    said = desk_client(company.anna).post(
        f"/tickets/{unreachable.pk}/replies/", {"mode": "reply", "reply_text": "Едем"}, headers={"HX-Request": "true"}
    )
    assert said.status_code == 204
    assert "Письмо не уйдёт" in str(said.headers["HX-Trigger"].encode().decode("unicode_escape"))
    assert Message.objects.filter(kind="reply").count() == 1
    assert not Outgoing.objects.exists()


def test_a_program_is_told_which_field_is_missing(company: People, unreachable: Ticket) -> None:
    from otklik.accounts import actions as accounts

    _row, token = accounts.create_token(
        company.anna, name="t", scopes=["read", "write"], by=company.actor(company.anna)
    )
    client = Client(headers={"authorization": f"Bearer {token}"})
    answer = client.post(f"/api/v1/tickets/{unreachable.pk}/messages", {"kind": "reply", "body_text": "Едем"}, **JSON)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "to")
