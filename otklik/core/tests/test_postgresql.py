"""The planner of PostgreSQL is set for small statements on every connection, unless the address says other."""

import pytest
from django.db import connection
from django.db.utils import load_backend

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def _setting(name: str, options: str = "") -> str:
    """Return what a setting is on a new connection whose address has these ``options``."""
    chosen = {**connection.settings_dict, "OPTIONS": {**connection.settings_dict["OPTIONS"]}}
    if options:
        chosen["OPTIONS"]["options"] = options
    other = load_backend(chosen["ENGINE"]).DatabaseWrapper(chosen)
    try:
        other.ensure_connection()
        other.set_autocommit(False)
        other.rollback()  # what a lost transaction takes back is not among them
        with other.cursor() as cursor:
            cursor.execute(f"SHOW {name}")
            return str(cursor.fetchone()[0])
    finally:
        other.close()


def test_orders_of_many_tables_and_parallel_ways_are_not_weighed() -> None:
    assert _setting("join_collapse_limit") == "4"
    assert _setting("max_parallel_workers_per_gather") == "0"


def test_the_address_of_the_database_has_the_last_word() -> None:
    asked = "-c join_collapse_limit=9"
    assert _setting("join_collapse_limit", asked) == "9"
    assert _setting("max_parallel_workers_per_gather", asked) == "0"
