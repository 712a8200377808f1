"""Asks a route as somebody and puts everything back afterwards, so that no answer depends on the ones before."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test import Client
from django.urls import resolve

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.config.api import api
from otklik.core import settings_store
from otklik.core.cached import forget

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


class _Back(Exception):
    """Takes back what a request wrote."""


class _Writing:
    """Notes whether anything was written."""

    def __init__(self) -> None:
        self.seen = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        self.seen = self.seen or not sql.startswith(("SELECT", "SAVEPOINT", "RELEASE"))
        return execute(sql, params, many, context)


@contextmanager
def put_back() -> Iterator[None]:
    """Take back everything that the block writes; where it wrote, what the process keeps of the database goes too."""
    writing = _Writing()
    try:
        with transaction.atomic(), connection.execute_wrapper(writing):
            yield
            raise _Back
    except _Back:
        pass
    if writing.seen:
        forget()
        settings_store.forget()


class Visitor:
    """Somebody with a browser and a token of his own; nobody where there is no user."""

    def __init__(self, user: User | None, scopes: tuple[str, ...] = ()) -> None:
        self.browser, self.program = Client(raise_request_exception=False), Client(raise_request_exception=False)
        if user is not None:
            self.browser.force_login(user)
            _row, plain = accounts.create_token(user, name="t", scopes=scopes, by=actor_for(user))
            self.program = Client(raise_request_exception=False, headers={"authorization": f"Bearer {plain}"})
            # what is written down at somebody's first request: else each would be the first, as all is taken back
            self.browser.get("/profile/")
            self.program.get("/api/v1/profile")
        self._cookies = dict(self.browser.cookies)

    def ask(self, method: str, url: str, body: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[int, str]:
        """Return status and text of the answer; a way to the sign-in page is 401.

        Pages get ``body``; the API gets what its schema takes, with the numbers of ``known``, and ``body`` over it.
        """
        if url.startswith("/api/"):
            if method == "POST" and _takes_file(url):
                return self._answered(self.program.post(url, {"file": ContentFile(b"x", name="x.txt")}))
            sent = "" if method in {"GET", "HEAD"} else json.dumps({**least_body(method, url, known), **body})
            answer = self.program.generic(method, url, data=sent, content_type="application/json")
        elif body and method == "POST":
            answer = self.browser.post(url, dict(body))
        else:
            answer = self.browser.generic(method, url, data="", content_type="application/x-www-form-urlencoded")
        return self._answered(answer)

    def _answered(self, answer: Any) -> tuple[int, str]:
        self.browser.cookies.clear()
        self.browser.cookies.update(self._cookies)
        text = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next="):
            return 401, ""
        return answer.status_code, text.decode(errors="replace")


@cache
def _schema() -> dict[str, Any]:
    return dict(api.get_openapi_schema())


def _content(method: str, url: str) -> dict[str, Any]:
    """Return the kinds of body that an address of the API takes."""
    route = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", "/" + resolve(url.partition("?")[0]).route)
    operation = _schema()["paths"].get(route, {}).get(method.lower(), {})
    return dict(operation.get("requestBody", {}).get("content", {}))


def _takes_file(url: str) -> bool:
    return "multipart/form-data" in _content("POST", url)


def least_body(method: str, url: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the smallest body that the schema takes for an address of the API, {} where it takes none."""
    content = _content(method, url)
    return _least(content["application/json"]["schema"], known) if "application/json" in content else {}


def _least(shape: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    """Return the smallest value of a shape."""
    if "$ref" in shape:
        return _least(_schema()["components"]["schemas"][shape["$ref"].rpartition("/")[2]], known)
    if "enum" in shape:
        return shape["enum"][0]
    if "const" in shape:
        return shape["const"]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in shape:
            return _least(shape[several][0], known)
    kind = shape.get("type")
    if kind == "object":
        return {
            key: known[key] if key in known else _least(shape["properties"][key], known)
            for key in shape.get("required", ())
        }
    if kind == "array":
        return [_least(shape["items"], known)] * shape.get("minItems", 0)
    if kind == "string":
        return _WORDS.get(shape.get("format", ""), "x" * max(1, shape.get("minLength", 1)))
    return {"integer": 1, "number": 1, "boolean": True}.get(str(kind))


_WORDS = {
    "date-time": "2030-01-01T10:00:00Z",
    "date": "2030-01-01",
    "email": "x@x.example",
    "uri": "https://x.example/",
}
