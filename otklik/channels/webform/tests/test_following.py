"""A private page follows its request where it is merged into another ticket or split: his words, the answers to him."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.test import Client

from otklik.channels.email.models import Delivery
from otklik.channels.webform import queries
from otklik.channels.webform.actions import Posted, continue_request
from otklik.channels.webform.tests.posting import form, post, words
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.testing.people import People
from otklik.tickets import actions as tickets
from otklik.tickets.actions.merging import merge, split_message, undo_merge
from otklik.tickets.models import Message, Ticket

LATER = timedelta(seconds=60)


def _read(token: str) -> list[str]:
    with time_machine.travel(now() + LATER):
        return [message.body_text for message in queries.open_request(token).messages]


def _ticket(posted: Posted) -> Ticket:
    return Ticket.objects.get(pk=posted.request.ticket_id)


def _phoned(text: str = "Не холодит витрина") -> Posted:
    return post(text, name="Пётр", email="", phone="+79000001234")


def test_a_merged_request_goes_on_where_it_went(company: People) -> None:
    form(company)
    posted, anna = post(), company.actor(company.anna)
    target = company.ticket("Тайна Клары", body_text="Код 4711")
    tickets.reply(target, body_text="Кларе до слияния", by=anna)
    merge(_ticket(posted), into=target, by=anna)
    tickets.reply(target, body_text="Обоим", by=anna)
    tickets.reply(target, body_text="Одной Кларе", to=["clara@berezka.example"], cc=[], by=anna)
    tickets.add_incoming(target, body_text="Ответ Клары", by=anna)
    for token in (posted.request.token, posted.request.mail_token):
        assert _read(token) == ["Не холодит витрина", "Обоим"]
    more = continue_request(queries.open_request(posted.request.token), words("Ещё гудит"))
    assert Message.objects.get(pk=more.message_id).ticket_id == target.pk
    assert Ticket.objects.count() == 2
    tickets.reply(target, body_text="Едем", by=anna)
    assert _read(posted.request.token) == ["Не холодит витрина", "Обоим", "Ещё гудит", "Едем"]
    page = Client().get(f"/portal/r/{posted.request.token}/").content.decode()
    assert "Ещё гудит" in page
    assert not any(word in page for word in ("Тайна", "4711", "Клар"))


def test_merged_on_and_parted_again(company: People) -> None:
    form(company)
    posted, anna = post(), company.actor(company.anna)
    middle, last = company.ticket("Вторая"), company.ticket("Третья")
    merge(_ticket(posted), into=middle, by=anna)
    tickets.reply(middle, body_text="На второй", by=anna)
    tickets.reply(last, body_text="На третьей до слияния", to=["dmitri@elsewhere.example"], by=anna)
    row, _step = merge(middle, into=last, by=anna)
    tickets.reply(last, body_text="На третьей", by=anna)
    assert _read(posted.request.token) == ["Не холодит витрина", "На второй", "На третьей"]
    said = continue_request(queries.open_request(posted.request.token), words("Я здесь"))
    assert Message.objects.get(pk=said.message_id).ticket_id == last.pk
    undo_merge(row, by=anna)
    said = continue_request(queries.open_request(posted.request.token), words("Теперь там"))
    assert Message.objects.get(pk=said.message_id).ticket_id == middle.pk
    assert _read(posted.request.token) == ["Не холодит витрина", "На второй", "Я здесь", "Теперь там"]


def test_words_split_from_a_request_are_answered_on_its_page(company: People) -> None:
    form(company)
    posted, anna = _phoned(), company.actor(company.anna)
    more = continue_request(queries.open_request(posted.request.token), words("И протечка"))
    fresh = split_message(Message.objects.get(pk=more.message_id), subject="Протечка", by=anna)
    tickets.reply(fresh, body_text="Про протечку", by=anna)
    tickets.reply(_ticket(posted), body_text="Про витрину", by=anna)
    assert _read(posted.request.token) == ["Не холодит витрина", "И протечка", "Про протечку", "Про витрину"]
    assert not Delivery.objects.exists()
    target = company.ticket("Главная", requester=fresh.requester)
    merge(Ticket.objects.get(pk=fresh.pk), into=target, by=anna)
    tickets.reply(target, body_text="После слияния", by=anna)
    assert _read(posted.request.token)[-1] == "После слияния"


def test_an_answer_that_no_page_shows_is_refused(company: People) -> None:
    """Pyotr left a phone only, and the ticket is on the form's channel, but no private page shows it."""
    ours = form(company)
    posted, anna = _phoned(), company.actor(company.anna)
    alone = company.ticket("Сам записал", requester=_ticket(posted).requester, channel=ours.channel)
    with pytest.raises(Invalid):
        tickets.reply(alone, body_text="В никуда", by=anna)
    merge(_ticket(posted), into=alone, by=anna)
    tickets.reply(alone, body_text="Теперь видно", by=anna)
    assert _read(posted.request.token)[-1] == "Теперь видно"
    tickets.add_incoming(alone, body_text="Сказал по телефону", by=anna)
    with pytest.raises(Invalid):
        tickets.reply(alone, body_text="Этого он по ссылке не увидит", by=anna)
    assert queries.open_request(posted.request.token).held_back


def test_two_requests_of_one_person_show_each_its_own_words(company: People) -> None:
    form(company)
    first, second = _phoned("Первая"), _phoned("Вторая")
    anna = company.actor(company.anna)
    merge(_ticket(first), into=_ticket(second), by=anna)
    continue_request(queries.open_request(second.request.token), words("По второй ссылке"))
    tickets.reply(_ticket(second), body_text="Ответ", by=anna)
    assert _read(first.request.token) == ["Первая", "Ответ"]
    assert _read(second.request.token) == ["Вторая", "По второй ссылке", "Ответ"]
    other = _phoned("Чужая ссылка")
    assert _read(other.request.token) == ["Чужая ссылка"]


def test_a_new_request_after_the_end_bears_no_strangers_subject(company: People) -> None:
    form(company)
    posted, anna = post(), company.actor(company.anna)
    target = company.ticket("Тайна Клары")
    merge(_ticket(posted), into=target, by=anna)
    tickets.change_status(target, status="closed", by=anna)
    later = continue_request(queries.open_request(posted.request.token), words("Опять"))
    assert later.request.ticket.previous == target
    assert "Тайна" not in later.request.ticket.subject


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_word_that_meets_a_merge_is_on_the_request_that_is_left(company: People) -> None:
    form(company)
    posted, anna = post(), company.actor(company.anna)
    target = company.ticket("Главная")
    opened = queries.open_request(posted.request.token)

    def say(number: int) -> None:
        try:
            continue_request(opened, words(f"Слово {number}"))
        finally:
            connections.close_all()

    def join() -> None:
        try:
            merge(_ticket(posted), into=target, by=anna)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        for done in [*(pool.submit(say, number) for number in range(3)), pool.submit(join)]:
            done.result()
    assert Ticket.objects.count() == 2
    assert set(Message.objects.values_list("ticket", flat=True)) == {target.pk}
