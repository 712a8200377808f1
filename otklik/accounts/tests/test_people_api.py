"""What programs do with roles, sessions, second factors, tokens and their owner: with the right only, never upwards."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from otklik.accounts import actions
from otklik.accounts.models import ApiToken, CustomRole, User
from otklik.accounts.queries import actor_for, actor_for_token
from otklik.channels.email.models import Outgoing
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.testing.tools import desk_client

type Committing = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Committing) -> Committing:
    """Run what waits for a commit, in a test whose transaction never commits."""
    return django_capture_on_commit_callbacks


class Program:
    """A program with a token of a person."""

    def __init__(self, user: User, *scopes: str) -> None:
        fresh = User.objects.select_related("custom_role").get(pk=user.pk)
        _row, plain = actions.create_token(fresh, name="t", scopes=scopes, by=actor_for(fresh))
        self.client = Client(headers={"authorization": f"Bearer {plain}"})

    def send(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Send a request; return the status and the JSON of the answer."""
        data = "" if body is None else json.dumps(body)
        answer = self.client.generic(method, f"/api/v1/{path}", data, "application/json", headers=headers)
        return answer.status_code, answer.json() if answer.content else None


def _manager_of_little(company: People) -> User:
    role = CustomRole.objects.create(name="Кадры", base="agent", rights=["users.manage", "tickets.view"])
    User.objects.filter(pk=company.vera.pk).update(role="agent", custom_role=role)
    return company.vera


def test_roles_are_made_changed_and_removed(company: People) -> None:
    admin = Program(company.admin)
    status, listed = admin.send("GET", "roles")
    assert status == 200
    assert [row["key"] for row in listed["items"]] == ["admin", "supervisor", "agent", "technician", "observer"]
    body = {"name": "Приёмщик", "base": "agent", "rights": ["tickets.view"], "second_factor": True}
    key = {"Idempotency-Key": "one"}
    status, made = admin.send("POST", "roles", body, **key)
    assert (status, made["second_factor"], made["built_in"]) == (201, True, False)
    assert admin.send("POST", "roles", body, **key) == (201, made)
    assert admin.send("POST", "roles", body)[0] == 409
    assert admin.send("POST", "roles", body | {"rights": ["fly"]})[0] == 422
    path = f"roles/{made['key']}"
    status, changed = admin.send("PATCH", path, {"rights": ["tickets.view", "tickets.open"], "version": 1})
    assert (status, changed["rights"], changed["second_factor"]) == (200, ["tickets.open", "tickets.view"], True)
    status, late = admin.send("PATCH", path, {"name": "Другой", "version": 1})
    assert (status, late["current"]["version"]) == (409, 2)
    assert admin.send("PATCH", "roles/agent", {"name": "Х"})[0] == 409
    assert admin.send("DELETE", path)[0] == 204
    assert admin.send("DELETE", path)[0] == 404


def test_sessions_are_listed_by_names_that_let_nobody_in(company: People) -> None:
    admin, here, there = Program(company.admin), desk_client(company.boris), desk_client(company.boris)
    path = f"users/{company.boris.pk}/sessions"
    status, listed = admin.send("GET", path)
    assert (status, len(listed["items"])) == (200, 2)
    keys = {here.session.session_key or "", there.session.session_key or ""}
    assert not any(key in json.dumps(listed) for key in keys)
    assert admin.send("DELETE", f"{path}/{listed['items'][0]['id']}")[0] == 204
    assert admin.send("DELETE", f"{path}/{listed['items'][0]['id']}")[0] == 404
    assert sorted(client.get("/profile/").status_code for client in (here, there)) == [200, 302]
    assert admin.send("DELETE", path) == (200, {"ended": 1})
    assert admin.send("DELETE", path) == (200, {"ended": 0})


def test_tokens_are_listed_and_revoked_and_made_nowhere(company: People, committing: Committing) -> None:
    row, plain = actions.create_token(company.anna, name="Учёт", scopes=["read"], by=actor_for(company.anna))
    admin = Program(company.admin)
    path = f"users/{company.anna.pk}/tokens"
    status, listed = admin.send("GET", path)
    assert (status, listed["items"][0]["prefix"]) == (200, row.prefix)
    assert plain not in json.dumps(listed)
    assert admin.send("POST", path, {"name": "x"})[0] == 405
    with committing(execute=True):
        assert admin.send("DELETE", f"{path}/{row.pk}")[0] == 204
    assert admin.send("DELETE", f"{path}/{row.pk}")[0] == 404
    assert actor_for_token(plain) is None


def test_second_factor_and_invitation(company: People, settings: Any) -> None:
    settings.MAILERS = {"default": {"BACKEND": "otklik.channels.email.backend.DeliveryBackend"}}
    admin = Program(company.admin)
    Authenticator.objects.create(user=company.anna, type="totp", data={"secret": "x"})
    path = f"users/{company.anna.pk}/second-factor"
    told = {"required": False, "app": True, "keys": 0, "recovery_codes": 0}
    assert admin.send("GET", path) == (200, told)
    assert [admin.send("DELETE", path)[0] for _twice in range(2)] == [204, 204]
    assert admin.send("GET", path) == (200, told | {"app": False})
    assert Event.objects.filter(kind="user.factors_reset").count() == 1
    assert admin.send("POST", f"users/{company.anna.pk}/invitation")[0] == 409
    petr = actions.add_user("petr@desk.example", name="Пётр", role="agent", password=None, by=actor_for(company.admin))
    for _twice in range(2):
        assert admin.send("POST", f"users/{petr.pk}/invitation", **{"Idempotency-Key": "again"})[0] == 204
    assert Outgoing.objects.count() == 1


def test_lesser_roles_and_narrow_tokens_get_nothing(company: People) -> None:
    mine = f"users/{company.boris.pk}"
    asked = (
        ("GET", "roles"), ("POST", "roles"), ("GET", "roles/agent"), ("GET", f"{mine}/sessions"),
        ("DELETE", f"{mine}/sessions"), ("GET", f"{mine}/tokens"), ("GET", f"{mine}/second-factor"),
        ("DELETE", f"{mine}/second-factor"), ("POST", f"{mine}/invitation"),
    )  # fmt: skip
    body = {"name": "Х", "base": "agent", "rights": ["tickets.view"]}
    programs = (
        Program(company.vera), Program(company.anna), Program(company.observer), Program(company.admin, "read"),
        Program(company.admin, "users:read", "tickets:write"),
    )  # fmt: skip
    for program in programs:
        for method, path in asked:
            assert program.send(method, path, body if (method, path) == ("POST", "roles") else None)[0] == 403, path
    assert Client().get("/api/v1/roles").status_code == 401


def test_nobody_reaches_upwards(company: People) -> None:
    above = desk_client(company.admin)
    row, _plain = actions.create_token(company.admin, name="t", scopes=[], by=actor_for(company.admin))
    program = Program(_manager_of_little(company))
    path = f"users/{company.admin.pk}"
    name = program.send("GET", f"{path}/sessions")[1]["items"][0]["id"]
    for method, rest in (
        ("DELETE", f"sessions/{name}"), ("DELETE", "sessions"), ("DELETE", f"tokens/{row.pk}"),
        ("DELETE", "second-factor"), ("POST", "invitation"),
    ):  # fmt: skip
        assert program.send(method, f"{path}/{rest}")[0] == 403, rest
    strong = {"name": "Моя", "base": "agent", "rights": ["tickets.view", "settings.edit"]}
    assert program.send("POST", "roles", strong)[0] == 403
    assert above.get("/profile/").status_code == 200
    assert ApiToken.objects.get(pk=row.pk).revoked_at is None


def test_own_profile(company: People) -> None:
    program = Program(company.anna, "tickets:read", "users:write")
    status, own = program.send("GET", "profile")
    assert (status, own["email"], own["scopes"]) == (200, "anna@desk.example", ["tickets:read", "users:write"])
    assert own["rights"] == ["tickets.view"]
    status, own = program.send("PATCH", "profile", {"time_zone": "Asia/Omsk", "signature": "Анна"})
    assert (status, own["time_zone"], own["signature"], own["name"]) == (200, "Asia/Omsk", "Анна", "Анна Лебедева")
    assert program.send("PATCH", "profile", {"time_zone": "Mars/Base"})[0] == 422
    assert program.send("PATCH", "profile", {"role": "admin"})[0] == 422
    assert program.send("PATCH", "profile", {"signature": "Анна"})[0] == 200
    assert Event.objects.filter(kind="user.profile_changed").count() == 1
    assert Program(company.anna, "read").send("PATCH", "profile", {"name": "Х"})[0] == 403
