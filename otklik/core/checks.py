"""Checks at the start: a database that can lose data is refused."""

import sqlite3
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.db import connections


def sqlite_is_safe(version: tuple[int, ...]) -> bool:
    """Tell whether this SQLite is free of the WAL-reset fault: 3.51.3 and later, or 3.50.7, or 3.44.6 and later."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


@register()
def check_sqlite_version(**options: Any) -> list[CheckMessage]:
    """Refuse a SQLite library that can damage a database when two connections checkpoint at the same moment."""
    problems: list[CheckMessage] = []
    for alias in connections:
        database = connections[alias]
        if database.vendor != "sqlite":
            continue
        version = sqlite3.sqlite_version_info  # of the library that the package's first import chose
        if not sqlite_is_safe(tuple(version)):
            problems.append(
                Error(
                    f"SQLite {'.'.join(map(str, version))} has the WAL-reset fault and can damage the database.",
                    hint="Install SQLite 3.51.3 or later, or the Python package pysqlite3.",
                    id="otklik.E001",
                )
            )
    return problems
