"""Two people at one ticket: what one has not seen is shown to him, and nothing of the other's is overwritten."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.http import HttpResponse

from otklik.accounts.models import User
from otklik.core.clock import now
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.models import Message, MessageKind, Ticket
from otklik.tickets.queries import statuses, types


def _post(user: User, ticket: Ticket, noun: str, form: dict[str, Any], *, part: bool = True) -> HttpResponse:
    headers = {"HX-Request": "true"} if part else {}
    return desk_client(user).post(f"/tickets/{ticket.pk}/{noun}/", form, headers=headers)  # type: ignore[return-value]


def _fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def _in_days(days: int) -> str:
    return (now() + timedelta(days=days)).replace(microsecond=0).isoformat()


CHANGES: dict[str, Any] = {
    "priority": lambda c: ("properties", "2", "4", "1"),
    "type": lambda c: ("properties", "", str(types()[0].pk), str(types()[1].pk)),
    "status": lambda c: ("status", "new", "pending", "solved"),
    "assignee": lambda c: ("assignment", "", str(c.boris.pk), str(c.anna.pk)),
    "team": lambda c: ("assignment", str(c.desk.pk), str(c.field.pk), ""),
    "until": lambda c: ("snooze", "", _in_days(2), _in_days(3)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_property_changed_meanwhile_is_shown_and_not_overwritten(company: People, name: str) -> None:
    ticket = company.ticket(team=company.desk)
    noun, was, theirs, mine = CHANGES[name](company)
    assert _post(company.boris, ticket, noun, {name: theirs, "was": was}).status_code == 204
    before = Ticket.objects.filter(pk=ticket.pk).values()[0]
    refused = _post(company.anna, ticket, noun, {name: mine, "was": was})
    text = refused.content.decode()
    assert (refused.status_code, refused["HX-Retarget"]) == (409, "#card-clash")
    assert company.boris.name in text
    assert f'name="{name}" value="{mine}"' in text
    assert f'name="was" value="{theirs}"' in text
    assert Ticket.objects.filter(pk=ticket.pk).values()[0] == before
    again = _post(company.anna, ticket, noun, {name: mine, "was": theirs})  # what the button of the notice sends
    assert again.status_code == 204
    assert Ticket.objects.filter(pk=ticket.pk).values()[0] != before


def test_clash_says_what_it_was_and_what_it_became(company: People) -> None:
    ticket = company.ticket()
    _post(company.boris, ticket, "properties", {"priority": 4, "was": 2})
    text = _post(company.anna, ticket, "properties", {"priority": 1, "was": 2}).content.decode()
    for words in ("Приоритет", "<s>Обычный</s>", "<b>Срочный</b>", "«Низкий» не сохранено"):
        assert words in text


def test_other_property_changed_meanwhile_is_no_clash(company: People) -> None:
    ticket = company.ticket()
    _post(company.boris, ticket, "assignment", {"assignee": company.boris.pk, "was": ""})
    assert _post(company.anna, ticket, "properties", {"priority": 4, "was": 2}).status_code == 204


def test_same_wish_of_two_is_no_clash(company: People) -> None:
    ticket = company.ticket()
    for user in (company.anna, company.boris):
        assert _post(user, ticket, "status", {"status": "pending", "was": "new"}).status_code == 204
    assert _fresh(ticket).category == "pending"


def test_plain_form_hears_of_the_clash_on_the_card(company: People) -> None:
    ticket = company.ticket()
    _post(company.boris, ticket, "status", {"status": "pending", "was": "new"})
    browser = desk_client(company.anna)
    page = browser.post(f"/tickets/{ticket.pk}/status/", {"status": "solved", "was": "new"}, follow=True)
    assert "не сохранено" in page.content.decode()
    assert _fresh(ticket).category == "pending"


def test_tags_of_two_are_kept(company: People) -> None:
    ticket = company.ticket(tags=["холод", "срочно"])
    _post(company.boris, ticket, "tags", {"tags": "холод, акт", "was": "холод, срочно"})
    _post(company.anna, ticket, "tags", {"tags": "холод, срочно, фото", "was": "холод, срочно"})
    assert set(_fresh(ticket).tags_shown) == {"холод", "фото", "акт"}
    _post(company.anna, ticket, "tags", {"tags": "акт", "was": "холод, фото, акт"})
    assert _fresh(ticket).tags_shown == ["акт"]


def _newest(ticket: Ticket) -> int:
    return Message.objects.filter(ticket=ticket).latest("id").pk


def test_new_messages_are_shown_before_a_reply_goes(company: People) -> None:
    ticket = company.ticket()
    seen = _newest(ticket)
    actions.add_incoming(ticket, body_text="Уже не надо, заработало", by=company.actor(company.boris))
    form = {"reply_text": "Едем к вам", "seen": seen, "status": "pending"}
    refused = _post(company.anna, ticket, "replies", form)
    assert refused.status_code == 409
    told = refused.json()  # type: ignore[attr-defined]
    assert "Уже не надо, заработало" in told["html"]
    assert told["seen"] == _newest(ticket)
    assert not Message.objects.filter(ticket=ticket, kind=MessageKind.REPLY).exists()
    assert _post(company.anna, ticket, "replies", form | {"seen": told["seen"]}).status_code == 204
    assert Message.objects.filter(ticket=ticket, kind=MessageKind.REPLY).count() == 1


def test_own_words_and_old_pages_stop_nothing(company: People) -> None:
    ticket = company.ticket()
    seen, anna = _newest(ticket), company.actor(company.anna)
    actions.add_note(ticket, body_text="Моя же заметка", by=anna)
    assert _post(company.anna, ticket, "replies", {"reply_text": "Раз", "seen": seen}).status_code == 204
    actions.add_note(ticket, body_text="Чужая", by=company.actor(company.boris))
    assert _post(company.anna, ticket, "replies", {"reply_text": "Два"}).status_code == 204
    assert _post(company.anna, ticket, "notes", {"note_text": "Три", "seen": seen}).status_code == 204


def test_colleagues_answer_counts_as_new(company: People) -> None:
    ticket = company.ticket()
    seen = _newest(ticket)
    actions.reply(ticket, body_text="Я уже ответил", by=company.actor(company.boris))
    refused = _post(company.anna, ticket, "replies", {"reply_text": "Ответ", "seen": seen})
    assert (refused.status_code, "Я уже ответил" in refused.json()["html"]) == (409, True)  # type: ignore[attr-defined]


def test_without_script_the_page_keeps_the_words_and_asks_once_more(company: People) -> None:
    ticket = company.ticket()
    seen = _newest(ticket)
    actions.add_incoming(ticket, body_text="<b>Ещё вопрос</b>", by=company.actor(company.boris))
    form = {"reply_text": "Мой <ответ>", "reply_format": "text", "seen": seen, "status": "solved", "mode": "reply"}
    page = _post(company.anna, ticket, "replies", form, part=False)
    text = page.content.decode()
    assert page.status_code == 409
    assert "&lt;b&gt;Ещё вопрос" in text
    assert "Мой &lt;ответ&gt;</textarea>" in text
    assert 'name="status" value="solved"' in text
    assert f'name="seen" value="{_newest(ticket)}"' in text
    _post(company.anna, ticket, "replies", form | {"seen": _newest(ticket)}, part=False)
    assert _fresh(ticket).category == "solved"


@pytest.mark.parametrize("seen", ["x", "-1", "9" * 30])
def test_place_that_makes_no_sense_is_refused(company: People, seen: str) -> None:
    answer = _post(company.anna, company.ticket(), "replies", {"reply_text": "Ответ", "seen": seen})
    assert answer.status_code == 422


@pytest.mark.parametrize("form", [{"priority": 4, "was": "x"}, {"assignee": "", "was": "x"}])
def test_value_that_makes_no_sense_is_refused(company: People, form: dict[str, Any]) -> None:
    noun = "properties" if "priority" in form else "assignment"
    assert _post(company.anna, company.ticket(), noun, form).status_code == 422


def test_every_status_has_a_name_in_a_clash(company: People) -> None:
    from otklik.tickets.presenters.clash import value_shown

    assert {value_shown("status", status.key) for status in statuses()} == {str(status) for status in statuses()}
    assert value_shown("assignee", None) == "никто"
    assert value_shown("assignee", 10**9) == "—"


@pytest.mark.django_db(transaction=True)
def test_two_who_take_one_ticket_at_once_get_one_winner() -> None:
    company = people()
    ticket = company.ticket()
    both, ends = threading.Barrier(2), []

    def take(user: User) -> None:
        try:
            both.wait(10)
            actions.assign(
                Ticket.objects.get(pk=ticket.pk), assignee=user, seen={"assignee": None}, by=company.actor(user)
            )
            ends.append("his")
        except actions.Clash:
            ends.append("late")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=(user,)) for user in (company.anna, company.boris)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(ends) == ["his", "late"]
