"""Reading changes nothing: every address is asked by GET, and the database is the same as before."""

from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from otklik.accounts import actions as accounts
from otklik.accounts.queries import actor_for
from tests.test_routes import ROWS, World, world  # noqa: F401 - a fixture

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
    for name in ROWS:
        url = world.url(name)
        client = program if url.startswith("/api/") else browser
        for asked in (url, f"{url}{'&' if '?' in url else '?'}next=//evil.example"):
            answer = client.get(asked)
            answered += answer.status_code == 200
        after = _snapshot()
        changed = [table for table in before if before[table] != after[table]]
        assert not changed, f"GET {url} changed {changed}"
    assert answered > (15 if who == "stranger" else 50)
    if who != "stranger":
        assert browser.get("/profile/").status_code == 200  # asking for the sign-out page signs nobody out
