"""An act on many tickets where a colleague was faster: his value stays and is shown, and one may ask again."""

import json
import re
import threading
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connections
from django.http import HttpResponse

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.core.clock import now
from otklik.core.events import Event
from otklik.core.jobs import run_due_jobs
from otklik.core.settings_store import set_value
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.actions import bulk_runs
from otklik.tickets.actions.bulk import run_bulk
from otklik.tickets.actions.shelving import mark_spam, restore
from otklik.tickets.marks import mark_of_ticket
from otklik.tickets.models import BulkRun, Ticket
from otklik.tickets.queries import folder_by_key

PART = {"HX-Request": "true"}


def _shown(user: User, *tickets: Ticket, folder: str = "open") -> dict[str, str]:
    """Return what the page sends of these rows: their numbers and what each showed."""
    page = desk_client(user).get(f"/tickets/?folder={folder}").content.decode()
    marks = [re.search(rf'id="t-{ticket.pk}"[^>]* data-seen="([^"]*)"', page) for ticket in tickets]
    found = [mark[1] for mark in marks if mark]
    return {"ids": ",".join(str(ticket.pk) for ticket in tickets), "seen": ",".join(found)}


def _send(user: User, form: dict[str, Any], *, part: bool = True) -> HttpResponse:
    return desk_client(user).post("/tickets/bulk/", form, headers=PART if part else {})  # type: ignore[return-value]


def _anyway(page: str) -> dict[str, str]:
    """Return what the button of the notice sends."""
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in fields}


def _in_days(days: int) -> str:
    return (now() + timedelta(days=days)).replace(microsecond=123).isoformat()


def _theirs(company: People, ticket: Ticket, act: str) -> None:
    boris = company.actor(company.boris)
    do: dict[str, Any] = {
        "assignee": lambda: actions.assign(ticket, assignee=company.boris, by=boris),
        "team": lambda: actions.assign(ticket, team=company.field, by=boris),
        "status": lambda: actions.change_status(ticket, status="pending", by=boris),
        "priority": lambda: actions.edit_properties(ticket, priority=4, by=boris),
        "snooze": lambda: actions.snooze(ticket, until=now() + timedelta(days=5), by=boris),
        "bin": lambda: mark_spam(ticket, by=boris),
    }
    do[act]()


WISHES: dict[str, Any] = {
    "assignee": lambda c: str(c.vera.pk),
    "team": lambda _c: "",
    "status": lambda _c: "solved",
    "priority": lambda _c: "1",
    "snooze": lambda _c: _in_days(2),
    "bin": lambda _c: "1",
}


@pytest.mark.parametrize("act", WISHES)
def test_colleague_who_was_faster_keeps_his_value_until_one_asks_again(company: People, act: str) -> None:
    first, second = (company.ticket(subject, team=company.desk) for subject in ("Первая", "Вторая"))
    form = _shown(company.anna, first, second) | {act: WISHES[act](company)}
    _theirs(company, first, act)
    before = Ticket.objects.filter(pk=first.pk).values()[0]
    told = _send(company.anna, form)
    page = told.content.decode()
    assert (told.status_code, told["HX-Retarget"]) == (200, "#list-clash")
    assert company.boris.name in page
    assert f'href="/tickets/{first.pk}/"' in page
    assert f'href="/tickets/{second.pk}/"' not in page
    assert "undo" in json.loads(told["HX-Trigger"])["toast"], "the other one was changed, with a way back"
    assert Ticket.objects.filter(pk=first.pk).values()[0] == before
    assert mark_of_ticket(Ticket.objects.get(pk=second.pk)) != form["seen"].split(",")[1]
    assert _send(company.anna, _anyway(page)).status_code == 204
    assert Ticket.objects.filter(pk=first.pk).values()[0] != before
    count = Event.objects.count()
    assert _send(company.anna, _anyway(page)).status_code == 204
    assert Event.objects.count() == count, "a second time changes nothing"


def test_other_property_and_the_same_wish_are_no_clash(company: People) -> None:
    ticket = company.ticket(team=company.desk)
    form = _shown(company.anna, ticket)
    _theirs(company, ticket, "priority")
    _theirs(company, ticket, "assignee")
    assert _send(company.anna, form | {"assignee": str(company.boris.pk)}).status_code == 204
    assert _send(company.anna, form | {"status": "pending"}).status_code == 204
    assert _send(company.anna, form | {"tags": "срочно"}).status_code == 204
    assert Ticket.objects.get(pk=ticket.pk).tags_shown == ["срочно"]


def test_third_change_is_shown_again(company: People) -> None:
    ticket = company.ticket()
    form = _shown(company.anna, ticket) | {"assignee": str(company.anna.pk)}
    _theirs(company, ticket, "assignee")
    page = _send(company.anna, form).content.decode()
    actions.assign(ticket, assignee=company.vera, by=company.actor(company.vera))
    again = _send(company.anna, _anyway(page))
    assert company.vera.name in again.content.decode()
    assert Ticket.objects.get(pk=ticket.pk).assignee == company.vera


def test_without_script_the_page_says_it_in_words(company: People) -> None:
    ticket = company.ticket()
    form = _shown(company.anna, ticket) | {"assignee": str(company.anna.pk)}
    _theirs(company, ticket, "assignee")
    client = desk_client(company.anna)
    page = client.post("/tickets/bulk/", form, follow=True).content.decode()
    assert f"№ {ticket.pk}" in page
    assert company.boris.name in page


def test_stranger_gets_no_word_of_what_it_is_now(company: People) -> None:
    ticket = company.ticket(team=company.field)
    form = {"ids": str(ticket.pk), "seen": mark_of_ticket(ticket), "assignee": str(company.anna.pk)}
    _theirs(company, ticket, "assignee")
    actions.assign(ticket, assignee=company.vera, by=company.actor(company.vera))
    set_value("agents_see", "teams", by=company.actor(company.admin))
    told = _send(company.anna, form)
    assert (told.status_code, told.content) == (204, b"")
    assert company.vera.name not in told["HX-Trigger"]


@pytest.mark.parametrize(
    "seen", ["", "1", "1.2.3.4.5.bin.6", "x.....", "1.1.1.1.1.desk", ".....", "1.1.1.1.1.,1.1.1.1.1."]
)
def test_mark_that_nobody_wrote_is_refused(company: People, seen: str) -> None:
    ticket = company.ticket()
    assert _send(company.anna, {"ids": str(ticket.pk), "seen": seen, "priority": "4"}).status_code == 422
    assert Ticket.objects.get(pk=ticket.pk).priority == ticket.priority


def test_program_names_what_it_saw(company: People) -> None:
    first, second = company.ticket(), company.ticket()
    _row, plain = accounts.create_token(company.anna, name="n", scopes=["write"], by=company.actor(company.anna))
    client, head = desk_client(), {"Authorization": f"Bearer {plain}"}

    def post(body: dict[str, Any]) -> Any:
        return client.post("/api/v1/bulk", body, content_type="application/json", headers=head)

    _theirs(company, first, "priority")
    seen = [{"ticket": first.pk, "priority": "normal"}, {"ticket": second.pk, "priority": "normal"}]
    body = {"tickets": [first.pk, second.pk], "priority": "low", "seen": seen}
    told = post(body).json()
    assert told["changed"] == 1
    (refused,) = told["refused"]
    clash = refused["clash"]
    assert (refused["ticket"], clash["property"], clash["seen"], clash["now"], clash["by"]) == (
        first.pk, "priority", "normal", "urgent", company.boris.name,
    )  # fmt: skip
    assert post(body | {"seen": []}).json()["changed"] == 1
    assert post(body | {"seen": [{"ticket": first.pk, "colour": 1}]}).status_code == 422
    later = {"tickets": [first.pk], "snooze": _in_days(3), "seen": [{"ticket": first.pk, "snooze": None}]}
    _theirs(company, first, "snooze")
    assert post(later).json()["refused"][0]["clash"]["property"] == "snooze"


def test_run_leaves_what_a_colleague_set_after_it_was_begun(company: People) -> None:
    first, second, third = (company.ticket(f"Заявка {number}") for number in range(3))
    actions.assign(third, assignee=company.boris, by=company.actor(company.boris))  # before: the run may set it anew
    anna = company.actor(company.anna)
    run = bulk_runs.start_run(folder_by_key("open", {}), act="assignee", value=company.anna.pk, by=anna)
    actions.assign(first, assignee=company.vera, by=company.actor(company.vera))
    actions.edit_properties(second, priority=4, by=company.actor(company.vera))
    while run_due_jobs(limit=20, worker="test"):
        pass
    owners = [Ticket.objects.get(pk=ticket.pk).assignee for ticket in (first, second, third)]
    assert owners == [company.vera, company.anna, company.anna]
    (item,) = BulkRun.objects.get(pk=run.pk).items.exclude(refused="")
    assert item.number == first.pk
    assert company.vera.name in item.refused


def test_run_goes_by_the_condition_when_the_turn_comes(company: People) -> None:
    first, second = company.ticket(), company.ticket()
    anna = company.actor(company.anna)
    run = bulk_runs.start_run(folder_by_key("unassigned", {}), act="priority", value=4, by=anna)
    actions.assign(first, assignee=company.vera, by=company.actor(company.vera))
    bulk_runs.go_on(run.pk)
    assert [Ticket.objects.get(pk=ticket.pk).priority for ticket in (first, second)] == [first.priority, 4]


def test_shelf_left_meanwhile_is_not_left_twice(company: People) -> None:
    ticket = company.ticket()
    mark_spam(ticket, by=company.actor(company.anna))
    form = _shown(company.anna, ticket, folder="spam") | {"restore": "1"}
    restore(ticket, by=company.actor(company.boris))
    assert _send(company.anna, form).status_code == 204, "it is as she wished"


@pytest.mark.django_db(transaction=True)
def test_of_two_acts_at_once_one_is_shown_the_other() -> None:
    company = people()
    ticket = company.ticket()
    seen, gate = {ticket.pk: {"assignee": None}}, threading.Barrier(2)
    results = []

    def give(person: User) -> None:
        gate.wait()
        actor = company.actor(person)
        results.append(run_bulk([ticket.pk], act="assignee", value=person.pk, seen=seen, by=actor))
        connections.close_all()

    threads = [threading.Thread(target=give, args=(person,)) for person in (company.anna, company.boris)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((result.changed, len(result.clashes)) for result in results) == [(0, 1), (1, 0)]
