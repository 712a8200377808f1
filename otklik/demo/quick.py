"""Inserts many rows at once: numbers are taken first, then one prepared statement runs over plain values.

The ORM's own bulk insert spends nine tenths of its time on building SQL for every value. Only for new rows of models
whose columns hold plain values; foreign keys must carry their numbers already.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Field, Model


def insert(rows: Sequence[Model]) -> None:
    """Insert the rows, all of one model, inside the caller's transaction and give each its number."""
    if not rows:
        return
    model = type(rows[0])
    fields = _columns(model)
    _number(model, [row for row in rows if row.pk is None])
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field, _convert in fields)
    marks = ", ".join(["%s"] * len(fields))
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own columns
    plan = [(field.attname, convert) for field, convert in fields]
    with connection.cursor() as cursor:
        cursor.executemany(sql, [[convert(getattr(row, name)) for name, convert in plan] for row in rows])
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias


def _number(model: type[Model], rows: Sequence[Model]) -> None:
    """Give new rows their numbers in order; models whose key is another row have one already."""
    if not rows:
        return
    for row, number in zip(rows, _take(model, len(rows)), strict=True):
        row.pk = number


def _take(model: type[Model], count: int) -> list[int]:
    """Take numbers for new rows: from the sequence, or on SQLite, whose one writer we are, the next free ones."""
    table, column = model._meta.db_table, str(model._meta.pk.column)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [connection.ops.quote_name(table), column, count],
            )
            return [row[0] for row in cursor.fetchall()]
        quote = connection.ops.quote_name
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        used = cursor.fetchone()
        cursor.execute(f"SELECT max({quote(column)}) FROM {quote(table)}")  # noqa: S608 - names of our own
        highest = cursor.fetchone()
        start = max(used[0] if used else 0, highest[0] or 0)
        return list(range(start + 1, start + count + 1))


@cache
def _columns(model: type[Model]) -> list[tuple["Field[Any, Any]", Callable[[Any], Any]]]:
    return [(field, _converter(field)) for field in model._meta.concrete_fields]


def _converter(field: "Field[Any, Any]") -> Callable[[Any], Any]:
    """Return what turns a value of the field into what the database takes."""
    match field.get_internal_type():
        case "DateTimeField":
            return connection.ops.adapt_datetimefield_value
        case "JSONField":
            return lambda value: None if value is None else connection.ops.adapt_json_value(value, None)
    return _plain


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
