"""What happens before anything serves: the SQLite version, migrations, and the demo company on its first start."""

import logging
import sqlite3
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from otklik import sqlite_is_safe
from otklik.config.serve.folder import is_demo, mark_demo
from otklik.config.serve.plan import Plan
from otklik.config.serve.processes import say

log = logging.getLogger("otklik.serve")


def prepare(plan: Plan) -> int:
    """Bring the database to the state of this code; return 0, or 1 after saying what is wrong."""
    if connection.vendor == "sqlite" and not sqlite_is_safe(sqlite3.sqlite_version_info):
        return _refuse(
            f"SQLite {sqlite3.sqlite_version} can damage a database (WAL-reset fault); install the package pysqlite3"
        )
    try:
        migrate()
        if plan.demo:
            return _load_demo(Path(plan.data))
    except DatabaseError as error:
        return _refuse(f"the database cannot be used: {str(error).partition(chr(10))[0]}")
    return 0


def migrate() -> bool:
    """Apply what is missing; true when something was. The plan alone is cheap, the command is not."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True


def _load_demo(folder: Path) -> int:
    from otklik.demo import load_demo

    if get_user_model()._default_manager.exists():
        return 0 if is_demo(folder) else _refuse("this database holds a real desk; start it without --demo")
    mark_demo(folder)
    load_demo()
    return 0


def _refuse(text: str) -> int:
    say(text)
    return 1
