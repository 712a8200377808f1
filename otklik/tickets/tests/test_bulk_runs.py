"""An act on a whole folder: by condition, as a job, with rights looked at for each ticket, stopped and taken back."""

import json
from importlib import import_module

import pytest

from otklik.accounts import actions as accounts
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.core.jobs import run_due_jobs
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.actions import bulk_runs
from otklik.tickets.actions.bulk import KNOWN_ACTS, run_bulk, undo_bulk
from otklik.tickets.models import BulkRun, RunState, Step, Ticket
from otklik.tickets.queries import folder_by_key
from otklik.tickets.queries.runs import get_run, refusals
from otklik.tickets.tests.test_searching import read_all

PART = {"HX-Request": "true"}
bulk_view = import_module("otklik.tickets.views.bulk")  # the package has a function of the same name


def _jobs() -> None:
    while run_due_jobs(limit=20, worker="test"):
        pass


def test_whole_folder_is_changed_and_taken_back_by_page(company: People) -> None:
    tickets = [company.ticket(f"Заявка {number}") for number in range(30)]
    elsewhere = company.ticket("Чужая", assignee=company.vera)
    anna = desk_client(company.anna)
    assert anna.get("/tickets/bulk/?count=unassigned").json() == {"count": 30, "capped": False}
    told = anna.post("/tickets/bulk/", {"folder": "unassigned", "assignee": company.boris.pk}, headers=PART)
    assert told.status_code == 204
    run = BulkRun.objects.get()
    assert f'"run": {run.pk}' in told.headers["HX-Trigger"]
    assert "0 из 30" in anna.get("/tickets/bulk/runs/").content.decode()
    assert anna.post("/tickets/bulk/", {"folder": "open", "priority": 3}, headers=PART).status_code == 409
    _jobs()
    assert Ticket.objects.filter(assignee=company.boris).count() == 30
    assert Ticket.objects.get(pk=elsewhere.pk).assignee == company.vera
    assert "Изменено 30 заявок" in anna.get(f"/tickets/bulk/runs/{run.pk}/").content.decode()
    actions.assign(tickets[0], assignee=company.anna, by=company.actor(company.vera))
    for _press in range(2):
        anna.post(f"/tickets/bulk/runs/{run.pk}/", {"act": "undo"}, headers=PART)
    _jobs()
    assert Ticket.objects.filter(assignee=None).count() == 29
    run.refresh_from_db()
    assert (run.state, run.changed, run.refused) == (RunState.UNDONE, 29, 1)
    assert [number for number, _why in refusals(run)] == [tickets[0].pk]
    for stranger in (company.boris, company.admin):
        with pytest.raises(NotFound):
            get_run(company.actor(stranger), run.pk)
        assert desk_client(stranger).get(f"/tickets/bulk/runs/{run.pk}/").status_code == 404


def test_run_cut_off_goes_on_and_a_second_worker_does_nothing_twice(company: People) -> None:
    for number in range(5):
        company.ticket(f"Заявка {number}")
    anna = company.actor(company.anna)
    run = bulk_runs.start_run(folder_by_key("open", {}), act="tags", value=["срочно"], by=anna)
    stale = BulkRun.objects.select_related("user").get(pk=run.pk)
    first = Ticket.objects.order_by("pk").select_related("status")[0]
    bulk_runs._do_one(stale, KNOWN_ACTS["tags"], first.pk, first, anna)  # the worker died after the first ticket
    assert bulk_runs.go_on(run.pk) == 5
    with pytest.raises(bulk_runs._Halt):
        bulk_runs._do_one(stale, KNOWN_ACTS["tags"], first.pk, first, anna)
    assert bulk_runs.go_on(run.pk) == 5
    run.refresh_from_db()
    assert (run.state, run.done, run.items.count()) == (RunState.DONE, 5, 5)


def test_rights_are_looked_at_for_each_ticket_when_its_turn_comes(company: People) -> None:
    mine, hidden = company.ticket("Моя"), company.ticket("Чужая", team=company.field)
    run = bulk_runs.start_run(folder_by_key("open", {}), act="status", value="pending", by=company.actor(company.anna))
    assert run.total == 2
    set_value("agents_see", "teams", by=company.actor(company.admin))
    bulk_runs.go_on(run.pk)
    assert Ticket.objects.get(pk=mine.pk).status.key == "pending"
    assert Ticket.objects.get(pk=hidden.pk).status.key == "new"


def test_stopped_run_leaves_the_rest_and_a_blocked_person_ends_it(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    folder = folder_by_key("open", {})
    run = bulk_runs.start_run(folder, act="priority", value=4, by=anna)
    assert bulk_runs.stop_run(run)
    assert not bulk_runs.stop_run(run)
    bulk_runs.go_on(run.pk)
    assert Ticket.objects.get(pk=ticket.pk).priority == 2
    run = bulk_runs.start_run(folder, act="priority", value=4, by=anna)
    accounts.block_user(company.anna, by=company.actor(company.admin))
    bulk_runs.go_on(run.pk)
    run.refresh_from_db()
    assert (run.state, run.changed) == (RunState.STOPPED, 0)


def test_what_cannot_be_begun_is_refused(company: People) -> None:
    anna = company.actor(company.anna)
    with pytest.raises(Invalid):
        bulk_runs.start_run(folder_by_key("open", {}), act="status", value="pending", by=anna)
    company.ticket()
    with pytest.raises(Invalid):
        bulk_runs.start_run(folder_by_key("open", {}), act="delete", by=anna)
    bulk_runs.start_run(folder_by_key("open", {}), act="status", value="pending", by=anna)
    with pytest.raises(Conflict):
        bulk_runs.start_run(folder_by_key("open", {}), act="status", value="open", by=anna)
    browser = desk_client(company.anna)
    assert browser.post("/tickets/bulk/", {"folder": "nothing", "priority": 3}).status_code == 404
    assert browser.get("/tickets/bulk/?count=nothing").status_code == 404


def test_what_was_found_is_fixed_at_the_start_and_taken_back(company: People) -> None:
    found = [company.ticket(f"Запотело стекло {number}") for number in range(3)]
    hidden = company.ticket("Запотело чужое стекло", team=company.field)
    other = company.ticket("Совсем другое")
    set_value("agents_see", "teams", by=company.actor(company.admin))
    read_all()
    anna = desk_client(company.anna)
    assert anna.get("/tickets/bulk/", {"count": "search:запотело"}).json() == {"count": 3, "capped": False}
    anna.post("/tickets/bulk/", {"folder": "search:запотело", "priority": 4}, headers=PART)
    late = company.ticket("Запотело позже")
    read_all()
    _jobs()
    run = BulkRun.objects.get()
    assert (run.folder, run.total, run.changed) == ("search", 3, 3)
    urgent = set(Ticket.objects.filter(priority=4).values_list("pk", flat=True))
    assert urgent == {ticket.pk for ticket in found}
    assert {hidden.pk, other.pk, late.pk}.isdisjoint(urgent)
    anna.post(f"/tickets/bulk/runs/{run.pk}/", {"act": "undo"}, headers=PART)
    _jobs()
    assert not Ticket.objects.filter(priority=4).exists()
    assert anna.post("/tickets/bulk/", {"folder": "search: ", "priority": 4}, headers=PART).status_code == 404
    assert anna.get("/tickets/bulk/", {"count": "search:status:нет"}).status_code in {302, 422}


def test_tag_folder_is_fixed_capped_and_goes_on_past_what_went_out_of_sight(
    company: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (bulk_runs, bulk_view):
        monkeypatch.setattr(module, "MOST_FIXED", 3)
    tickets = [company.ticket(f"Заявка {number}", tags=["холод"]) for number in range(5)]
    anna = desk_client(company.anna)
    assert anna.get("/tickets/bulk/", {"count": "tag:холод"}).json() == {"count": 3, "capped": True}
    anna.post("/tickets/bulk/", {"folder": "tag:холод", "untags": "ХОЛОД, прочее"}, headers=PART)
    run = BulkRun.objects.get()
    assert run.capped
    assert "новейшие 3" in anna.get("/tickets/bulk/runs/").content.decode()
    actions.assign(tickets[2], team=company.field, by=company.actor(company.vera))
    set_value("agents_see", "teams", by=company.actor(company.admin))
    bulk_runs.go_on(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.changed, run.refused) == (RunState.DONE, 3, 2, 1)
    assert [bool(Ticket.objects.get(pk=ticket.pk).tags_shown) for ticket in tickets] == [True] * 3 + [False] * 2


def test_tags_are_taken_off_the_selected_and_given_back(company: People) -> None:
    first, second = company.ticket(tags=["Холод", "сеть"]), company.ticket(tags=["сеть"])
    anna = desk_client(company.anna)
    ids = f"{first.pk},{second.pk}"
    for _press in range(2):
        told = anna.post("/tickets/bulk/", {"ids": ids, "untags": "холод"}, headers=PART)
    assert "0 заявок" in json.loads(told.headers["HX-Trigger"])["toast"]["value"]
    assert Ticket.objects.get(pk=first.pk).tags_shown == ["сеть"]
    step = Step.objects.get(kind="bulk")
    undo_bulk(step, by=company.actor(company.anna))
    assert Ticket.objects.get(pk=first.pk).tags_shown == ["Холод", "сеть"]
    assert anna.post("/tickets/bulk/", {"ids": ids, "untags": " , "}, headers=PART).status_code == 422
    refused = run_bulk([first.pk], act="untags", value=["сеть"], by=company.actor(company.observer))
    assert (refused.changed, len(refused.refused)) == (0, 1)
