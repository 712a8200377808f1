"""Characters and numbers that a database cannot hold: refused by name, replaced in what is said, never a failure."""

import json
from typing import Any

import pytest
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.accounts.queries import actor_for
from otklik.testing.people import People
from otklik.tickets.models import Message, Ticket

HALF = "а\ud83d"
BIG = 10**30


@pytest.fixture
def admin(company: People) -> Client:
    _row, plain = accounts.create_token(company.admin, name="t", scopes=(), by=actor_for(company.admin))
    return Client(headers={"authorization": f"Bearer {plain}"}, raise_request_exception=False)


def send(client: Client, method: str, path: str, body: Any) -> tuple[int, Any]:
    answer = client.generic(method, f"/api/v1/{path}", json.dumps(body), "application/json")
    return answer.status_code, answer.json()


@pytest.mark.parametrize("odd", [HALF, "a\x00b"])
@pytest.mark.parametrize(
    ("method", "path", "name", "body"),
    [
        ("POST", "contacts", "name", {}),
        ("POST", "organizations", "note", {"name": "Клён"}),
        ("PATCH", "profile", "signature", {}),
        ("POST", "teams", "name", {}),
        ("POST", "users", "name", {"email": "z@otklik.test", "role": "agent"}),
        ("POST", "skip-reasons", "name_ru", {}),
        ("POST", "statuses", "name_ru", {"category": "open"}),
        ("POST", "tickets", "subject", {"body_text": "х", "requester": {"email": "z@z.example"}}),
    ],
)
def test_a_name_with_it_is_refused(
    admin: Client, odd: str, method: str, path: str, name: str, body: dict[str, Any]
) -> None:
    status, problem = send(admin, method, path, {**body, name: odd})
    assert (status, [row["field"] for row in problem["errors"]]) == (422, [name])
    assert "emoji" in problem["errors"][0]["message"] or "эмодзи" in problem["errors"][0]["message"]


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"tags": [HALF]}, "tags"),
        ({"foreign_refs": [{"number": "a\x00"}]}, "foreign_refs"),
        ({"attachments": [BIG]}, "attachments"),
        ({"requester": {"name": HALF}}, "requester"),
        ({"team": BIG}, "team"),
    ],
)
def test_deep_inside_as_well(admin: Client, extra: dict[str, Any], field: str) -> None:
    body = {"subject": "т", "body_text": "х", "requester": {"email": "z@z.example"}, **extra}
    status, problem = send(admin, "POST", "tickets", body)
    assert (status, [row["field"].split(".")[0] for row in problem["errors"]]) == (422, [field])
    assert not Ticket.objects.exists()


def test_what_is_said_is_kept(admin: Client, company: People) -> None:
    body = {"subject": "т", "body_text": f"Не холодит {HALF}\x00!", "requester": {"email": "z@z.example"}}
    status, made = send(admin, "POST", "tickets", body)
    assert status == 201
    assert Message.objects.get(ticket_id=made["number"]).body_text == "Не холодит а\ufffd!"
    for path in ("messages", "drafts/note"):
        method = "PUT" if "drafts" in path else "POST"
        note = {"body_text": HALF, **({"kind": "note"} if path == "messages" else {})}
        assert send(admin, method, f"tickets/{made['number']}/{path}", note)[0] in {200, 201}
    assert send(admin, "POST", "saved-replies", {"title": "т", "body_text": HALF, "sharing": "own"})[0] == 201


def test_forms_of_pages(company: People) -> None:
    ticket, client = company.ticket(), Client()
    client.force_login(company.anna)
    for path, form, name in (("tags", "tags=a%00b", "tags"), ("references", "system=1&number=a%00b", "number")):
        answer = client.post(f"/tickets/{ticket.pk}/{path}/", form, "application/x-www-form-urlencoded")
        assert (answer.status_code, f"«{name}»" in answer.content.decode()) == (422, True), path
    ticket.refresh_from_db()
    assert ticket.tags_shown == []
