"""A process of its own that makes one empty database again and again and prints what stands in it each time, as JSON.

    python -m otklik.config.tests.migrating_process WAY...

``ours`` is the upgrade of a new desk, ``django`` the executor of Django as it is, and ``APP.NAME`` an installation that
stood at this migration and is then upgraded. Moments are left out: no two runs share them.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from otklik.config.cli.setup import start_django

_SQLITE = {"schema": "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"}
_POSTGRESQL = {
    "columns": "SELECT table_name, ordinal_position, column_name, column_default, is_nullable, udt_name,"
    " character_maximum_length, numeric_precision, numeric_scale, collation_name, is_identity, identity_generation,"
    " generation_expression FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
    " ORDER BY 1, 2",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid, true) FROM pg_constraint"
    " WHERE connamespace = current_schema()::regnamespace ORDER BY 1, 2, 3",
    "triggers": "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
    " ORDER BY 1, 2",
    "functions": "SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc p"
    " WHERE p.pronamespace = current_schema()::regnamespace AND p.prokind IN ('f', 'p') ORDER BY 1",
    "sequences": "SELECT sequencename, data_type::text, start_value, increment_by, last_value FROM pg_sequences"
    " WHERE schemaname = current_schema() ORDER BY 1",
    "extensions": "SELECT extname FROM pg_extension ORDER BY 1",
}


def picture() -> dict[str, list[list[str]]]:
    """Return all that the database holds: how its tables are made, and their rows."""
    from django.db import connection

    questions = dict(_SQLITE if connection.vendor == "sqlite" else _POSTGRESQL)
    found = {name: [list(map(str, row)) for row in _rows(question)[1]] for name, question in questions.items()}
    for table in [*connection.introspection.table_names(), *(["sqlite_sequence"] if "schema" in found else [])]:
        columns, rows = _rows(f"SELECT * FROM {connection.ops.quote_name(table)}")
        kept = [place for place, column in enumerate(columns) if column not in _moments(table)]
        found[f"rows of {table}"] = sorted([str(row[place]) for place in kept] for row in rows)
    return found


def _rows(question: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(question)
        return [column[0] for column in cursor.description], cursor.fetchall()


def _moments(table: str) -> set[str]:
    return {"django_migrations": {"applied"}, "tickets_channel": {"created_at"}}.get(table, set())


def take_everything_away() -> None:
    """Leave an empty database."""
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.close()
        database = Path(connection.settings_dict["NAME"])
        for path in database.parent.glob(f"{database.name}*"):
            path.unlink()
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        (schema,) = cursor.fetchone()
        cursor.execute(f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}")


def as_django() -> None:
    """Migrate with Django's own executor."""
    from django.core.management.sql import emit_post_migrate_signal
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    plan = executor.migration_plan(leaves)
    executor.migrate(leaves, plan)
    emit_post_migrate_signal(0, False, connection.alias, plan=plan)


def ours() -> None:
    """Bring the database to its end in our way."""
    from otklik.config.upgrade import upgrade

    upgrade(backup=False)


def stop_at(migration: str) -> None:
    """Migrate an empty database in our way, so far that the named migration is the last one."""
    from django.db import connection

    from otklik.config.executor import SafeExecutor

    executor = SafeExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    plan = executor.migration_plan(leaves)
    names = [f"{step.app_label}.{step.name}" for step, _backwards in plan]
    executor.migrate(leaves, plan[: names.index(migration) + 1])


def main(ways: list[str]) -> None:
    """Go each way, from an empty database on."""
    start_django()
    whole: dict[str, Callable[[], None]] = {"ours": ours, "django": as_django}
    pictures = {}
    for way in ways:
        if way in whole:
            whole[way]()
        else:
            stop_at(way)
            ours()
        pictures[way] = picture()
        take_everything_away()
    print(json.dumps(pictures))


if __name__ == "__main__":
    main(sys.argv[1:])
