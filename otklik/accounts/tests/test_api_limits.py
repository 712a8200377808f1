"""What a token is limited to: its scopes, down to single resources, and its requests in a minute."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from otklik.accounts import scopes
from otklik.accounts.limits import SAVED_MINUTES, count_request, forget_counts
from otklik.accounts.policies import PERMISSIONS
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import TooMany
from otklik.core.settings_store import set_value
from otklik.testing.api import Api
from otklik.testing.people import People

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_buckets() -> Iterator[None]:
    forget_counts()
    yield
    forget_counts()


def test_every_right_has_a_scope_narrower_than_everything() -> None:
    rooms = {permission.partition(".")[0] for permission in PERMISSIONS}
    assert rooms <= {*scopes.ROOMS, *scopes.RESOURCES}


def test_scopes_cover_what_lies_in_them() -> None:
    assert scopes.cover(None, "queues:write")
    for held in ("write", "tickets:write", "queues:write"):
        assert scopes.cover({held}, "queues:write")
        assert scopes.cover({held}, "queues:read")
    for held in ("read", "tickets:read", "queues:read", "contacts:write", "notifications:write"):
        assert not scopes.cover({held}, "queues:write")
    assert scopes.cover({"queues:read"}, "queues:read")
    assert scopes.cover({"tickets:read"}, "absences:read")
    assert not scopes.cover({"tickets:write"}, "absences:write")
    assert scopes.cover({"users:write"}, "absences:write")
    assert not scopes.cover({"read", "settings:read"}, "webhooks:read")  # their addresses hold keys of other programs


SINGLE = [
    ("notifications", "get", "/notifications", None), ("notifications", "post", "/notifications/read", {"until": 1}),
    ("notifications", "get", "/notifications/rules", None), ("notifications", "put", "/notifications/rules", {}),
    ("queues", "get", "/skip-reasons", None), ("queues", "get", "/skips", None),
    ("queues", "post", "/walk", {"folder": "open"}), ("queues", "delete", "/walk", None),
    ("replies", "get", "/saved-replies", None),
    ("replies", "post", "/saved-replies", {"title": "Всем", "body_text": "Да", "sharing": "all"}),
    ("spam", "get", "/spam-senders", None), ("spam", "post", "/spam-senders", {"sender": "x.example"}),
    ("absences", "get", "/absences", None), ("webhooks", "get", "/webhooks", None),
    ("mail", "get", "/mail", None), ("mail", "get", "/mail/sums", None), ("outbox", "get", "/outbox", None),
    ("outbox", "post", "/outbox/again", None), ("contacts", "get", "/contacts", None),
    ("tickets", "get", "/tickets", None), ("tickets", "get", "/views", None),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "method", "path", "body"), SINGLE)
def test_a_token_for_one_resource_does_that_and_nothing_else(
    company: People, resource: str, method: str, path: str, body: object
) -> None:
    assert Api(company.admin, f"{resource}:write")(method, path, body)[0] in {200, 201}
    assert Api(company.admin, f"{resource}:read")(method, path, body)[0] == (200 if method == "get" else 403)
    for other in {*scopes.ROOMS, *scopes.RESOURCES} - {resource}:
        wider = scopes.cover({f"{other}:write"}, f"{resource}:{'read' if method == 'get' else 'write'}")
        found = Api(company.admin, f"{other}:write")(method, path, body)[0]
        assert (found != 403) == wider, other


def test_a_narrow_scope_gives_no_right_of_another_role(company: People) -> None:
    assert Api(company.anna, "spam:write")("post", "/spam-senders", {"sender": "x.example"})[0] == 403
    assert Api(company.anna, "webhooks:read")("get", "/webhooks")[0] == 403
    body = {"title": "Всем", "body_text": "Да", "sharing": "all"}
    assert Api(company.anna, "replies:write")("post", "/saved-replies", body)[0] == 403
    assert Api(company.observer, "queues:write")("post", "/walk", {"folder": "open"})[0] == 403


def test_a_program_that_asks_too_often_waits(company: People) -> None:
    set_value("api_requests_a_minute", 6, by=Actor.system())
    api = Api(company.anna)
    with time_machine.travel(now(), tick=False) as clock:
        assert [api("get", "/statuses")[0] for _n in range(6 * SAVED_MINUTES)] == [200] * (6 * SAVED_MINUTES)
        answer = api.client.get("/api/v1/statuses")
        assert (answer.status_code, answer["Retry-After"]) == (429, "10")
        assert answer["Content-Type"].startswith("application/problem+json")
        assert Api(company.anna)("get", "/statuses")[0] == 200  # another token has a bucket of its own
        assert Client().get("/api/v1/statuses").status_code == 401
        clock.shift(timedelta(seconds=10))
        assert [api("get", "/statuses")[0] for _n in range(2)] == [200, 429]


def test_no_limit_when_it_is_off(company: People) -> None:
    set_value("api_requests_a_minute", 0, by=Actor.system())
    api = Api(company.anna)
    with time_machine.travel(now(), tick=False):
        assert {api("get", "/statuses")[0] for _n in range(30)} == {200}


def test_threads_count_together(company: People) -> None:
    set_value("api_requests_a_minute", 10, by=Actor.system())
    refused: list[int] = []

    def ask() -> None:
        for _n in range(40):
            try:
                count_request("one token")
            except TooMany:
                refused.append(1)

    with time_machine.travel(now(), tick=False):
        count_request("one token")  # the setting is read once before the threads, which have no database of this test
        threads = [threading.Thread(target=ask) for _n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(refused) == 1 + 4 * 40 - 10 * SAVED_MINUTES


def test_counting_writes_nothing(company: People) -> None:
    from otklik.testing.tools import assert_statements

    api = Api(company.anna)
    api("get", "/statuses")
    with assert_statements(0):
        api("get", "/statuses")
