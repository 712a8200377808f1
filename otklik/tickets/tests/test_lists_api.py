"""REST of lists: columns as personal settings, acts on many and on the whole with undo, tags."""

from typing import Any

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.core.jobs import run_due_jobs
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets.models import BulkRun, ListLayout, Ticket
from otklik.tickets.tests.test_searching import read_all


class _Program:
    """A program with the token of a person."""

    def __init__(self, company: People, user: User, *scopes: str) -> None:
        _row, plain = accounts.create_token(user, name="n", scopes=list(scopes or ("write",)), by=company.actor(user))
        self.client, self.head = desk_client(), {"Authorization": f"Bearer {plain}"}

    def __call__(self, method: str, path: str, body: Any = None, **head: str) -> Any:
        sent = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(self.client, method)(f"/api/v1{path}", headers=self.head | head, **sent)


def _jobs() -> None:
    while run_due_jobs(limit=20, worker="test"):
        pass


def test_columns_are_kept_for_the_owner_and_shown_on_his_page(company: People) -> None:
    company.ticket(team=company.field, tags=["холод"])
    anna, boris = _Program(company, company.anna), _Program(company, company.boris, "read")
    assert anna("get", "/list-layouts").json() == {"items": [], "next": None}
    assert anna("get", "/list-layouts/open").json()["columns"][1] == {"key": "subject", "width": "l"}
    body = {"columns": [{"key": "team", "width": "l"}, {"key": "subject"}], "sort": "created"}
    for folder in ("default", "tag:холод"):
        for _again in range(2):
            assert anna("put", f"/list-layouts/{folder}", body).status_code == 200
    assert [row["folder"] for row in anna("get", "/list-layouts").json()["items"]] == ["default", "tag:холод"]
    assert anna("get", "/list-layouts/open").json()["sort"] == "created"
    assert "cell--l cell--team" in desk_client(company.anna).get("/tickets/?folder=open").content.decode()
    assert boris("get", "/list-layouts").json()["items"] == []
    for wrong in ({"columns": [{"key": "price"}, {"key": "subject"}]}, {"columns": [{"key": "team"}]}, {"x": 1}):
        assert anna("put", "/list-layouts/open", body | wrong).status_code == 422, wrong
    assert anna("put", "/list-layouts/nothing", body).status_code == 404
    assert anna("delete", "/list-layouts/default").json() == {"folder": "default", "removed": True}
    assert anna("delete", "/list-layouts/default").json()["removed"] is False
    assert ListLayout.objects.get().folder == "tag:холод"


def test_many_are_changed_once_for_a_key_and_taken_back(company: People) -> None:
    first, second = company.ticket(tags=["сеть"]), company.ticket()
    hidden = Ticket.objects.order_by("-pk").first().pk + 1  # type: ignore[union-attr]
    anna = _Program(company, company.anna)
    body = {"tickets": [first.pk, second.pk, hidden], "priority": "urgent"}
    made = anna("post", "/bulk", body, **{"Idempotency-Key": "k1"})
    assert (made.json()["changed"], [row["ticket"] for row in made.json()["refused"]]) == (2, [hidden])
    again = anna("post", "/bulk", body, **{"Idempotency-Key": "k1"})
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (made.json(), "true")
    assert anna("post", f"/undo/{made.json()['undo']['id']}").status_code == 200
    assert set(Ticket.objects.values_list("priority", flat=True)) == {2}
    assert anna("post", "/bulk", {"tickets": [first.pk], "untags": ["СЕТЬ"]}).json()["changed"] == 1
    assert anna("post", "/bulk", {"tickets": [first.pk], "assignee": None}).json() == {
        "changed": 0, "refused": [], "undo": None,
    }  # fmt: skip
    for wrong in (
        {"tickets": [first.pk]}, {"tickets": [first.pk], "spam": True, "bin": True}, {"tickets": [], "bin": True},
        {"tickets": list(range(1, 202)), "bin": True}, {"tickets": [first.pk], "assignee": 10**9},
        {"tickets": [first.pk], "team": 10**9}, {"tickets": [first.pk], "priority": None},
        {"tickets": [first.pk], "status": None}, {"tickets": [first.pk], "paint": 1},
    ):  # fmt: skip
        assert anna("post", "/bulk", wrong).status_code == 422, wrong
    assert _Program(company, company.anna, "read")("post", "/bulk", body).status_code == 403
    assert _Program(company, company.observer)("post", "/bulk", body).status_code == 403
    assert _Program(company, company.technician)("post", "/bulk", body).status_code == 403


def test_whole_view_tag_or_search_is_changed_by_a_run(company: People) -> None:
    tagged, found = company.ticket(tags=["холод"]), company.ticket("Запотело стекло")
    read_all()
    anna, boris = _Program(company, company.anna), _Program(company, company.boris)
    begun = anna("post", "/bulk-runs", {"query": "запотело", "priority": "high"}, **{"Idempotency-Key": "r"})
    assert (begun.status_code, begun.json()["state"], begun.json()["total"]) == (201, "running", 1)
    assert anna("post", "/bulk-runs", {"tag": "холод", "priority": "high"}).status_code == 409
    path = f"/bulk-runs/{begun.json()['id']}"
    _jobs()
    assert anna("get", path).json()["changed"] == 1
    assert Ticket.objects.get(pk=found.pk).priority == 3
    assert anna("post", "/bulk-runs", {"query": "запотело", "priority": "high"}, **{"Idempotency-Key": "r"}).json() == (
        begun.json()
    )
    assert boris("get", path).status_code == 404
    assert boris("post", f"{path}/undo").status_code == 404
    assert anna("post", f"{path}/undo").json()["state"] == "undoing"
    _jobs()
    assert anna("get", path).json()["state"] == "undone"
    second = anna("post", "/bulk-runs", {"tag": "ХОЛОД", "status": "pending"}).json()
    assert anna("post", f"/bulk-runs/{second['id']}/stop").json()["state"] == "stopped"
    _jobs()
    assert Ticket.objects.get(pk=tagged.pk).status.key == "new"
    assert anna("post", "/bulk-runs", {"view": "open", "status": "pending"}).json()["total"] == 2
    _jobs()
    assert BulkRun.objects.latest("pk").changed == 2
    for wrong in (
        {"priority": "high"}, {"view": "open", "tag": "x", "priority": "high"}, {"query": "status:нет", "bin": True},
        {"tag": "нет такой", "bin": True},
    ):  # fmt: skip
        assert anna("post", "/bulk-runs", wrong).status_code == 422, wrong
    assert anna("post", "/bulk-runs", {"view": "нет", "bin": True}).status_code == 404
    assert _Program(company, company.anna, "read")("post", f"{path}/undo").status_code == 403


def test_tags_are_listed_pinned_and_changed(company: People) -> None:
    company.ticket(tags=["холод", "сеть"])
    anna, vera = _Program(company, company.anna), _Program(company, company.vera)
    rows = anna("get", "/tags").json()["items"]
    assert [(row["name"], row["open_tickets"], row["pinned"]) for row in rows] == [
        ("сеть", 1, False),
        ("холод", 1, False),
    ]
    assert [row["name"] for row in anna("get", "/tags?beginning=хо").json()["items"]] == ["холод"]
    net, cold = (row["id"] for row in rows)
    for _again in range(2):
        assert anna("put", f"/tags/{cold}/pin").json()["pinned"] is True
    assert anna("delete", f"/tags/{cold}/pin").json()["pinned"] is False
    assert anna("patch", f"/tags/{cold}", {"name": "мороз"}).status_code == 403
    assert vera("patch", f"/tags/{cold}", {"name": "холод"}).json() == {"run": None}
    assert vera("patch", f"/tags/{cold}", {"name": "сеть"}).status_code == 422
    merged = vera("post", f"/tags/{cold}/merge", {"into": net})
    assert (merged.status_code, merged.json()["run"]["act"]) == (201, "retag")
    assert vera("delete", f"/tags/{cold}").status_code == 404
    _jobs()
    assert Ticket.objects.get().tags_shown == ["сеть"]
    assert vera("delete", f"/tags/{net}").json()["run"]["total"] == 1
    _jobs()
    assert anna("get", "/tags").json() == {"items": [], "next": None}
    assert anna("put", f"/tags/{2**63}/pin").status_code == 404
