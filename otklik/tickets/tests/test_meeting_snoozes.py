"""Two who put one ticket off: a date of a colleague is not replaced unseen; one by time or answer is nobody's."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connections
from django.http import HttpResponse

from otklik.accounts.models import User
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.events import Event
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.models import Ticket


def _in(days: int) -> datetime:
    return (now() + timedelta(days=days)).replace(microsecond=0)


def _post(user: User, ticket: Ticket, **form: object) -> HttpResponse:
    address = f"/tickets/{ticket.pk}/snooze/"
    return desk_client(user).post(address, form, headers={"HX-Request": "true"})  # type: ignore[return-value]


def _until(ticket: Ticket) -> datetime | None:
    return Ticket.objects.values_list("snoozed_until", flat=True).get(pk=ticket.pk)


def _snoozed(company: People, until: datetime) -> Ticket:
    ticket = company.ticket()
    actions.snooze(ticket, until=until, by=company.actor(company.boris))
    return ticket


def test_menu_sends_what_it_shows(company: People) -> None:
    until = _in(2)
    for ticket, shown in ((company.ticket(), ""), (_snoozed(company, until), until.isoformat())):
        page = desk_client(company.anna).get(f"/tickets/{ticket.pk}/").content.decode()
        menu = page[page.index('id="snooze-menu"') :]
        menu = menu[: menu.index("</details>")]
        assert menu.count("<form") == menu.count(f'name="was" value="{shown}"') > 1


def test_clash_names_both_dates_and_who_chose(company: People) -> None:
    ticket = _snoozed(company, datetime.fromisoformat(f"{now().year + 1}-01-12T09:00:00+03:00"))
    wanted = f"{now().year + 1}-01-14T09:00:00+03:00"
    refused = _post(company.anna, ticket, until=wanted, was="")
    text = refused.content.decode()
    assert refused.status_code == 409
    for words in (
        company.boris.name,
        "Отложена: <s>нет</s>",
        "<b>до 12\N{NO-BREAK SPACE}янв",
        "«до 14\N{NO-BREAK SPACE}янв",
    ):
        assert words in text


def test_taking_back_takes_no_other_date_away(company: People) -> None:
    first, second = _in(2), _in(3)
    ticket = _snoozed(company, first)
    actions.snooze(ticket, until=second, by=company.actor(company.boris))
    refused = _post(company.anna, ticket, was=first.isoformat())
    assert (refused.status_code, _until(ticket)) == (409, second)
    assert 'name="until" value=""' in refused.content.decode()
    for _again in range(2):
        assert _post(company.anna, ticket, until="", was=second.isoformat()).status_code == 204
        assert _until(ticket) is None
    assert Event.objects.filter(subject_id=ticket.pk, kind="ticket.woken").count() == 1


def test_same_date_of_two_and_a_second_press_are_no_clash(company: People) -> None:
    ticket, until = company.ticket(), _in(2)
    for user in (company.anna, company.boris, company.boris):
        assert _post(user, ticket, until=until.isoformat(), was="").status_code == 204
    assert Event.objects.filter(subject_id=ticket.pk, kind="ticket.snoozed").count() == 1


def test_ticket_that_came_back_by_itself_is_put_off_again(company: People) -> None:
    was, until = _in(2), _in(3)
    by_answer, by_time = _snoozed(company, was), _snoozed(company, was)
    actions.add_incoming(by_answer, body_text="Когда?", by=company.actor(company.boris))
    Ticket.objects.filter(pk=by_time.pk).update(snoozed_until=now())
    assert actions.wake_by_time(by_time.pk, by=Actor.system())
    for ticket in (by_answer, by_time):
        assert _until(ticket) is None
        assert _post(company.anna, ticket, until=until.isoformat(), was=was.isoformat()).status_code == 204
        assert _until(ticket) == until


def test_ticket_that_a_colleague_took_back_or_answered_is_not(company: People) -> None:
    was, boris = _in(2), company.actor(company.boris)
    taken, answered = _snoozed(company, was), _snoozed(company, was)
    actions.unsnooze(taken, by=boris)
    actions.reply(answered, body_text="Едем", by=boris)
    for ticket in (taken, answered):
        refused = _post(company.anna, ticket, until=_in(3).isoformat(), was=was.isoformat())
        assert (refused.status_code, _until(ticket)) == (409, None)
        assert company.boris.name in refused.content.decode()


def test_strangers_and_what_makes_no_sense_are_refused(company: People) -> None:
    ticket, until = company.ticket(), _in(2).isoformat()
    assert _post(company.technician, ticket, until=until, was="").status_code == 404
    assert _post(company.observer, ticket, until=until, was="").status_code in {403, 404}
    assert _post(company.anna, ticket, until=until, was="вчера").status_code == 422
    assert _until(ticket) is None


@pytest.mark.django_db(transaction=True)
def test_two_who_put_one_ticket_off_at_once_get_one_date() -> None:
    company = people()
    ticket = company.ticket()
    both, ends = threading.Barrier(2), []

    def put_off(user: User, until: datetime) -> None:
        try:
            both.wait(10)
            actions.snooze(Ticket.objects.get(pk=ticket.pk), until=until, seen={"until": None}, by=company.actor(user))
            ends.append(until)
        except actions.Clash as clash:
            ends.append(clash.now)
        finally:
            connections.close_all()

    dates = ((company.anna, _in(2)), (company.boris, _in(3)))
    threads = [threading.Thread(target=put_off, args=date) for date in dates]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert ends == [_until(ticket)] * 2
