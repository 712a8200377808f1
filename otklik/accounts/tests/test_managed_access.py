"""What an administrator ends for others: single sessions and tokens; and roles that need a second factor."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from otklik.accounts import actions
from otklik.accounts.models import ApiToken, CustomRole, User
from otklik.accounts.queries import actor_for, actor_for_token, session_handle
from otklik.core.errors import Forbidden
from otklik.core.events import Event
from otklik.testing.people import PASSWORD, People, people
from otklik.testing.tools import desk_client

type Committing = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Committing) -> Committing:
    """Run what waits for a commit, in a test whose transaction never commits."""
    return django_capture_on_commit_callbacks


def _manager_of_little(company: People) -> User:
    """Make Vera somebody who manages people and holds few rights of her own."""
    role = CustomRole.objects.create(name="Кадры", base="agent", rights=["users.manage", "tickets.view"])
    User.objects.filter(pk=company.vera.pk).update(role="agent", custom_role=role)
    return User.objects.select_related("custom_role").get(pk=company.vera.pk)


def test_an_administrator_ends_one_session_of_a_person(company: People) -> None:
    here, there = desk_client(company.boris), desk_client(company.boris)
    admin = desk_client(company.admin)
    url = f"/settings/people/{company.boris.pk}/"
    key = there.session.session_key or ""
    page = admin.get(url).content.decode()
    assert session_handle(key) in page
    assert key not in page
    for _twice in range(2):
        assert admin.post(f"{url}sessions/", {"session": session_handle(key)}).status_code == 302
    assert there.get("/profile/").status_code == 302
    assert here.get("/profile/").status_code == 200
    assert Event.objects.filter(kind="session.ended").count() == 1
    own = session_handle(admin.session.session_key or "")
    admin.post(f"{url}sessions/", {"session": own})
    assert admin.get(url).status_code == 200


def test_an_administrator_revokes_a_token(company: People, committing: Committing) -> None:
    row, plain = actions.create_token(company.anna, name="Учёт", scopes=["read"], by=actor_for(company.anna))
    admin = desk_client(company.admin)
    url = f"/settings/people/{company.anna.pk}/"
    assert f"{url}tokens/{row.pk}/" in admin.get(url).content.decode()
    assert admin.post(f"/settings/people/{company.boris.pk}/tokens/{row.pk}/").status_code == 404
    assert actor_for_token(plain) is not None
    with committing(execute=True):
        assert admin.post(f"{url}tokens/{row.pk}/").status_code == 302
    assert admin.post(f"{url}tokens/{row.pk}/").status_code == 404
    assert actor_for_token(plain) is None
    assert actions.revoke_token(row, by=actor_for(company.admin)) is False
    assert Event.objects.filter(kind="token.revoked").count() == 1


def test_nobody_reaches_into_the_access_of_a_stronger_one(company: People) -> None:
    by = actor_for(_manager_of_little(company))
    row, _plain = actions.create_token(company.admin, name="t", scopes=["read"], by=actor_for(company.admin))
    client = desk_client(company.admin)
    with pytest.raises(Forbidden):
        actions.revoke_token(row, by=by)
    with pytest.raises(Forbidden):
        actions.create_token(company.admin, name="mine", scopes=["read"], by=by)
    with pytest.raises(Forbidden):
        actions.end_session(company.admin, key=client.session.session_key or "", by=by)
    for stranger in (company.anna, company.observer):
        with pytest.raises(Forbidden):
            actions.revoke_token(row, by=actor_for(stranger))
        path = f"/settings/people/{company.admin.pk}/tokens/{row.pk}/"
        assert desk_client(stranger).post(path).status_code == 404
    assert ApiToken.objects.get().revoked_at is None


@pytest.mark.django_db(transaction=True)
def test_two_who_revoke_at_once_tell_of_it_once() -> None:
    company = people()
    row, _plain = actions.create_token(company.anna, name="t", scopes=["read"], by=actor_for(company.anna))
    both = Barrier(2)

    def revoke(user: User) -> bool:
        try:
            by = actor_for(user)
            both.wait(120)
            return actions.revoke_token(ApiToken.objects.get(pk=row.pk), by=by)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(revoke, [company.anna, company.admin]))
    assert sorted(done) == [False, True]
    assert Event.objects.filter(kind="token.revoked").count() == 1


def test_a_role_of_ones_own_needs_a_second_factor_by_itself(company: People) -> None:
    admin = actor_for(company.admin)
    role = actions.add_role(name="Касса", base="agent", rights=["tickets.view"], by=admin)
    actions.change_user(company.anna, by=admin, role=f"role-{role.pk}")
    client = Client()
    client.post("/accounts/login/", {"login": "anna@desk.example", "password": PASSWORD})
    assert client.get("/tickets/").status_code == 200
    page = desk_client(company.admin)
    values = {"name": "Касса", "base": "agent", "rights": ["tickets.view"], "second_factor": "on", "version": "1"}
    assert page.post(f"/settings/roles/{role.pk}/", values).status_code == 302
    assert client.get("/tickets/")["Location"] == "/profile/security/"
    assert desk_client(company.boris).get("/tickets/").status_code == 200
    event = Event.objects.get(kind="role.changed")
    assert event.data["changes"] == {"second_factor": [False, True]}
    assert "второй фактор" in page.get("/settings/roles/").content.decode()
    held = CustomRole.objects.get(pk=role.pk)
    named = {"name": "Касса", "base": "agent", "rights": ["tickets.view"]}
    assert actions.change_role(held, **named, version=2, by=admin) == []  # type: ignore[arg-type]
    assert actions.change_role(held, **named, version=2, second_factor=False, by=admin) == ["second_factor"]  # type: ignore[arg-type]
    assert client.get("/tickets/").status_code == 200
