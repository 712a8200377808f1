"""Time spent is counted once: now, when a reply waits, and when it is corrected by those who may."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid, NotFound
from otklik.core.events import Event, timeline
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.actions.rewriting import remove_note
from otklik.tickets.actions.sending import cancel_scheduled, schedule_reply, send_reply, send_scheduled, undo_reply
from otklik.tickets.actions.timing import correct_time
from otklik.tickets.models import Draft, Message, ScheduledReply, Ticket


def _sum(ticket: Ticket) -> int | None:
    return Ticket.objects.get(pk=ticket.pk).spent_seconds


def test_reply_that_waits_brings_its_time_along(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    soon = now() + timedelta(hours=1)
    answer = desk_client(company.anna).post(
        f"/tickets/{ticket.pk}/replies/",
        {"mode": "reply", "reply_text": "Позже", "send_at": soon.isoformat(), "spent": "240"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 204
    assert _sum(ticket) is None
    assert send_scheduled(ScheduledReply.objects.get().pk)
    assert (Message.objects.latest("pk").spent_seconds, _sum(ticket)) == (240, 240)
    with pytest.raises(Invalid):
        schedule_reply(ticket, body_text="x", send_at=soon, spent=100_000, by=anna)


def test_called_off_and_taken_back_replies_give_the_time_back(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    row = schedule_reply(ticket, body_text="Позже", send_at=now() + timedelta(hours=1), spent=300, by=anna)
    cancel_scheduled(row, by=anna)
    assert Draft.objects.get().fields == {"spent": "300"}
    _message, step = send_reply(ticket, body_text="Сразу", spent=420, by=anna)
    assert not Draft.objects.exists()
    assert step is not None
    undo_reply(step, by=anna)
    held = desk_client(company.anna).get(f"/tickets/{ticket.pk}/draft/").json()["reply"]
    assert held["fields"] == {"spent": "420"}


def test_only_author_and_supervisor_correct_the_time(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    note = actions.add_note(ticket, body_text="Смотрел", spent=600, by=anna)
    actions.reply(ticket, body_text="Ответ", spent=60, by=anna)
    with pytest.raises(Forbidden):
        correct_time(note, spent=60, by=company.actor(company.boris))
    for stranger in (company.actor(company.technician), company.contact_actor(company.dmitri)):
        with pytest.raises(NotFound):
            correct_time(note, spent=60, by=stranger)
    assert correct_time(note, spent=900, by=anna)
    assert not correct_time(note, spent=900, by=anna)
    assert _sum(ticket) == 960
    assert correct_time(note, spent=None, by=company.actor(company.vera))
    assert _sum(ticket) == 60
    rows = Event.objects.filter(kind="message.time_changed").order_by("id")
    assert [(row.data["before"], row.data["after"]) for row in rows] == [(600, 900), (900, None)]
    with pytest.raises(Invalid):
        correct_time(note, spent=100_000, by=anna)
    incoming = Message.objects.get(ticket=ticket, kind="incoming")
    with pytest.raises(Forbidden):
        correct_time(incoming, spent=60, by=company.actor(company.vera))
    remove_note(note, by=anna)
    note.refresh_from_db()
    with pytest.raises(Forbidden):
        correct_time(note, spent=60, by=anna)


def test_card_corrects_the_time_and_tells_of_it(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    message = actions.reply(ticket, body_text="Ответ", spent=1500, by=anna)
    own, url = desk_client(company.anna), f"/messages/{message.pk}/time/"
    own.defaults["HTTP_HX_REQUEST"] = "true"
    assert url in own.get(f"/tickets/{ticket.pk}/").content.decode()
    assert 'value="25"' in own.get(url).content.decode()
    assert own.post(url, {"minutes": "много"}).status_code == 422
    assert own.post(url, {"minutes": "90"}).status_code == 204
    page = own.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "1 ч 30 мин" in page
    assert "25 мин" in page  # in the history
    assert own.post(url, {"minutes": ""}).status_code == 204
    assert _sum(ticket) is None
    boris = desk_client(company.boris)
    assert url not in boris.get(f"/tickets/{ticket.pk}/").content.decode()
    assert boris.get(url).status_code == 404
    assert desk_client(company.vera).get(url).status_code == 200


def test_program_corrects_the_time(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    message = actions.reply(ticket, body_text="Ответ", spent=60, by=anna)

    def program(user: object) -> Client:
        _row, plain = accounts.create_token(user, name="t", scopes=[], by=anna)  # type: ignore[arg-type]
        return Client(headers={"authorization": f"Bearer {plain}"})

    url, how = f"/api/v1/tickets/{ticket.pk}/messages/{message.pk}/time", {"content_type": "application/json"}
    mine = program(company.anna)
    assert mine.put(url, {"spent_seconds": 120}, **how).json()["spent_seconds"] == 120
    assert mine.put(url, {"spent_seconds": 120, "kind": "note"}, **how).status_code == 422
    assert mine.put(url.replace("/time", "0/time"), {"spent_seconds": 1}, **how).status_code == 404
    soon = (now() + timedelta(hours=1)).isoformat()
    waiting = mine.post(
        f"/api/v1/tickets/{ticket.pk}/scheduled-replies",
        {"send_at": soon, "body_text": "x", "spent_seconds": 30},
        **how,
    )
    assert waiting.json()["spent_seconds"] == 30


@pytest.mark.django_db(transaction=True)
def test_two_corrections_at_once_leave_a_sum_that_is_true() -> None:
    company = people()
    ticket, anna = company.ticket(), company.actor(company.anna)
    notes = [actions.add_note(ticket, body_text=words, spent=600, by=anna) for words in ("раз", "два")]
    both = Barrier(2)

    def correct(note: Message) -> None:
        try:
            both.wait(120)
            correct_time(note, spent=60, by=anna)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(correct, notes))
    assert _sum(ticket) == 120
    assert [row.kind for row in timeline(1, ticket.pk)].count("message.time_changed") == 2
