"""Adding, changing, blocking people: rights, repeats, races, and what running sessions notice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from otklik.accounts import actions
from otklik.accounts.models import ApiToken, CustomRole, Session, User
from otklik.accounts.queries import actor_for, actor_for_token, session_handle
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import Event
from otklik.testing.people import PASSWORD, People, people
from otklik.testing.tools import desk_client

type Committing = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Committing) -> Committing:
    """Run what waits for a commit, in a test whose transaction never commits."""
    return django_capture_on_commit_callbacks


def test_change_says_before_and_after_and_a_repeat_nothing(company: People) -> None:
    admin = actor_for(company.admin)
    changed = actions.change_user(company.anna, by=admin, role="supervisor", teams=[company.field], name="Анна Л.")
    assert changed == ["name", "role", "teams"]
    event = Event.objects.get(kind="user.access_changed")
    assert event.data["changes"] == {
        "role": ["agent", "supervisor"], "teams": [["Диспетчерская"], ["Выездная бригада"]],
    }  # fmt: skip
    before = Event.objects.count()
    assert actions.change_user(company.anna, by=admin, role="supervisor", teams=[company.field]) == []
    assert Event.objects.count() == before


def test_nobody_else_manages_people(company: People) -> None:
    for user in (company.anna, company.vera, company.observer):
        by = actor_for(user)
        with pytest.raises(Forbidden):
            actions.change_user(company.boris, by=by, name="Х")
        with pytest.raises(Forbidden):
            actions.block_user(company.boris, by=by)
        with pytest.raises(Forbidden):
            actions.end_sessions(company.boris, by=by)
        assert desk_client(user).get("/settings/people/").status_code == 404


def test_whoever_manages_people_cannot_make_himself_more(company: People) -> None:
    role = CustomRole.objects.create(name="Кадры", base="agent", rights=["users.manage", "tickets.view"])
    User.objects.filter(pk=company.vera.pk).update(role="agent", custom_role=role)
    by = actor_for(User.objects.get(pk=company.vera.pk))
    for key in ("admin", "agent"):
        with pytest.raises(Forbidden):
            actions.change_user(User.objects.get(pk=company.vera.pk), by=by, role=key)
    with pytest.raises(Forbidden):
        actions.block_user(company.admin, by=by)
    with pytest.raises(Forbidden):
        actions.change_user(company.admin, by=by, email="mine@desk.example")
    with pytest.raises(Forbidden):
        actions.add_user("x@desk.example", name="X", role="admin", password=None, by=by)


def test_new_teams_count_from_the_next_request_without_signing_out(company: People) -> None:
    client = desk_client(company.anna)
    client.get("/profile/")
    assert client.session["actor"]["teams"] == [company.desk.pk]
    actions.set_members(company.desk, users=[company.boris], by=actor_for(company.admin))
    assert client.get("/profile/").status_code == 200
    assert client.session["actor"]["teams"] == []
    event = Event.objects.get(kind="user.access_changed", subject_id=company.anna.pk)
    assert event.data["changes"] == {"teams": [["Диспетчерская"], []]}
    assert actions.set_members(company.desk, users=[company.boris], by=actor_for(company.admin)) is False


def test_block_ends_sessions_and_tokens_at_once(company: People, committing: Committing) -> None:
    client, admin = desk_client(company.anna), actor_for(company.admin)
    assert client.get("/profile/").status_code == 200
    _row, plain = actions.create_token(company.anna, name="t", scopes=[], by=actor_for(company.anna))
    assert actor_for_token(plain) is not None
    with committing(execute=True):
        assert actions.block_user(company.anna, by=admin)
    assert actions.block_user(company.anna, by=admin) is False
    assert client.get("/profile/").status_code == 302
    assert Client(headers={"authorization": f"Bearer {plain}"}).get("/api/v1/tickets").status_code == 401
    assert not Session.objects.filter(user_id=company.anna.pk).exists()
    assert ApiToken.objects.get().revoked_at is not None
    assert not Client().login(email="anna@desk.example", password=PASSWORD)
    assert actions.unblock_user(company.anna, by=admin)
    assert actions.unblock_user(company.anna, by=admin) is False
    assert actor_for_token(plain) is None
    assert Event.objects.filter(kind="user.blocked").count() == 1


def test_the_last_administrator_stays(company: People) -> None:
    admin = actor_for(company.admin)
    with pytest.raises(Conflict):
        actions.change_user(company.admin, by=admin, role="agent")
    with pytest.raises(Conflict):
        actions.block_user(company.admin, by=admin)
    second = actions.add_user("second@desk.example", name="В", role="admin", password=PASSWORD, by=admin)
    actions.block_user(second, by=admin)
    with pytest.raises(Conflict):
        actions.change_user(company.admin, by=admin, role="agent")
    assert User.objects.get(pk=company.admin.pk).role == "admin"


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_block_each_other_leave_one() -> None:
    company = people()
    second = actions.add_user(
        "second@desk.example", name="Второй", role="admin", password=PASSWORD, by=actor_for(company.admin)
    )
    both, pairs = Barrier(2), [(company.admin, second), (second, company.admin)]

    def block(pair: tuple[User, User]) -> bool:
        try:
            by = actor_for(pair[0])
            both.wait(120)
            return actions.block_user(pair[1], by=by)
        except Conflict:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(block, pairs))
    assert sorted(done) == [False, True]
    assert User.objects.filter(role="admin", is_active=True).count() == 1


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"email": "none", "name": " ", "language": "fr", "signature": "x" * 4001},
         {"email", "name", "language", "signature"}),
        ({"role": "king"}, {"role"}),
        ({"role": "role-99"}, {"role"}),
    ],
)  # fmt: skip
def test_bad_values_name_every_field(company: People, values: dict[str, str], fields: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        actions.change_user(company.anna, by=actor_for(company.admin), **values)  # type: ignore[arg-type]
    assert {field for field, _text in refused.value.errors} == fields


def test_taken_address_is_a_conflict_and_a_new_one_ends_sessions(company: People) -> None:
    client, admin = desk_client(company.anna), actor_for(company.admin)
    with pytest.raises(Conflict):
        actions.change_user(company.anna, by=admin, email="BORIS@desk.example")
    assert client.get("/profile/").status_code == 200
    actions.change_user(company.anna, by=admin, email="anna.l@desk.example")
    assert client.get("/profile/").status_code == 302


def test_sessions_are_listed_with_device_and_ended(company: People) -> None:
    here, there = desk_client(company.anna), desk_client(company.anna)
    agent = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
    there.get("/profile/", headers={"User-Agent": agent}, REMOTE_ADDR="192.0.2.7")
    page = here.get("/profile/security/").content.decode()
    assert "Chrome, Windows" in page
    assert "192.0.2.7" in page
    stranger = desk_client(company.boris)
    name = session_handle(there.session.session_key or "")
    assert name in page
    assert there.session.session_key not in page
    stranger.post("/profile/security/sessions/", {"session": name})
    assert there.get("/profile/").status_code == 200
    here.post("/profile/security/sessions/", {"session": name})
    assert there.get("/profile/").status_code == 302
    third = desk_client(company.anna)
    here.post("/profile/security/sessions/", {})
    assert third.get("/profile/").status_code == 302
    assert here.get("/profile/").status_code == 200


def test_own_token_is_shown_once_and_revoked(company: People, committing: Committing) -> None:
    client = desk_client(company.anna)
    page = client.post(
        "/profile/security/tokens/", {"name": "Учёт", "scopes": ["tickets:read"], "days": "30"}
    ).content.decode()
    start = page.index('value="otk_') + 7
    plain = page[start : page.index('"', start)]
    assert actor_for_token(plain) is not None
    again = client.get("/profile/security/").content.decode()
    assert plain not in again
    assert "Учёт" in again
    row = ApiToken.objects.get()
    assert desk_client(company.boris).post(f"/profile/security/tokens/{row.pk}/").status_code == 404
    with committing(execute=True):
        client.post(f"/profile/security/tokens/{row.pk}/")
    assert actor_for_token(plain) is None
    for bad in ({"name": "", "scopes": "read"}, {"name": "x"}, {"name": "x", "scopes": "fly"}, {"name": "x", "z": "1"}):
        assert client.post("/profile/security/tokens/", {"days": "", **bad}).status_code == 422


def test_pages_add_change_and_refuse(company: People) -> None:
    client = desk_client(company.admin)
    values = {"name": "Пётр", "email": "petr@desk.example", "role": "agent", "language": "ru", "signature": "",
              "teams": [company.desk.pk]}  # fmt: skip
    assert client.post("/settings/people/new/", values | {"role": "king"}).status_code == 422
    assert client.post("/settings/people/new/", values | {"extra": "1"}).status_code == 422
    assert client.post("/settings/people/new/", values).status_code == 302
    made = User.objects.get(email="petr@desk.example")
    assert list(made.teams.all()) == [company.desk]
    assert "petr@desk.example" in client.get("/settings/people/?q=пётр&state=invited").content.decode()
    url = f"/settings/people/{made.pk}/"
    assert client.post(url, values | {"role": "observer"}).status_code == 302
    assert User.objects.get(pk=made.pk).role == "observer"
    page = client.get(url).content.decode()
    assert "audit__old" in page
    assert client.post(f"{url}block/", {"blocked": "1"}).status_code == 302
    assert not User.objects.get(pk=made.pk).is_active
    assert client.get("/settings/people/99999/").status_code == 404


def test_team_page_changes_members_and_archives(company: People, committing: Committing) -> None:
    client = desk_client(company.admin)
    url = f"/settings/teams/{company.field.pk}/"
    values = {"name": "Выезд", "hue": "3", "position": "5", "members": [company.anna.pk, company.boris.pk]}
    assert client.post(url, values | {"name": company.desk.name}).status_code == 409
    assert client.post(url, values | {"hue": "9"}).status_code == 422
    assert client.post(url, values).status_code == 302
    company.field.refresh_from_db()
    assert (company.field.name, company.field.hue, company.field.position) == ("Выезд", 3, 5)
    assert set(company.field.members.all()) == {company.anna, company.boris}
    with committing(execute=True):
        client.post(url, {"archived": "1"})
    assert "Выезд" not in desk_client(company.anna).get("/tickets/").content.decode()
    client.post(url, {"archived": "0"})
    assert client.post("/settings/teams/", {"name": "Склад"}).status_code == 302
    assert desk_client(company.vera).get("/settings/teams/").status_code == 404


def test_api_manages_with_the_right_only(company: People) -> None:
    def program(user: User, *scopes: str) -> Client:
        _row, plain = actions.create_token(user, name="t", scopes=scopes, by=actor_for(user))
        return Client(headers={"authorization": f"Bearer {plain}"})

    def send(client: Client, method: str, path: str, body: object) -> tuple[int, dict[str, object]]:
        answer = client.generic(method, f"/api/v1/{path}", __import__("json").dumps(body), "application/json")
        return answer.status_code, answer.json()

    admin, anna = program(company.admin), program(company.anna)
    body = {"email": "petr@desk.example", "name": "Пётр", "teams": [company.desk.pk]}
    assert send(anna, "POST", "users", body)[0] == 403
    assert send(program(company.admin, "tickets:write"), "POST", "users", body)[0] == 403
    status, made = send(admin, "POST", "users", body)
    assert (status, made["invited"], made["role"]) == (201, True, "agent")
    path = f"users/{made['id']}"
    assert send(admin, "PATCH", path, {"role": "observer", "teams": []})[1]["teams"] == []
    assert send(admin, "PATCH", path, {"active": False})[1]["active"] is False
    assert send(admin, "PATCH", path, {"wings": 2})[0] == 422
    assert send(admin, "PATCH", path, {"teams": [10**6]})[0] == 422
    assert send(anna, "PATCH", path, {"name": "Х"})[0] == 403
    assert "signature" not in anna.get(f"/api/v1/{path}").json()
    status, team = send(admin, "POST", "teams", {"name": "Склад", "members": [company.anna.pk]})
    assert (status, team["name"]) == (201, "Склад")
    answer = send(admin, "PATCH", f"teams/{team['id']}", {"archived": True, "members": []})
    assert (answer[1]["archived"], answer[1]["members"]) == (True, [])
    assert anna.get("/api/v1/teams/999999").status_code == 404
