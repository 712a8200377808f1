"""REST of tickets: shapes of the contract, strict input, rights, conflicts, repeats."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.models import Ticket

Call = Callable[..., Any]


class Api:
    """A program with a token of one user."""

    def __init__(self, user: User, *scopes: str) -> None:
        _row, plain = accounts.create_token(user, name="test", scopes=scopes, by=actor_for(user))
        self.client = Client(headers={"authorization": f"Bearer {plain}"})

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send a request and return its status and JSON."""
        data = json.dumps(body) if body is not None else None
        answer = getattr(self.client, method)(
            f"/api/v1{path}", data=data, content_type="application/json", headers=headers or None
        ) if method != "get" else self.client.get(f"/api/v1{path}", headers=headers or None)  # fmt: skip
        return answer.status_code, json.loads(answer.content)


NEW = {"subject": "Не холодит витрина", "body_text": "Помогите", "requester": {"email": "clara@berezka.example"}}


def test_opened_ticket_has_the_shape_of_the_contract(company: People) -> None:
    api = Api(company.anna)
    status, ticket = api(
        "post",
        "/tickets",
        NEW
        | {
            "priority": "high", "tags": ["холод"], "type": "incident", "team": company.field.pk,
            "assignee": company.boris.pk, "status": "open",
            "foreign_refs": [{"system": "sd", "number": "RP1", "url": None}],
        },
    )  # fmt: skip
    assert status == 201
    assert {
        "number", "subject", "status", "type", "priority", "channel", "requester", "organization", "site", "team",
        "assignee", "followers", "tags", "foreign_refs", "fields", "snoozed_until", "version", "sla", "created_at",
        "updated_at", "last_message_at", "url",
    } <= set(ticket)  # fmt: skip
    assert ticket["status"] == {"key": "open", "category": "open", "name": "В работе"}
    assert ticket["requester"]["email"] == "clara@berezka.example"
    assert ticket["organization"]["name"] == "Берёзка"
    assert (ticket["team"]["id"], ticket["assignee"]["id"]) == (company.field.pk, company.boris.pk)
    assert ticket["foreign_refs"] == [{"system": "sd", "number": "RP1", "url": None}]
    assert api("get", f"/tickets/{ticket['number']}")[1] == ticket
    assert api("get", "/tickets?query=RP1")[1]["items"] == [ticket]


def test_messages_and_events_have_the_shape_of_the_contract(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    status, message = api("post", f"/tickets/{ticket.pk}/messages", {"kind": "reply", "body_text": "Едем"})
    assert status == 201
    assert message["kind"] == "reply"
    assert message["author"]["name"] == "Анна Лебедева"
    assert message["delivery_state"] == "queued"
    assert [row["recipient"] for row in message["deliveries"]] == ["clara@berezka.example"]
    messages = api("get", f"/tickets/{ticket.pk}/messages")[1]["items"]
    assert [row["kind"] for row in messages] == ["incoming", "reply"]
    events = api("get", f"/tickets/{ticket.pk}/events")[1]["items"]
    assert {"ticket.opened", "message.received", "message.sent"} <= {row["event"] for row in events}
    assert all(row["text"] for row in events)


def test_stranger_with_a_good_token_gets_404(company: People) -> None:
    ticket = company.ticket(team=company.field)
    set_value("agents_see", "teams", by=Actor.system())
    for user in (company.anna, company.technician):
        api = Api(user)
        for method, path, body in (
            ("get", "", None),
            ("get", "/messages", None),
            ("get", "/events", None),
            ("patch", "", {"priority": "low"}),
            ("post", "/messages", {"kind": "note", "body_text": "x"}),
        ):
            assert api(method, f"/tickets/{ticket.pk}{path}", body)[0] == 404
    assert Ticket.objects.get(pk=ticket.pk).message_count == 1


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer otk_wrong", "Basic YTpi", "Bearer \xff"])
def test_without_a_token_nothing_answers(company: People, header: str) -> None:
    answer = Client().get("/api/v1/tickets", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer["WWW-Authenticate"]


def test_session_of_a_browser_opens_no_api(company: People, client: Client) -> None:
    client.force_login(company.admin)
    assert client.get("/api/v1/tickets").status_code == 401


def test_read_scope_writes_nothing(company: People) -> None:
    api, ticket = Api(company.anna, "read"), company.ticket()
    assert api("get", "/tickets")[0] == 200
    for method, path, body in (
        ("post", "/tickets", NEW),
        ("patch", f"/tickets/{ticket.pk}", {"priority": "low"}),
        ("post", f"/tickets/{ticket.pk}/messages", {"kind": "note", "body_text": "x"}),
        ("post", "/contacts", {"name": "X"}),
    ):
        assert api(method, path, body)[0] == 403
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (NEW | {"nonsense": 1}, "nonsense"),
        (NEW | {"requester": {"email": "clara@berezka.example", "is_staff": True}}, "requester.is_staff"),
        (NEW | {"priority": "extreme"}, "priority"),
        (NEW | {"status": "gone"}, "status"),
        (NEW | {"type": "gone"}, "type"),
        (NEW | {"team": 10**30}, "team"),
        (NEW | {"assignee": 999999}, "assignee"),
        (NEW | {"subject": " \n"}, "subject"),
        (NEW | {"requester": {}}, "requester"),
        (NEW | {"requester": {"email": "no address"}}, "email"),
        (NEW | {"body_text": ""}, "body"),
        (NEW | {"attachments": [99999]}, "attachments"),
        (NEW | {"fields": {"x": 1}}, "fields"),
        (NEW | {"foreign_refs": [{"number": ""}]}, "foreign_refs"),
        ({"subject": "x"}, "requester"),
    ],
)
def test_bad_body_names_its_field_and_leaves_nothing(company: People, body: dict[str, Any], field: str) -> None:
    status, problem = Api(company.anna)("post", "/tickets", body)
    assert status == 422
    assert problem["status"] == 422
    assert field in [error["field"] for error in problem["errors"]]
    assert not Ticket.objects.exists()


def test_body_that_is_no_json_is_a_problem(company: People) -> None:
    api = Api(company.anna)
    for raw in (b"{", b"\xff\xfe", b"[]", b"null", b'"x"'):
        answer = api.client.post("/api/v1/tickets", data=raw, content_type="application/json")
        assert answer.status_code in {400, 422}
        assert answer["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("path", ["/nothing", "/tickets/1/nothing", "/tickets/abc", "/tickets/0", f"/tickets/{10**40}"])
def test_unknown_address_is_a_problem_not_a_page(company: People, path: str) -> None:
    status, problem = Api(company.anna)("get", path)
    assert (status, problem["status"]) == (404, 404)


def test_wrong_method_is_a_problem(company: People) -> None:
    status, problem = Api(company.anna)("delete", "/tickets", {})
    assert (status, problem["status"]) == (405, 405)


def test_patch_is_all_or_nothing_and_knows_versions(company: People) -> None:
    api, ticket = Api(company.anna), company.ticket()
    assert api("patch", f"/tickets/{ticket.pk}", {"priority": "urgent", "status": "gone"})[0] == 422
    assert api("get", f"/tickets/{ticket.pk}")[1]["priority"] == "normal"
    version = api("get", f"/tickets/{ticket.pk}")[1]["version"]
    until = (now() + timedelta(days=2)).isoformat()
    status, changed = api(
        "patch", f"/tickets/{ticket.pk}",
        {"version": version, "priority": "urgent", "assignee": None, "tags": ["a"], "snoozed_until": until},
    )  # fmt: skip
    assert (status, changed["priority"], changed["tags"]) == (200, "urgent", ["a"])
    status, problem = api("patch", f"/tickets/{ticket.pk}", {"version": version, "subject": "Поздно"})
    assert status == 409
    assert problem["current"]["priority"] == "urgent"


@pytest.mark.django_db(transaction=True)
def test_idempotency_key_opens_one_ticket(company: People) -> None:
    api = Api(company.anna)
    first = api("post", "/tickets", NEW, **{"Idempotency-Key": "k1"})
    again = api("post", "/tickets", NEW, **{"Idempotency-Key": "k1"})
    assert first == again
    assert Ticket.objects.count() == 1
    other = api("post", "/tickets", NEW | {"subject": "Другая"}, **{"Idempotency-Key": "k1"})
    assert other[0] == 422
    assert Api(company.boris)("post", "/tickets", NEW, **{"Idempotency-Key": "k1"})[0] == 201
    assert Ticket.objects.count() == 2


def test_pages_follow_each_other_without_gaps(company: People) -> None:
    numbers = [company.ticket(f"Заявка {n}").pk for n in range(7)]
    api, seen, cursor = Api(company.anna), [], ""
    for _page in range(10):
        page = api("get", f"/tickets?limit=3&cursor={cursor}")[1]
        seen += [row["number"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == numbers[::-1]
    assert api("get", "/tickets?cursor=nonsense")[0] == 422
    assert api("get", "/tickets?limit=201")[0] == 422
    assert api("get", "/tickets?limit=3&evil=1")[0] == 422
    assert api("get", "/tickets?view=mine")[1]["items"] == []
    assert api("get", "/tickets?view=nothing")[0] == 404


def test_files_are_downloads_for_those_who_see_the_ticket(company: People) -> None:
    anna, ticket = company.actor(company.anna), company.ticket(team=company.field)
    from io import BytesIO

    file = actions.upload(BytesIO(b"<svg onload=x>"), name="x.svg", content_type="image/svg+xml", size=14, by=anna)
    assert Api(company.boris).client.get(f"/api/v1/attachments/{file.pk}").status_code == 404
    actions.reply(ticket, body_text="Схема", attachments=[file.pk], by=anna)
    answer = Api(company.boris).client.get(f"/api/v1/attachments/{file.pk}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert Api(company.technician).client.get(f"/api/v1/attachments/{file.pk}").status_code == 404


def test_no_answer_holds_a_secret(company: People) -> None:
    """Field names that would give secrets away are in no shape, but for those that are shown once to their maker."""
    from otklik.config.api import api

    schemas = api.get_openapi_schema(path_prefix="/api/v1/")["components"]["schemas"]
    told = {
        (name, field)
        for name, shape in schemas.items()
        for field in shape.get("properties", {})
        if field.startswith(("password", "secret", "digest", "token", "stamp"))
    }
    shown_once = {("NewWebhookOut", "secret"), ("SecretOut", "secret")}
    # how often a person wants his notifications in one mail
    of_mail = {(rules, field) for rules in ("RulesIn", "RulesOut") for field in ("digest", "digest_at")}
    assert told == shown_once | of_mail
