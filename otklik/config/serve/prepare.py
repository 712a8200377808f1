"""What happens before anything serves: the SQLite version, migrations, and the demo company on its first start."""

import logging
import sqlite3
from contextlib import suppress
from pathlib import Path

from django.contrib.auth import get_user_model
from django.db import DatabaseError, Error, connection

from otklik import sqlite_is_safe
from otklik.accounts.queries import any_token
from otklik.config.serve.folder import is_demo, mark_demo
from otklik.config.serve.plan import Plan
from otklik.config.serve.processes import say
from otklik.config.setup_address import setup_address
from otklik.config.upgrade import UpgradeRefused, refuse_half_restored, upgrade

log = logging.getLogger("otklik.serve")


def prepare(plan: Plan) -> int:
    """Bring the database to the state of this code; return 0, or 1 after saying what is wrong.

    A part of the desk leaves the database alone and only says how the first administrator is made.
    """
    if not plan.prepare:
        with suppress(Error):  # it may come later than we do
            invite()
        return 0
    if connection.vendor == "sqlite" and not sqlite_is_safe(sqlite3.sqlite_version_info):
        return _refuse(
            f"SQLite {sqlite3.sqlite_version} can damage a database (WAL-reset fault); install the package pysqlite3"
        )
    try:
        refuse_half_restored()
        upgrade()
        if plan.demo:
            return _load_demo(Path(plan.data))
        invite()
    except UpgradeRefused as error:
        return _refuse(str(error))
    except DatabaseError as error:
        return _refuse(f"the database cannot be used: {str(error).partition(chr(10))[0]}")
    return 0


def programs_call() -> bool:
    """Tell whether programs use this desk: somebody holds a token of the API."""
    with suppress(Error):  # as above
        return any_token()
    return False


def invite() -> None:
    """Print the address that makes the first administrator: whoever sees this log may take a desk without users."""
    if address := setup_address():
        say(f"nobody can sign in yet; make the first administrator at {address}")


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
