"""Every route × method × role × team: who gets what. A route without a row in ``tests/routes/`` fails the build.

The ticket that the addresses name belongs to a team that the limited agent is not in; its subject is a canary that may
appear in no answer to somebody who may not see it.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.core.events import Event
from otklik.tickets.models import Ticket
from tests.routes import ROWS
from tests.routes.table import CANARY, Row
from tests.routes.world import World, world  # noqa: F401 - a fixture

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def _routes(resolver: Any = None, space: str = "", path: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and address of every route."""
    for entry in (resolver or get_resolver()).url_patterns:
        here = f"{path}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name}", here
        else:
            yield from _routes(entry, f"{space}{entry.namespace}:" if entry.namespace else space, here)


def test_every_route_has_a_row() -> None:
    routes = dict(_routes())
    covered = {routes[name] for name in ROWS if name in routes}  # the API names an address once for each method
    assert {name for name, address in routes.items() if address not in covered} == set()
    assert set(ROWS) - set(routes) == set()


def _client(user: User | None, *, token: bool) -> Client:
    if user is None:
        return Client()
    if token:
        _row, plain = accounts.create_token(user, name="t", scopes=[], by=actor_for(user))
        return Client(headers={"authorization": f"Bearer {plain}"})
    client = Client()
    client.force_login(user)
    return client


def _send(client: Client, method: str, url: str) -> tuple[int, str]:
    body = {} if method in {"GET", "HEAD"} else {"data": json.dumps({}), "content_type": "application/json"}
    if url.startswith("/api/"):
        answer = client.generic(method, url, **(body or {}))  # type: ignore[arg-type]
    else:
        answer = client.generic(method, url, data="", content_type="application/x-www-form-urlencoded")
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next="):
        return 401, ""
    return answer.status_code, text.decode(errors="replace")


PEOPLE = ("stranger", "observer", "technician", "anna", "vera", "admin")


@pytest.mark.parametrize("who", PEOPLE)
def test_matrix(world: World, who: str) -> None:  # noqa: F811
    user: User | None = None if who == "stranger" else getattr(world.company, who)
    blind = who in {"stranger", "anna", "technician", "observer"}  # sees nothing of the foreign team's ticket
    program, browser = _client(user, token=True), _client(user, token=False)
    wrong: list[str] = []
    for name, row in ROWS.items():
        url = world.url(name)
        hidden = blind and row.of_ticket
        for method in METHODS:
            before = _state(world.ticket) if hidden else None
            status, text = _send(program if url.startswith("/api/") else browser, method, url)
            allowed = not row.roles or (user is not None and user.role in row.roles.split())
            fault = _fault(status, row, allowed=allowed and not hidden, served=method in row.methods.split())
            if fault is None and blind and CANARY in text:
                fault = "shows the canary"
            if fault is None and hidden and _state(world.ticket) != before:
                fault = "changed something"
            if fault:
                wrong.append(f"{method} {url} for {who}: {status} {fault}")
            if user is not None and "_auth_user_id" not in browser.session:  # some routes end sessions
                browser = _client(user, token=False)
    assert not wrong, "\n".join(wrong)


def _state(ticket: Ticket) -> tuple[dict[str, Any], int]:
    """Return what a person without the right must not change."""
    return Ticket.objects.filter(pk=ticket.pk).values()[0], Event.objects.count()


def _fault(status: int, row: Row, *, allowed: bool, served: bool) -> str | None:
    """Say what is wrong with a status, or nothing."""
    if status >= 500 and status != 503:  # the desk of a test has no engine, and /readyz says so
        return "failed"
    if not served:
        return None if status in {302, 401, 403, 404, 405} else "answers a method it does not serve"
    if not allowed:
        return None if status in {302, 401, 403, 404, 422} else "lets somebody in who may not"
    if row.roles and not row.of_ticket and status in {401, 405}:
        return "keeps somebody out who may"
    return None
