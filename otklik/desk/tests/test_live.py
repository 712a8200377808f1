"""What changed since: only visible tickets, counters when anything did, and places that make no sense refused."""

import time
from datetime import timedelta
from importlib import import_module

import pytest

from otklik.accounts.actions import change_user
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.events import Live, dispatch_batch
from otklik.core.settings_store import set_value
from otklik.desk.counting import shown
from otklik.presence.actions import look
from otklik.testing.people import People
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets import actions


def _told() -> None:
    while dispatch_batch():
        pass


def _moment() -> str:
    return f"t{int(time.time() * 1000)}"


def test_stranger_hears_nothing(company: People) -> None:
    assert desk_client().get("/live/?since=0").status_code == 401


def test_change_is_told_once_with_counters(company: People) -> None:
    browser = desk_client(company.anna)
    _told()
    place = browser.get(f"/live/?since={_moment()}").json()["since"]
    ticket = company.ticket()
    _told()
    news = browser.get(f"/live/?since={place}").json()
    assert news["tickets"] == [ticket.pk]
    assert news["counters"]["open"] == "1"
    quiet = browser.get(f"/live/?since={news['since']}").json()
    assert quiet == {"since": news["since"], "rights": news["rights"]}


def test_page_made_before_the_change_was_told_still_hears_it(company: People) -> None:
    moment = _moment()
    ticket = company.ticket()
    _told()
    assert desk_client(company.anna).get(f"/live/?since={moment}").json()["tickets"] == [ticket.pk]


def test_what_is_written_while_a_page_begins_is_told_next(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ticket comes right after the rows were read: the place of the answer must lie before it."""
    browser, made = desk_client(company.anna), []
    company.ticket()
    _told()
    Live.objects.update(at=now() - timedelta(hours=1))

    def interrupted(since: str) -> list[Live]:
        rows = read(since)
        made.append(company.ticket())
        _told()
        return rows

    view = import_module("otklik.desk.views.live")  # by its name the package gives the function
    read = view._since_moment
    monkeypatch.setattr(view, "_since_moment", interrupted)
    answer = browser.get(f"/live/?since={_moment()}").json()
    assert "tickets" not in answer
    assert browser.get(f"/live/?since={answer['since']}").json()["tickets"] == [made[0].pk]


def test_invisible_ticket_is_not_named(company: People) -> None:
    browser = desk_client(company.anna)
    place = browser.get(f"/live/?since={_moment()}").json()["since"]
    set_value("agents_see", "teams", by=Actor.system())
    foreign = company.ticket(team=company.field)
    _told()
    answer = browser.get(f"/live/?since={place}").json()
    assert foreign.pk not in answer.get("tickets", [])
    assert "moved" not in answer
    actions.assign(foreign, assignee=company.boris, by=company.actor(company.admin))
    _told()
    assert browser.get(f"/live/?since={answer['since']}").json()["moved"] is True


def test_the_mark_of_a_page_is_another_once_the_rights_of_its_reader_are(company: People) -> None:
    browser, by = desk_client(company.anna), company.actor(company.admin)

    def marks() -> set[str]:
        page = browser.get("/tickets/?folder=open").content.decode()
        return {str(browser.get("/live/?since=0").json()["rights"]), page.split('data-live-rights="')[1].split('"')[0]}

    before = marks()
    assert len(before) == 1
    change_user(company.anna, teams=[company.desk, company.field], by=by)
    in_two_teams = marks()
    change_user(company.anna, role="observer", by=by)
    assert len(before | in_two_teams | marks()) == 3


def test_quiet_answer_costs_three_statements(company: People) -> None:
    browser = desk_client(company.anna)
    place = browser.get(f"/live/?since={_moment()}").json()["since"]
    with assert_statements(3):
        browser.get(f"/live/?since={place}")


def test_who_has_a_ticket_open_is_told_to_those_who_see_it(company: People) -> None:
    anna, boris = desk_client(company.anna), desk_client(company.boris)
    ticket = company.ticket()
    place = anna.get(f"/live/?since={_moment()}").json()["since"]
    assert anna.get(f"/live/?since={place}&here=1").json()["presence"] == {}
    look(ticket, tab="one", writing="reply", by=company.actor(company.boris))
    news = anna.get(f"/live/?since={place}&here=1").json()
    assert news["presence"] == {str(ticket.pk): [[company.boris.pk, 1]]}
    assert "presence" not in anna.get(f"/live/?since={place}").json()  # the stream tells it
    assert boris.get(f"/live/?since={place}&here=1").json()["presence"] == {}
    set_value("agents_see", "teams", by=Actor.system())
    foreign = company.ticket(team=company.field)
    look(foreign, tab="two", writing="", by=company.actor(company.admin))
    assert str(foreign.pk) not in anna.get(f"/live/?since={place}&here=1").json()["presence"]


def test_page_that_missed_much_is_loaded_anew(company: People) -> None:
    ticket = company.ticket()
    browser = desk_client(company.anna)
    for number in range(201):
        actions.add_note(ticket, body_text=f"Заметка {number}", by=company.actor(company.anna))
    _told()
    answer = browser.get("/live/?since=0").json()
    assert answer["refresh"] is True
    assert "tickets" not in answer


@pytest.mark.parametrize("since", ["x", "t", "tx", "-1", "t" + "9" * 20, "9" * 30, "1;2"])
def test_place_that_makes_no_sense_is_refused(company: People, since: str) -> None:
    assert desk_client(company.anna).get("/live/", {"since": since}).status_code in {400, 422}


@pytest.mark.parametrize(("count", "words"), [(None, ""), (0, ""), (1, "1"), (99, "99"), (100, "99+"), (5000, "99+")])
def test_counters_are_capped(count: int | None, words: str) -> None:
    assert shown(count) == words
