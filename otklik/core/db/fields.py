"""Columns that are compared by their characters alone, whatever language the database was made for."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class KeyField(models.CharField):  # type: ignore[type-arg]
    """A text in a form of ours, such as a name to compare by: ordered by the numbers of its characters.

    SQLite orders so by itself. PostgreSQL orders by the language of the database unless a column says otherwise, and
    languages leave characters out when they compare: a range ``x <= key < x…`` would find nothing.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """Add the order to what the column is made of, on PostgreSQL."""
        return super().db_parameters(connection) | ({"collation": "C"} if connection.vendor == "postgresql" else {})


def begins_with(column: str, key: str) -> models.Q:
    """Return the condition that a ``KeyField`` begins with a key: a range, for which any index on it is of use."""
    return models.Q(**{f"{column}__gte": key, f"{column}__lt": f"{key}\U0010ffff"})


def order_by_characters(schema_editor: BaseDatabaseSchemaEditor, *columns: tuple[str, str, int]) -> None:
    """Give columns of text (table, column, length) that are there already the order of a ``KeyField``.

    PostgreSQL makes their indexes anew and rewrites no rows; on SQLite nothing is to be done.
    """
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, column, length in columns:
        place, name = schema_editor.quote_name(table), schema_editor.quote_name(column)
        schema_editor.execute(f'ALTER TABLE {place} ALTER COLUMN {name} TYPE varchar({length}) COLLATE "C"')
