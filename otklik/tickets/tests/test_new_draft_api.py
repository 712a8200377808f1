"""A ticket that is being entered, kept by programs and by the page alike."""

import threading
from typing import Any

import pytest
from django.db import connections

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.core.errors import Conflict
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets.actions.drafting import NEW_TICKET, save_draft
from otklik.tickets.models import Draft


def _api(user: User, method: str, body: Any = None, scope: str = "tickets:write") -> tuple[int, Any]:
    """Ask for the draft, keep it or drop it; of a list the one that is there."""
    _row, plain = accounts.create_token(user, name="n", scopes=[scope], by=actor_for(user))
    sent = {} if body is None else {"data": body, "content_type": "application/json"}
    path = "/api/v1/drafts" if method == "get" else "/api/v1/drafts/new"
    answer = getattr(desk_client(), method)(path, headers={"Authorization": f"Bearer {plain}"}, **sent)
    told = answer.json() if answer.content else None
    return answer.status_code, next(iter(told["items"]), None) if told and "items" in told else told


def test_page_and_program_write_one_draft(company: People) -> None:
    body = {"body_text": "Не холодит", "fields": {"subject": "Витрина", "way": "record"}}
    status, kept = _api(company.anna, "put", body)
    assert (status, kept["version"], kept["fields"]) == (200, 1, {"subject": "Витрина", "way": "record"})
    assert _api(company.anna, "put", body | {"version": 1})[1]["version"] == 1, "the same again changes nothing"
    client = desk_client(company.anna)
    shown = client.get("/tickets/new/draft/").json()["new"]
    assert ("Не холодит" in shown["text"], shown["fields"]["subject"]) == (True, "Витрина")
    client.post("/tickets/new/draft/", {"mode": "new", "text": "<p>Иначе</p>", "version": "1"})
    status, problem = _api(company.anna, "put", body | {"version": 1})
    assert (status, problem["current"]["body_html"]) == (409, "<p>Иначе</p>")
    assert _api(company.anna, "get")[1]["fields"]["subject"] == "Витрина", "fields that nobody named stay"
    for _again in range(2):
        assert _api(company.anna, "delete")[0] == 204
    assert _api(company.anna, "get") == (200, None)


def test_draft_is_nobody_elses_and_asks_for_the_right(company: People) -> None:
    save_draft(None, mode=NEW_TICKET, text="<p>Моё</p>", by=company.actor(company.anna))
    assert _api(company.boris, "get") == (200, None)
    assert _api(company.boris, "delete")[0] == 204
    assert Draft.objects.count() == 1
    assert _api(company.anna, "get", scope="read")[0] == 200
    for method, body in (("put", {"body_text": "x"}), ("delete", None)):
        assert _api(company.anna, method, body, scope="read")[0] == 403
    for method, body in (("get", None), ("put", {"body_text": "x"}), ("delete", None)):
        assert _api(company.observer, method, body, scope="write")[0] == 403
    for wrong in ({}, {"body_text": "x", "fields": {"colour": "1"}}, {"body_text": "x", "fields": {"way": "fly"}}):
        assert _api(company.anna, "put", wrong)[0] == 422, wrong


@pytest.mark.django_db(transaction=True)
def test_of_two_that_begin_at_once_one_is_told_of_the_other() -> None:
    company = people()
    gate, ends = threading.Barrier(2), []

    def write(text: str) -> None:
        gate.wait()
        try:
            ends.append(save_draft(None, mode=NEW_TICKET, text=text, by=company.actor(company.anna)))
        except Conflict:
            ends.append(-1)
        connections.close_all()

    threads = [threading.Thread(target=write, args=(text,)) for text in ("<p>Раз</p>", "<p>Два</p>")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == [-1, 1]
