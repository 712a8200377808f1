"""An act on a whole folder: by condition, as a job, with rights looked at for each ticket, stopped and taken back."""

import pytest

from otklik.accounts import actions as accounts
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.core.jobs import run_due_jobs
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.actions import bulk_runs
from otklik.tickets.models import BulkRun, RunState, Ticket
from otklik.tickets.queries import folder_by_key
from otklik.tickets.queries.runs import get_run, refusals

PART = {"HX-Request": "true"}


def _jobs() -> None:
    while run_due_jobs(limit=20, worker="test"):
        pass


def test_whole_folder_is_changed_and_taken_back_by_page(company: People) -> None:
    tickets = [company.ticket(f"Заявка {number}") for number in range(30)]
    elsewhere = company.ticket("Чужая", assignee=company.vera)
    anna = desk_client(company.anna)
    assert anna.get("/tickets/bulk/?count=unassigned").json() == {"count": 30}
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
    bulk_runs._do_one(stale, bulk_runs._ACTS["tags"], first, anna)  # the worker died after the first ticket
    assert bulk_runs.go_on(run.pk) == 5
    with pytest.raises(bulk_runs._Halt):
        bulk_runs._do_one(stale, bulk_runs._ACTS["tags"], first, anna)
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


def test_search_offers_the_bar_too(company: People) -> None:
    ticket = company.ticket("Запотело стекло")
    page = desk_client(company.anna).get(f"/search/?q={ticket.pk}").content.decode()
    assert "bulk-bar" in page
    assert "data-select-folder" not in page
