"""The rows that migrations left, put back quickly after a test with real transactions has emptied all tables.

Django keeps them as JSON and saves object after object, which takes longer than most of these tests; here they are
rows, and each table gets its own in one statement.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

type Rows = Mapping[str, tuple[str, str, Sequence[tuple[Any, ...]]]]
"""By table: the statement that empties it, the one that inserts a row, and the rows."""


def keep(connection: BaseDatabaseWrapper) -> None:
    """Remember what stands in the database now; a test that begins with "serialized rollback" begins with that."""
    # two names that TransactionTestCase uses and that hand on whatever the one gives to the other
    connection._test_serialized_contents = _rows(connection)  # type: ignore[attr-defined]
    connection.creation.deserialize_db_from_string = partial(_put_back, connection)  # type: ignore[method-assign]


def _rows(connection: BaseDatabaseWrapper) -> Rows:
    quote, kept = connection.ops.quote_name, {}
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            names = [column.name for column in connection.introspection.get_table_description(cursor, table)]
            columns, places = ", ".join(map(quote, names)), ", ".join(["%s"] * len(names))
            cursor.execute(f"SELECT {columns} FROM {quote(table)}")
            if rows := cursor.fetchall():
                insert = f"INSERT INTO {quote(table)} ({columns}) VALUES ({places})"
                kept[table] = (f"DELETE FROM {quote(table)}", insert, rows)
    return kept


def _put_back(connection: BaseDatabaseWrapper, kept: Rows) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:  # keys are checked at its end
        for empty, insert, rows in kept.values():
            cursor.execute(empty)  # the first test finds them there still
            cursor.executemany(insert, rows)
