"""Throws generated requests at the whole REST API, in this process, and holds each answer to the schema."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import requests
import schemathesis
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from hypothesis import HealthCheck, Phase, strategies
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from urllib3 import HTTPResponse

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
_ODD = (
    "\x00", "a\x00b", "\ud800", "\u202e", "𝕏" * 70, "%00", "' OR 1=1 --", "{{ x }}", "<b>", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "2026-02-30", "2026-10-25T02:30:00", "-1", "1e400", 2**31, 2**63 - 1,
    2**63, 2**64, -(2**63) - 1, 10**30, 0, -1, 1.5, True, None, [], {}, [[]], "", " ",
)  # fmt: skip

# The test client sets what belongs to the body, and the token.
_NOT_TAKEN = {"content-type", "content-length", "authorization"}
_OF_A_REQUEST = {"method", "url", "headers", "files", "data", "json", "params", "auth", "cookies"}


@dataclass
class Findings:
    """What did not hold, each kind of fault of an operation once."""

    told: dict[tuple[str, str], str] = field(default_factory=dict)
    calls: int = 0
    answered: dict[int, int] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)
    """Operations that were asked, and those that did once what they are for."""

    def add(self, label: str, kind: str, text: str) -> None:
        """Keep the first fault of its kind."""
        self.told.setdefault((label, kind), text)

    def __str__(self) -> str:
        """Return all of them, for the failing test."""
        return "\n\n".join(f"{label}: {text}" for (label, _kind), text in self.told.items())


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with answers that may hold nothing but what it names: for the test a new field is a fault.

    The token is the principal's and not the generator's, so the schema asks for none.
    """
    for methods in schema["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    for name, shape in schema["components"]["schemas"].items():
        if "Out" in name and "properties" in shape:
            shape["additionalProperties"] = False
    return schema


def fuzz(
    schema: dict[str, Any],
    client: Client,
    *,
    known: Mapping[str, list[Any]],
    examples: int,
    seed: int,
    undone: Callable[[], Any],
) -> Findings:
    """Send ``examples`` requests for each operation, right and wrong ones, and return what did not hold.

    ``known`` gives ids that exist by the name of a parameter or field, so that requests get past the first 404.
    ``undone`` is a context in which one operation's requests run and which takes back what they changed.
    """
    findings = Findings()
    config = schemathesis.Config()
    loaded = schemathesis.openapi.from_dict(schema, config=config)
    for result in loaded.get_all_operations():
        operation = result.ok()
        with undone():
            _fuzz_one(operation, client, known=known, examples=examples, seed=seed, findings=findings)
    return findings


def _fuzz_one(operation: Any, client: Client, *, known: Mapping[str, list[Any]], examples: int, seed: int,
              findings: Findings) -> None:  # fmt: skip
    chance = random.Random(f"{seed} {operation.label}")
    tried: list[
        Any
    ] = []  # the first two requests name the first and the second thing of each kind: they belong together
    modes = [operation.as_strategy(GenerationMode.POSITIVE)]
    if operation.body or operation.query:
        modes.append(operation.as_strategy(GenerationMode.NEGATIVE))

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @hypothesis.given(strategies.one_of(modes))
    def requests_of(case: Any) -> None:
        _send(case, _prepared(case), client, findings, CHECKS)
        for name, made in case.path_parameters.items():
            there = known.get(name, [made])
            odd = chance.random() < 0.2
            of_one = there[len(tried) % len(there)]
            case.path_parameters[name] = of_one if len(tried) < 2 else chance.choice([*there, 2**64] if odd else there)
        tried.append(case)
        _send(case, _bent(case, known, chance), client, findings, CHECKS[:-1])

    requests_of()


def _prepared(case: Any) -> requests.PreparedRequest:
    given = case.as_transport_kwargs(base_url="http://testserver")
    return requests.Request(**{key: value for key, value in given.items() if key in _OF_A_REQUEST}).prepare()


def _bent(case: Any, known: Mapping[str, list[Any]], chance: random.Random) -> requests.PreparedRequest:
    """Return the request with ids that exist, and in one of three cases with an odd value somewhere."""
    sent = _prepared(case)
    odd = chance.random() < 0.33
    if isinstance(case.body, dict) and case.media_type == "application/json":
        body = {
            key: chance.choice(known[key]) if key in known and chance.random() < 0.7 else value
            for key, value in case.body.items()
        }
        if body and odd:
            body[chance.choice(list(body))] = chance.choice(_ODD)
        sent.body = json.dumps(body).encode()
    elif case.query and odd:
        query = dict(case.query)
        query[chance.choice(list(query))] = str(chance.choice(_ODD)).encode("utf-8", "replace")
        sent.prepare_url(sent.url.partition("?")[0] if sent.url else "", query)
    return sent


def _send(case: Any, sent: requests.PreparedRequest, client: Client, findings: Findings, checks: list[Any]) -> None:
    answer = _answer(client, sent)
    findings.calls += 1
    findings.asked.add(case.operation.label)
    if answer.ok:
        findings.reached.add(case.operation.label)
    findings.answered[answer.status_code] = findings.answered.get(answer.status_code, 0) + 1
    try:
        case.validate_response(answer, checks=checks)
    except FailureGroup as group:
        shown = (
            f"{sent.method} {sent.path_url[:200]} {str(sent.body)[:600]}\n  -> {answer.status_code} {answer.text[:300]}"
        )
        for failure in group.exceptions:
            findings.add(case.operation.label, type(failure).__name__, f"{failure}\n  {shown}")


def _answer(client: Client, sent: requests.PreparedRequest) -> requests.Response:
    headers = {key: value for key, value in sent.headers.items() if key.lower() not in _NOT_TAKEN}
    given = client.generic(
        sent.method or "GET",
        sent.path_url,
        sent.body if isinstance(sent.body, bytes) else (sent.body or "").encode("utf-8", "surrogatepass"),
        content_type=sent.headers.get("Content-Type", "application/octet-stream"),
        headers=headers,
    )
    made = requests.Response()
    made.status_code = given.status_code
    made.headers.update(given.headers)
    made._content = _bytes(given)
    made.raw = HTTPResponse(headers=dict(given.headers), status=given.status_code)
    made.encoding = "utf-8"
    made.request, made.url = sent, sent.url or ""
    return made


def _bytes(answer: HttpResponseBase) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]


@contextmanager
def taken_back(forget: Callable[[], None]) -> Iterator[None]:
    """Undo in the database what happens inside, and let ``forget`` drop what the process keeps of it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    forget()
