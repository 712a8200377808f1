"""A logical dump of PostgreSQL by COPY, in one REPEATABLE READ transaction; needs no client tools on either side.

The dump holds rows alone. Tables are made again by this program's own migrations, to the state in which the dump was
taken, and later ones are applied afterwards as in any upgrade.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, connections
from psycopg import IsolationLevel, errors, sql

from otklik.config.backup.archive import BackupError

MARK = "otklik_restoring"
"""A table that stands while a restore is under way: a desk on such a database does not start."""
_TABLES = """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname <> %s
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname"""
_COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"""
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema()"


class Dump:
    """One moment of the database, readable for as long as the block runs."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.tables = {name: self._columns(name) for (name,) in raw.execute(_TABLES, [MARK]).fetchall()}

    def _columns(self, table: str) -> list[str]:
        return [name for (name,) in self._raw.execute(_COLUMNS, [sql.Identifier(table).as_string()]).fetchall()]

    def write_table(self, table: str, target: Path, beat: Callable[[], None]) -> None:
        """Write the rows of one table to a file."""
        statement = sql.SQL("COPY {} TO STDOUT").format(_named(table, self.tables[table]))
        with target.open("xb") as file, self._raw.cursor() as cursor, cursor.copy(statement) as copy:
            for piece in copy:
                file.write(piece)
                beat()

    def describe(self) -> bytes:
        """Return columns and sequences as JSON; sequences are read last, so that no number is given twice."""
        sequences = {name: value for name, value in self._raw.execute(_SEQUENCES).fetchall() if value is not None}
        return json.dumps({"tables": self.tables, "sequences": sequences}).encode()

    def blob_rows(self) -> list[tuple[str, str, int]]:
        """Return path, hash and size of every file that the database names at this moment."""
        rows = self._raw.execute("SELECT path, sha256, size FROM core_blob WHERE path <> '' ORDER BY id").fetchall()
        return [(str(path), str(digest), int(size)) for path, digest, size in rows]

    def migrations(self) -> list[list[str]]:
        """Return the migrations that the database has seen at this moment."""
        return [list(row) for row in self._raw.execute("SELECT app, name FROM django_migrations ORDER BY id")]


def _named(table: str, columns: list[str]) -> sql.Composed:
    return sql.SQL("{} ({})").format(sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)))


@contextmanager
def dump() -> Iterator[Dump]:
    """Open one moment of the database on a connection of its own."""
    with _own_connection() as raw:
        raw.autocommit = False
        raw.isolation_level = IsolationLevel.REPEATABLE_READ
        raw.read_only = True
        with raw.transaction():
            yield Dump(raw)


@contextmanager
def _own_connection() -> Iterator[Any]:
    wrapper = connections.create_connection("default")
    wrapper.ensure_connection()
    try:
        yield wrapper.connection
    finally:
        wrapper.close()


def is_empty() -> bool:
    """Tell whether nobody has used this database for a desk."""
    return not connection.introspection.table_names()


def is_half_restored() -> bool:
    """Tell whether a restore into this database was cut off: it must be repeated before anybody uses it."""
    return connection.vendor == "postgresql" and MARK in connection.introspection.table_names()


def others_connected() -> int:
    """Return how many other sessions use this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def empty_and_mark() -> None:
    """Take everything out of the schema and leave the mark. Raises ``BackupError`` when we may not."""
    with _own_connection() as raw:
        try:
            with raw.transaction():
                if raw.execute(_TABLES, [""]).fetchone():
                    schema = sql.Identifier(raw.execute("SELECT current_schema()").fetchone()[0])
                    raw.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(schema))
                    raw.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
                raw.execute(sql.SQL("CREATE TABLE {} (note text)").format(sql.Identifier(MARK)))
        except errors.InsufficientPrivilege as error:
            raise BackupError("This user may not empty the database: name an empty one, or its owner.") from error


def load(folder: Path) -> None:
    """Fill the tables from the files of a dump, in one transaction; what migrations had put there goes."""
    described = json.loads((folder / "tables.json").read_bytes())
    with _own_connection() as raw, raw.transaction():
        present = {name for (name,) in raw.execute(_TABLES, [MARK]).fetchall()}
        if missing := described["tables"].keys() - present:
            raise BackupError(f"This version has no table {min(missing)}; use the version that made the backup.")
        raw.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(map(sql.Identifier, sorted(present)))))
        for table, columns in described["tables"].items():
            statement = sql.SQL("COPY {} FROM STDIN").format(_named(table, columns))
            with (folder / "tables" / table).open("rb") as file, raw.cursor() as cursor, cursor.copy(statement) as copy:
                while piece := file.read(1 << 18):
                    copy.write(piece)
        known = {name for name, _ in raw.execute(_SEQUENCES).fetchall()}
        for name, value in described["sequences"].items():
            if name in known:
                raw.execute("SELECT setval(%s::regclass, %s)", [sql.Identifier(name).as_string(), value])


def remove_mark() -> None:
    """Say that the restore is complete."""
    with _own_connection() as raw:
        raw.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(MARK)))
        raw.commit()
