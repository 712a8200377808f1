"""What every REST endpoint stands on: the bearer token, rights with scopes, strict bodies, idempotent posts."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial, wraps
from typing import Any, get_args

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from ninja import Schema
from ninja.security import HttpBearer
from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from otklik.accounts import policies, scopes
from otklik.accounts.limits import count_request
from otklik.accounts.queries import actor_for_token, token_digest
from otklik.core.actor import Actor
from otklik.core.errors import Forbidden, Invalid, NotFound
from otklik.core.idempotency import Answer, fingerprint, run_once
from otklik.core.pages import slice_page
from otklik.core.text import storable

Json = dict[str, Any]
_NO_ID = 2**63
# What the schema says of an operation that answers with a file.
BYTES_OUT: Json = {
    "responses": {200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}
}

MAY_BE_NONE: Json = {"responses": {404: {"$ref": "#/components/responses/Problem404"}}}
"""Of an operation whose address names nothing, and whose thing may yet not be there."""


class TokenAuth(HttpBearer):
    """Accepts ``Authorization: Bearer <token>`` of an active user; the request then speaks his language."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Return the token's owner with its scopes, or nothing; raises ``TooMany`` when it asks too often."""
        actor = actor_for_token(token)
        if actor is not None:
            translation.activate(actor.language)
            count_request(token_digest(token))
        return actor


class Strict(Schema):
    """A body or query in which unknown fields are an error, and so is what no database of ours can hold.

    Such are half an emoji (a lone surrogate), the character NUL, and numbers of more than 64 bits. In the texts of
    messages (``body_…``) characters are not refused but replaced: their words must not be lost. True and false are no
    numbers.
    """

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: Any, info: ValidationInfo) -> Any:
        name = info.field_name or ""
        if isinstance(value, str) and name.startswith("body_"):
            return storable(value)
        given = value if isinstance(value, list) else [value]
        if any(isinstance(one, bool) for one in given) and not _takes_truth(cls, name):
            raise ValueError(_("True and false are no value of this field."))
        return _checked(value)


def _checked(value: Any) -> Any:
    if isinstance(value, str):
        if value != storable(value):
            raise ValueError(_("It holds characters that cannot be kept, such as half an emoji."))
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise ValueError(_("The number is too large."))
    elif isinstance(value, list | tuple):
        for one in value:
            _checked(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            _checked(name)
            _checked(one)
    return value


@cache
def _takes_truth(shape: type[Strict], field: str) -> bool:
    return _has_truth(shape.model_fields[field].annotation)


def _has_truth(kind: Any) -> bool:
    return kind is bool or kind is Any or isinstance(kind, bool) or any(map(_has_truth, get_args(kind)))


class PageQuery(Strict):
    """A place in a list."""

    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", max_length=600)


def actor_of(request: HttpRequest) -> Actor:
    """Return the token's owner, as the bearer check put it on the request."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor


def needs(request: HttpRequest, permission: str, query: Schema | None = None, *, scope: str = "") -> Actor:
    """Return the actor when his role and token cover the permission, else raise ``Forbidden``.

    ``scope`` names the single resource of the operation, such as ``queues:write``: a token that has it may do just
    this, so the actor that is returned has all the rights of the token's owner. A request that changes something needs
    a scope that writes, also where the right to see is all that is asked. Parameters of the address that ``query`` does
    not know are refused with ``Invalid``: a filter that is ignored silently answers another question than was asked.
    """
    actor = actor_of(request)
    if scope:
        covered = scopes.cover(actor.scopes, scope)
        actor = replace(actor, scopes=None)
    else:
        changing = request.method not in {"GET", "HEAD"}
        covered = actor.scopes is None or policies.scope_allows(actor.scopes, permission, changing=changing)
    if not (covered and policies.can(actor, permission)):
        raise Forbidden(_("The token has no right to do this."))
    known = type(query).model_fields if query is not None else {}
    if unknown := sorted(set(request.GET) - set(known)):
        raise Invalid(_("There is no such parameter."), field=unknown[0][:60])
    return actor


def listed(rows: Sequence[Json], query: PageQuery, *, key: str = "id") -> Json:
    """Return the page of a short list that ``query`` asks for; ``key`` is the field that names a row."""
    items, following = slice_page(rows, key=lambda row: row[key], cursor=query.cursor or None, limit=query.limit)
    return {"items": items, "next": following}


def as_json(status: int, body: Any) -> HttpResponse:
    """Return an answer with a JSON body, letters as they are."""
    content = json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False)
    return HttpResponse(content, status=status, content_type="application/json; charset=utf-8")


def told_as_made(handler: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
    """Send what a handler made as it is: its shape describes it to programs and costs no second pass over the data.

    An id in the address that no database can hold is one that is not there.
    """

    @wraps(handler)
    def telling(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if any(isinstance(value, int) and value >= _NO_ID for value in kwargs.values()):
            raise NotFound
        result = handler(request, *args, **kwargs)
        if isinstance(result, HttpResponseBase):
            return result
        status, body = result if isinstance(result, tuple) else (200, result)
        return HttpResponse(status=status) if body is None else as_json(status, body)

    return telling


def answered_once(
    request: HttpRequest, work: Callable[[], tuple[int, Any]], *, mark: str = "", together: bool = True
) -> HttpResponse:
    """Answer with the status and JSON of ``work``, done once for the request's ``Idempotency-Key`` if it has one.

    A repeat gets the first answer, with ``Idempotent-Replayed: true``. ``mark`` is what makes the request where its
    body was read already; ``together`` as in ``run_once``.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return as_json(*work())

    def answer() -> Answer:
        response = as_json(*work())
        return Answer(status=response.status_code, body=response.content)

    asked = mark or fingerprint(request.method or "", request.get_full_path(), request.body)
    kept = run_once(actor_of(request).principal, key, asked, answer, together=together)
    response = HttpResponse(kept.body, status=kept.status, content_type="application/json; charset=utf-8")
    if kept.replayed:
        response["Idempotent-Replayed"] = "true"
    return response


def takes_key[F: Callable[..., Any]](handler: F) -> F:
    """Let the schema say that an operation honours ``Idempotency-Key``."""
    handler.takes_key = True  # type: ignore[attr-defined]
    return handler


def idempotent(work: Callable[..., tuple[int, Any]], *, together: bool = True) -> Callable[..., HttpResponse]:
    """Honour ``Idempotency-Key`` in a handler that returns a status and a JSON body and writes only the database."""

    @wraps(work)
    def handler(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return answered_once(request, partial(work, request, *args, **kwargs), together=together)

    return takes_key(handler)


idempotent_alone = partial(idempotent, together=False)
"""The same for slow work with transactions of its own, whose repeat after a crash is harmless."""
