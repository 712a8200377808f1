"""Who looks and who writes: seen by those who see the ticket, written seldom, gone by itself."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid
from otklik.core.settings_store import set_value
from otklik.presence.actions import LASTS, MOST_AT_ONCE, leave, look, prune_looking
from otklik.presence.models import Looking
from otklik.presence.queries import everybody_here, others_at
from otklik.testing.people import People, people
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets.models import Ticket


def _names(ticket: Ticket, actor: Actor) -> list[tuple[str, str]]:
    return [(person.name, person.writing) for person in others_at(ticket, actor)]


def test_colleague_is_seen_and_what_he_writes_but_not_oneself(company: People) -> None:
    ticket, anna, boris = company.ticket(), company.actor(company.anna), company.actor(company.boris)
    assert look(ticket, tab="a", by=anna)
    assert look(ticket, tab="b", writing="reply", by=boris)
    assert _names(ticket, anna) == [(company.boris.name, "reply")]
    assert _names(ticket, boris) == [(company.anna.name, "")]
    assert everybody_here() == {ticket.pk: {company.anna.pk: False, company.boris.pk: True}}


def test_same_word_is_not_written_again_at_once(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    look(ticket, tab="a", by=anna)
    with assert_statements(1):
        assert not look(ticket, tab="a", by=anna)
    with time_machine.travel(now() + timedelta(seconds=20), tick=False), assert_statements(2):
        assert not look(ticket, tab="a", by=anna)  # written, but nobody sees a difference
    assert Looking.objects.count() == 1


def test_word_runs_out_by_itself(company: People) -> None:
    ticket, anna, boris = company.ticket(), company.actor(company.anna), company.actor(company.boris)
    look(ticket, tab="a", writing="note", by=anna)
    with time_machine.travel(now() + timedelta(seconds=31), tick=False):
        assert _names(ticket, boris) == [(company.anna.name, "")]
        assert everybody_here() == {ticket.pk: {company.anna.pk: False}}
    with time_machine.travel(now() + LASTS + timedelta(seconds=1), tick=False):
        assert _names(ticket, boris) == []
        assert everybody_here() == {}
        assert look(ticket, tab="a", by=anna)  # he is back: news
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        assert prune_looking() == 1


def test_two_tabs_of_one_person_are_one(company: People) -> None:
    ticket, anna, boris = company.ticket(), company.actor(company.anna), company.actor(company.boris)
    look(ticket, tab="a", writing="reply", by=anna)
    look(ticket, tab="b", by=anna)
    assert _names(ticket, boris) == [(company.anna.name, "reply")]
    assert not leave(ticket, tab="b", by=anna)
    assert _names(ticket, boris) == [(company.anna.name, "reply")]
    look(ticket, tab="a", by=anna)
    assert _names(ticket, boris) == [(company.anna.name, "")]
    assert leave(ticket, tab="a", by=anna)
    assert _names(ticket, boris) == []


@pytest.mark.parametrize(("tab", "writing"), [("a b", ""), ("x" * 17, ""), ("", ""), ("a", "poem"), ("ы", "")])
def test_words_that_make_no_sense_are_refused(company: People, tab: str, writing: str) -> None:
    with pytest.raises(Invalid):
        look(company.ticket(), tab=tab, writing=writing, by=company.actor(company.anna))
    assert not Looking.objects.exists()


def test_customer_and_system_are_not_present(company: People) -> None:
    for nobody in (company.contact_actor(company.clara), Actor.system()):
        with pytest.raises(Forbidden):
            look(company.ticket(), tab="a", by=nobody)


def _post(user: User, ticket: Ticket, **form: str) -> tuple[int, str]:
    answer = desk_client(user).post(f"/tickets/{ticket.pk}/presence/", form)
    return answer.status_code, answer.content.decode().strip()


def test_page_says_and_shows(company: People) -> None:
    ticket = company.ticket()
    assert _post(company.boris, ticket, tab="b", writing="reply") == (200, "")
    status, html = _post(company.anna, ticket, tab="a")
    assert (status, f"{company.boris.name} пишет ответ…" in html) == (200, True)
    assert f"{company.anna.name} смотрит эту заявку" in _post(company.boris, ticket, tab="b")[1]
    assert _post(company.boris, ticket, tab="b", leave="1")[0] == 204
    assert desk_client(company.anna).get(f"/tickets/{ticket.pk}/presence/").content.strip() == b""
    assert _post(company.anna, ticket, tab="a", more="x")[0] == 422


def test_name_is_escaped(company: People) -> None:
    User.objects.filter(pk=company.boris.pk).update(name="<b>Борис</b>")
    ticket = company.ticket()
    _post(company.boris, ticket, tab="b")
    assert "<b>Борис" not in _post(company.anna, ticket, tab="a")[1]


def test_who_may_not_see_the_ticket_neither_says_nor_sees(company: People) -> None:
    set_value("agents_see", "teams", by=Actor.system())
    ticket = company.ticket(team=company.field)
    _post(company.vera, ticket, tab="v")
    assert _post(company.anna, ticket, tab="a")[0] == 404
    assert desk_client(company.anna).get(f"/tickets/{ticket.pk}/presence/").status_code == 404
    assert set(everybody_here()[ticket.pk]) == {company.vera.pk}


def _program(user: User, method: str, path: str, body: object = None, scope: str = "presence:write") -> tuple[int, Any]:
    _row, plain = accounts.create_token(user, name="n", scopes=[scope], by=actor_for(user))
    sent = {} if body is None else {"data": body, "content_type": "application/json"}
    answer = getattr(desk_client(), method)(f"/api/v1{path}", headers={"Authorization": f"Bearer {plain}"}, **sent)
    return answer.status_code, answer.json() if answer.content else None


def test_program_says_who_is_there_and_takes_it_back(company: People) -> None:
    ticket = company.ticket()
    path = f"/tickets/{ticket.pk}/presence"
    look(ticket, tab="b", by=company.actor(company.boris))
    for _again in range(2):
        status, told = _program(company.anna, "put", path, {"writing": "incoming", "tab": "phone"})
        assert (status, [one["name"] for one in told["others"]]) == (200, [company.boris.name])
    assert _names(ticket, company.actor(company.boris)) == [(company.anna.name, "incoming")]
    assert _program(company.anna, "delete", f"{path}?tab=other")[0] == 204
    assert len(everybody_here()[ticket.pk]) == 2
    for _again in range(2):
        assert _program(company.anna, "delete", f"{path}?tab=phone")[0] == 204
    assert set(everybody_here()[ticket.pk]) == {company.boris.pk}


def test_token_must_cover_presence_and_says_only_that(company: People) -> None:
    ticket = company.ticket()
    path = f"/tickets/{ticket.pk}/presence"
    for scope in ("read", "presence:read", "contacts:write"):
        assert _program(company.anna, "put", path, {}, scope)[0] == 403, scope
    for scope in ("write", "tickets:write"):
        assert _program(company.anna, "put", path, {}, scope)[0] == 200, scope
    assert _program(company.anna, "get", f"/tickets/{ticket.pk}")[0] == 403
    assert _program(company.anna, "get", path)[0] == 200
    for wrong in ({"writing": "poem"}, {"tab": "a-b"}, {"tab": ""}, {"more": 1}):
        assert _program(company.anna, "put", path, wrong)[0] == 422, wrong


def test_program_opens_no_more_than_a_person_reads(company: People) -> None:
    tickets = [company.ticket() for _number in range(MOST_AT_ONCE + 1)]
    answers = [_program(company.anna, "put", f"/tickets/{ticket.pk}/presence", {})[0] for ticket in tickets]
    assert answers == [200] * MOST_AT_ONCE + [429]
    assert _program(company.anna, "put", f"/tickets/{tickets[0].pk}/presence", {})[0] == 200
    assert _program(company.boris, "put", f"/tickets/{tickets[-1].pk}/presence", {})[0] == 200


def test_program_of_a_stranger_gets_404(company: People) -> None:
    set_value("agents_see", "teams", by=Actor.system())
    ticket = company.ticket(team=company.field)
    for method, body in (("put", {}), ("delete", None), ("get", None)):
        assert _program(company.anna, method, f"/tickets/{ticket.pk}/presence", body)[0] == 404
    assert not Looking.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_speak_at_once_leave_one_row() -> None:
    company = people()
    ticket, both, wrong = company.ticket(), threading.Barrier(2), []

    def speak(tab: str) -> None:
        try:
            both.wait(10)
            look(ticket, tab=tab, writing="reply", by=company.actor(company.anna))
        except Exception as error:
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=speak, args=(tab,)) for tab in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (wrong, Looking.objects.count()) == ([], 1)
