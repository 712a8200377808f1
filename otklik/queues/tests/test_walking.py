"""Guided work: one ticket for one person, skipping with a reason, and what supervisors see of it."""

import threading
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection

from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid, NotFound
from otklik.core.events import timeline
from otklik.core.settings_store import set_value
from otklik.presence.actions import look
from otklik.queues import actions, queries
from otklik.queues.models import Skip, SkipReason, Walk
from otklik.testing.people import People, people
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets import actions as tickets
from otklik.tickets.models import Ticket
from otklik.tickets.tests.test_searching import read_all


def _reason() -> SkipReason:
    return SkipReason.objects.all()[0]


def test_two_people_walk_without_meeting(company: People) -> None:
    first, second, third = (company.ticket(f"Заявка {number}") for number in "123")
    anna, boris = company.actor(company.anna), company.actor(company.boris)
    folder = queries.folder_with("unassigned")
    mine = actions.start_walk(folder=folder, by=anna)
    assert (mine.number, mine.position) == (third.pk, 1)
    assert actions.start_walk(folder=folder, by=anna).number == third.pk  # a second press: the same one
    assert Ticket.objects.get(pk=third.pk).assignee == company.anna
    look(second, tab="b", by=company.actor(company.vera))  # Vera has it open
    assert actions.start_walk(folder=folder, by=boris).number == first.pk
    assert actions.go_on(done=third.pk, by=anna).number is None


def test_what_one_has_had_comes_back_when_it_changes_or_tomorrow(company: People) -> None:
    set_value("next_assigns", False, by=company.actor(company.admin))
    ticket, anna = company.ticket(), company.actor(company.anna)
    folder = queries.folder_with("open")
    assert actions.start_walk(folder=folder, by=anna).number == ticket.pk
    assert actions.go_on(done=ticket.pk, by=anna).number is None
    assert actions.start_walk(folder=folder, by=company.actor(company.boris)).number == ticket.pk
    actions.leave_walk(by=company.actor(company.boris))
    tickets.add_incoming(ticket, body_text="Добавлю ещё", by=anna)
    assert actions.start_walk(folder=folder, by=anna).number == ticket.pk
    assert actions.go_on(done=ticket.pk, by=anna).number is None
    with time_machine.travel(now() + timedelta(days=1), tick=False):
        assert actions.start_walk(folder=folder, by=anna).number == ticket.pk


def test_skip_says_why_once_and_gives_the_ticket_back(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    actions.start_walk(folder=queries.folder_with("unassigned"), by=anna)
    with pytest.raises(Invalid):
        actions.skip_ticket(ticket.pk, reason=None, by=anna)
    for _press in range(2):
        handed = actions.skip_ticket(ticket.pk, reason=_reason(), words=" Не моё ", by=anna)
        assert handed.number is None
    skip = Skip.objects.get()
    assert (skip.ticket_id, skip.words, skip.folder) == (ticket.pk, "Не моё", "unassigned")
    assert Ticket.objects.get(pk=ticket.pk).assignee is None
    said = [row.event.describe() for row in timeline(1, ticket.pk) if row.kind == "ticket.skipped"]
    assert said == ["пропускает заявку: Нужен другой специалист"]
    assert actions.start_walk(folder=queries.folder_with("unassigned"), by=company.actor(company.boris)).number


def test_hold_runs_out_and_an_old_press_changes_nothing(company: People) -> None:
    ticket = company.ticket()
    anna, boris = company.actor(company.anna), company.actor(company.boris)
    folder = queries.folder_with("open")
    actions.start_walk(folder=folder, by=anna)
    assert actions.start_walk(folder=folder, by=boris).number is None
    with time_machine.travel(now() + actions.walking.HOLD + timedelta(seconds=1), tick=False):
        assert actions.start_walk(folder=folder, by=boris).number == ticket.pk
        assert actions.skip_ticket(ticket.pk, reason=_reason(), by=anna).number is None
    assert not Skip.objects.exists()


def test_stranger_and_reader_cannot_walk(company: People) -> None:
    with pytest.raises(Forbidden):
        actions.start_walk(folder=queries.folder_with("open"), by=company.actor(company.observer))
    with pytest.raises(NotFound):
        actions.go_on(done=1, by=company.actor(company.anna))
    set_value("agents_see", "teams", by=company.actor(company.admin))
    company.ticket(team=company.field)
    assert actions.start_walk(folder=queries.folder_with("open"), by=company.actor(company.anna)).number is None


def test_page_walks_by_forms_alone(company: People) -> None:
    first, second = company.ticket("Первая"), company.ticket("Вторая")
    anna = desk_client(company.anna)
    assert 'action="/walk/"' in anna.get("/tickets/?folder=open").content.decode()
    answer = anna.post("/walk/", {"folder": "open"})
    assert answer.headers["Location"] == f"/tickets/{second.pk}/?folder=open&walk=1"
    page = anna.get(answer.headers["Location"]).content.decode()
    assert "Разбор: 1" in page
    assert "Все открытые" in page
    assert "walk-bar" not in anna.get(f"/tickets/{first.pk}/?folder=open&walk=1").content.decode()
    answer = anna.post("/walk/skips/", {"number": second.pk, "reason": _reason().pk})
    assert answer.headers["Location"].startswith(f"/tickets/{first.pk}/")
    assert anna.post("/walk/next/", {"number": first.pk, "extra": "1"}).status_code == 302
    assert anna.post("/walk/next/", {"number": first.pk}).headers["Location"] == "/tickets/?folder=open"
    assert anna.post("/walk/end/").headers["Location"] == "/tickets/?folder=open"
    assert anna.post("/walk/", {"folder": "nothing"}).status_code == 404


def test_bar_costs_one_statement_more(company: People) -> None:
    ticket, anna = company.ticket(), desk_client(company.anna)
    anna.post("/walk/", {"folder": "open"})
    anna.get(f"/tickets/{ticket.pk}/?walk=1")
    with assert_statements(12) as plain:
        anna.get(f"/tickets/{ticket.pk}/?folder=open")
    with assert_statements(len(plain.captured_queries) + 1):
        anna.get(f"/tickets/{ticket.pk}/?folder=open&walk=1")


def test_supervisor_reads_the_report_and_administrator_keeps_the_reasons(company: People) -> None:
    ticket, anna = company.ticket("Сложный случай"), company.actor(company.anna)
    actions.start_walk(folder=queries.folder_with("open"), by=anna)
    actions.skip_ticket(ticket.pk, reason=_reason(), words="Нужен холодильщик", by=anna)
    page = desk_client(company.vera).get("/settings/skips/").content.decode()
    assert "Нужен холодильщик" in page
    assert "Сложный случай" in page
    assert desk_client(company.anna).get("/settings/skips/").status_code == 404
    admin = desk_client(company.admin)
    answer = admin.post("/settings/skips/reasons/", {"id": _reason().pk, "name_ru": "Не по профилю", "enabled": "1"})
    assert answer.status_code == 302
    assert _reason().name_ru == "Не по профилю"
    admin.post("/settings/skips/reasons/", {"name_ru": "Ночь", "name_en": "Night"})
    assert SkipReason.objects.get(name_ru="Ночь").enabled
    assert admin.post("/settings/skips/reasons/", {"name_ru": " "}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_pressing_at_the_same_moment_gives_different_tickets() -> None:
    company = people()
    for number in range(3):
        company.ticket(f"Заявка {number}")
    folder = queries.folder_with("open")
    gate, got = threading.Barrier(3), []

    def press(user: object) -> None:
        try:
            actor = company.actor(user)  # type: ignore[arg-type]
            gate.wait(5)
            got.append(actions.start_walk(folder=folder, by=actor).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[user]) for user in (company.anna, company.boris, company.vera)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(set(got)) == 3
    assert None not in got
    assert Walk.objects.filter(ticket__isnull=False).count() == 3


def test_walk_over_what_was_found_is_fixed_open_and_in_its_order(company: People) -> None:
    first, second, third = (company.ticket(f"Запотело стекло {number}") for number in "123")
    company.ticket("Прочее")
    anna, boris = company.actor(company.anna), company.actor(company.boris)
    tickets.change_status(second, status="solved", by=anna)
    tickets.add_incoming(first, body_text="Запотело опять", by=anna)
    read_all()
    browser = desk_client(company.anna)
    began = browser.post("/walk/", {"folder": "search:запотело"})
    assert began.url == f"/tickets/{first.pk}/?{urlencode({'q': 'запотело'})}&walk=1"
    assert browser.post("/walk/", {"folder": "search:запотело"}).url == began.url  # a second press
    assert "из того, что найдено" in browser.get(began.url).content.decode()
    late = company.ticket("Запотело позже")
    read_all()
    assert actions.start_walk(folder=queries.folder_with("search:запотело"), by=boris).number == late.pk
    assert browser.post("/walk/next/", {"number": first.pk}).url.startswith(f"/tickets/{third.pk}/?q=")
    over = browser.post("/walk/next/", {"number": third.pk})
    assert over.url == f"/search/?{urlencode({'q': 'запотело'})}"
    assert browser.post("/walk/end/").url == over.url
    assert browser.post("/walk/", {"folder": "search: "}).status_code == 404
    assert Walk.objects.get(user=company.anna).folder == "search"  # the words are not kept


def test_walk_through_a_tag_gives_open_tickets_only(company: People) -> None:
    first, second = company.ticket(tags=["холод"]), company.ticket(tags=["холод"])
    anna = company.actor(company.anna)
    tickets.change_status(second, status="solved", by=anna)
    assert actions.start_walk(folder=queries.folder_with("tag:ХОЛОД"), by=anna).number == first.pk
    assert actions.go_on(done=first.pk, by=anna).number is None
