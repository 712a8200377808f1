"""Reading changes nothing: every address is asked by GET, and the database is the same as before."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.accounts.queries import actor_for
from tests.routes import ROWS
from tests.routes.world import World, world  # noqa: F401 - a fixture

# what may move by itself: who is signed in, and when a token was last used
_MOVING = {"accounts.Session"}
_FIELDS = {"accounts.ApiToken": {"last_used_at"}}


def _snapshot() -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table."""
    return {
        model._meta.label: [
            {key: value for key, value in row.items() if key not in _FIELDS.get(model._meta.label, ())}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in apps.get_models()
        if model._meta.label not in _MOVING and model._meta.managed
    }


class _Noting:
    """Notes the statements that write, each with the address that was asked for."""

    def __init__(self, url: str, writes: list[str]) -> None:
        self._url, self._writes = url, writes

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            self._writes.append(f"GET {self._url}: {sql[:120]}")
        return execute(sql, params, many, context)


@pytest.mark.parametrize("who", ["admin", "anna", "stranger"])
def test_no_get_changes_the_database(world: World, who: str) -> None:  # noqa: F811
    browser = Client()
    program = Client()
    if who != "stranger":
        user = getattr(world.company, who)
        browser.force_login(user)
        _row, plain = accounts.create_token(user, name="t", scopes=[], by=actor_for(user))
        program = Client(headers={"authorization": f"Bearer {plain}"})
    before = _snapshot()
    answered = 0
    writes: list[str] = []  # which may leave things as they are; they tell where a change came from
    for name in ROWS:
        url = world.url(name)
        client = program if url.startswith("/api/") else browser
        with connection.execute_wrapper(_Noting(url, writes)):
            for asked in (url, f"{url}{'&' if '?' in url else '?'}next=//evil.example"):
                answer = client.get(asked)
                answered += answer.status_code == 200
    after = _snapshot()
    changed = [table for table in before if before[table] != after[table]]
    assert not changed, f"{changed} changed; written were:\n" + "\n".join(writes)
    assert answered > (15 if who == "stranger" else 50)
    if who != "stranger":
        assert browser.get("/profile/").status_code == 200  # asking for the sign-out page signs nobody out
