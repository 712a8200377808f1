"""Every list of the REST API takes ``limit`` and ``cursor``, and its pages together are the list."""

from typing import Any

import pytest
from django.test import Client

from otklik.channels.email.tests.mails import support
from otklik.config.api import api as rest
from otklik.core.pages import slice_page
from otklik.testing.api import Api
from otklik.testing.people import People
from otklik.tickets.actions.linking import link


def _lists() -> list[tuple[str, list[str]]]:
    schema = rest.get_openapi_schema(path_prefix="/api/v1/")
    found = []
    for path, methods in schema["paths"].items():
        operation: dict[str, Any] = methods.get("get", {})
        answer = operation.get("responses", {}).get(200, {}).get("content", {}).get("application/json", {})
        name = answer.get("schema", {}).get("$ref", "").rpartition("/")[2]
        if "items" in schema["components"]["schemas"].get(name, {}).get("properties", {}):
            found.append((path, [row["name"] for row in operation["parameters"]]))
    return found


def test_every_list_is_paged() -> None:
    lists = _lists()
    assert len(lists) > 25
    assert [path for path, names in lists if not {"limit", "cursor"} <= set(names)] == []


@pytest.mark.parametrize("path", ["/users", "/teams", "/types", "/statuses", "/views", "/channels", "/skip-reasons"])
def test_pages_of_a_directory_together_are_the_directory(company: People, path: str) -> None:
    support()
    api = Api(company.anna)
    whole = api("get", path)[1]["items"]
    assert len(whole) > 1
    seen, cursor = [], ""
    while cursor is not None:
        page = api("get", f"{path}?limit=1&cursor={cursor}")[1]
        seen, cursor = seen + page["items"], page["next"]
    assert seen == whole
    assert api("get", f"{path}?limit=0")[0] == 422
    assert api("get", f"{path}?cursor=nonsense")[0] == 422
    assert api("get", f"{path}?evil=1")[0] == 422


def test_pages_of_links(company: People) -> None:
    api, anna = Api(company.anna), company.actor(company.anna)
    ticket = company.ticket()
    for name in ("Б", "В"):
        link(ticket, other=company.ticket(name), kind="related", by=anna)
    path = f"/tickets/{ticket.pk}/links"
    first = api("get", f"{path}?limit=1")[1]
    second = api("get", f"{path}?limit=1&cursor={first['next']}")[1]
    assert first["items"] + second["items"] == api("get", path)[1]["items"]
    assert second["next"] is None


def test_a_page_goes_on_where_its_row_was() -> None:
    rows = ["a", "b", "c", "d"]
    items, following = slice_page(rows, key=str, limit=2)
    assert items == ["a", "b"]
    assert slice_page(["z", *rows], key=str, cursor=following, limit=2) == (["c", "d"], None)  # one came before it
    assert slice_page(["a", "c", "d"], key=str, cursor=following, limit=2) == (["c", "d"], None)  # it is gone itself
    assert slice_page([], key=str, cursor=following) == ([], None)
    alike = ["a", "a", "a"]
    _items, second = slice_page(alike, key=str, limit=1)
    _items, third = slice_page(alike, key=str, cursor=second, limit=1)
    assert slice_page(alike, key=str, cursor=third, limit=1) == (["a"], None)


@pytest.mark.parametrize("method", ["get", "post", "patch", "put", "delete"])
def test_an_address_that_is_not_there_says_so_to_a_program(company: People, method: str) -> None:
    client = Client(enforce_csrf_checks=True, headers=Api(company.anna).client.headers)
    for path in ("/api/v1/nothing", "/api/v2/tickets", "/api/"):
        answer = client.generic(method.upper(), path, b"{}", content_type="application/json")
        assert answer.status_code == 404
        assert answer.json()["status"] == 404
        assert answer["Content-Type"] == "application/problem+json"
