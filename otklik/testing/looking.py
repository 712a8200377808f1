"""Looks into the database of a running desk, beside the desk."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import psycopg

from otklik.testing.server import Desk


def look(desk: Desk, statement: str) -> list[Any]:
    """Return the rows that a statement gives."""
    if url := desk.env.get("OTKLIK_DATABASE_URL", ""):
        with psycopg.connect(url) as postgres:
            return postgres.execute(statement.encode()).fetchall()
    (database,) = Path(desk.data).glob("*.sqlite3")
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(statement).fetchall()
