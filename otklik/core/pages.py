"""Keyset pages: lists are read by the key of the last row seen, never counted, never offset."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from otklik.core.errors import Invalid

CursorValue = int | str | datetime
MAX_LIMIT = 200
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Page[M: Model]:
    """One page of rows and the cursor of the next, None when this is the last."""

    items: list[M]
    next: str | None


def encode_cursor(values: Sequence[CursorValue]) -> str:
    """Return the key of a row as an opaque, URL-safe text."""
    plain = [{"t": value.isoformat()} if isinstance(value, datetime) else value for value in values]
    raw = json.dumps(plain, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode_cursor(text: str, types: Sequence[type]) -> tuple[CursorValue, ...]:
    """Return the key that ``encode_cursor`` put into ``text``, of exactly these types; raises ``Invalid``."""
    try:
        if len(text) > _LONGEST:
            raise ValueError("too long")
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        held = json.loads(raw)
        if not isinstance(held, list) or len(held) != len(types):
            raise ValueError("wrong number of values")
        return tuple(_read(value, kind) for value, kind in zip(held, types, strict=True))
    except (ValueError, UnicodeError, binascii.Error, RecursionError) as error:
        raise Invalid(_("This is not a place in the list."), field="cursor") from error


def _read(value: Any, kind: type) -> CursorValue:
    if kind is datetime:
        if not isinstance(value, dict) or set(value) != {"t"} or not isinstance(value["t"], str):
            raise ValueError("not a time")
        at = datetime.fromisoformat(value["t"])
        if at.tzinfo is None:
            raise ValueError("a time without zone")
        return at
    if not isinstance(value, int | str) or type(value) is not kind:
        raise ValueError("wrong type")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("number too large")
    return value


def clean_limit(limit: object, default: int = 50) -> int:
    """Return a page size between 1 and 200; raises ``Invalid`` for anything else."""
    if limit is None or limit == "":
        return default
    try:
        number = int(str(limit))
    except ValueError:
        number = 0
    if not 1 <= number <= MAX_LIMIT:
        raise Invalid(_("A page has between 1 and 200 rows."), field="limit")
    return number


def keyset_page[M: Model](
    queryset: QuerySet[M],
    *,
    order: Sequence[tuple[str, type]],
    cursor: str | None = None,
    limit: int = 50,
) -> Page[M]:
    """Return the page of ``queryset`` after ``cursor``, in one statement and without a count.

    ``order`` names the key, such as ``[("-activity_at", datetime), ("-id", int)]``: no nullable field, the last one
    unique. Fields are read from the rows, so they must not be deferred.
    """
    rows = queryset.order_by(*[name for name, _kind in order])
    if cursor:
        rows = rows.filter(after(order, decode_cursor(cursor, [kind for _name, kind in order])))
    items = list(rows[: limit + 1])
    more = len(items) > limit
    items = items[:limit]
    key = [getattr(items[-1], name.lstrip("-")) for name, _kind in order] if more else []
    return Page(items=items, next=encode_cursor(key) if more else None)


def slice_page[T](
    rows: Sequence[T], *, key: Callable[[T], int | str], cursor: str | None = None, limit: int = 50
) -> tuple[list[T], str | None]:
    """Return a page of a list that is short and in memory, and the cursor of the next page.

    ``key`` names a row. A page begins after the row that the page before ended with; when that one is gone, where it
    stood.
    """
    start = 0
    if cursor:
        stood, name = decode_cursor(cursor, [int, str])
        place = min(max(0, int(str(stood))), len(rows))
        there = [number for number, row in enumerate(rows) if str(key(row)) == name]
        start = min(there, key=lambda number: abs(number - place)) + 1 if there else place
    items = list(rows[start : start + limit])
    more = start + limit < len(rows)
    return items, encode_cursor([start + limit - 1, str(key(items[-1]))]) if more else None


def after(order: Sequence[tuple[str, type]], values: Sequence[CursorValue]) -> Q:
    """Return the condition “comes after this key”. The first field stands alone as well: indexes start from it."""
    names = [name for name, _kind in order]
    condition = Q()
    for position, name in enumerate(names):
        equal = {names[i].lstrip("-"): values[i] for i in range(position)}
        condition |= Q(**equal) & Q(**{_compare(name): values[position]})
    first = names[0]
    return Q(**{f"{_compare(first)}e": values[0]}) & condition


def _compare(name: str) -> str:
    return f"{name[1:]}__lt" if name.startswith("-") else f"{name}__gt"
