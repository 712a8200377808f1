"""Otklik: one self-hosted desk for requests, the work they cause, and the answers.

The first import of the package decides which SQLite the process uses. Libraries older than 3.51.3 (unless 3.44.6 or
3.50.7) carry the WAL-reset fault, which can damage a database silently when two connections write or checkpoint at the
same moment; where the system's library is one of them, ``pysqlite3`` with its own newer build takes its place.
"""

import sqlite3
import sys

__version__ = "0.1.0"

_FIXED_BRANCHES = {(3, 44): 6, (3, 50): 7}
_FIXED_SINCE = (3, 51, 3)


def sqlite_is_safe(version: tuple[int, ...]) -> bool:
    """Tell whether this SQLite version is free of the WAL-reset fault."""
    if version >= _FIXED_SINCE:
        return True
    patch = _FIXED_BRANCHES.get((version[0], version[1]))
    return patch is not None and version[2] >= patch


def _use_safe_sqlite() -> None:
    if sqlite_is_safe(sqlite3.sqlite_version_info):
        return
    try:
        import pysqlite3
    except ImportError:
        return  # the start-up check refuses to serve and says what to install
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


_use_safe_sqlite()
