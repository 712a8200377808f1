"""Django's SQLite backend with our queue of writers and our settings of the file.

Every transaction is ``BEGIN IMMEDIATE`` behind the turnstile; a writing statement outside a transaction passes the
turnstile too; reading ones never do. The busy timeout is only a net.
"""

import re
import sys
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base
from django.utils.asyncio import async_unsafe

from otklik.core.db.sqlite.checkpoint import checkpoints_here
from otklik.core.db.sqlite.turnstile import MemoryTurnstile, Turnstile

django_sqlite: Any = base  # its stubs leave out what a backend overrides
_driver: Any = django_sqlite.Database

_WRITES = re.compile(
    r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP|REINDEX|VACUUM|ANALYZE|WITH\b.*\b(?:INSERT|UPDATE|DELETE))\b",
    re.IGNORECASE | re.DOTALL,
)
_PRAGMAS = (
    "PRAGMA busy_timeout = 20000",
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -8000",
    "PRAGMA mmap_size = 134217728",
)


_LIMITS = {"SQLITE_LIMIT_COLUMN": (2, 2000), "SQLITE_LIMIT_VARIABLE_NUMBER": (9, 32766)}
"""Names, numbers and SQLite's own defaults of the limits that Django asks the driver for."""


class LimitedConnection(_driver.Connection):
    """A connection of the replacement driver, which cannot be asked for limits: it answers with the defaults."""

    def getlimit(self, category: int, /) -> int:
        """Return a limit of this connection."""
        return dict(_LIMITS.values())[category]


_DRIVER_KNOWS_LIMITS = hasattr(_driver.Connection, "getlimit")
if not _DRIVER_KNOWS_LIMITS:
    for _name, (_number, _default) in _LIMITS.items():
        setattr(sys.modules["sqlite3"], _name, _number)


_LONGEST_KEPT = 8000
"""Statements with more letters are those of bulk work, each with another number of values."""


@lru_cache(maxsize=256)
def _with_question_marks(query: str) -> str:
    """Return a statement as the driver wants it; looking for the places again costs more than many a statement."""
    converted: str = django_sqlite.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")
    return converted


class TurnstileCursor(django_sqlite.SQLiteCursorWrapper):
    """A cursor whose writing statements outside a transaction take their turn as well."""

    turnstile: Turnstile | MemoryTurnstile | None = None

    def execute(self, query: str, params: Any = None) -> Any:
        """Run one statement."""
        queue = self._queue_for(query)
        if queue is None:
            return super().execute(query, params)
        queue.take()
        try:
            return super().execute(query, params)
        finally:
            if not self.connection.in_transaction:
                queue.leave()

    def convert_query(self, query: str, *, param_names: Any = None) -> str:
        """Return a statement of Django as the driver wants it; those of pages are converted once."""
        if param_names is None and len(query) <= _LONGEST_KEPT:
            return _with_question_marks(query)
        converted: str = super().convert_query(query, param_names=param_names)
        return converted

    def executemany(self, query: str, param_list: Any) -> Any:
        """Run one statement for many rows."""
        queue = self._queue_for(query)
        if queue is None:
            return super().executemany(query, param_list)
        queue.take()
        try:
            return super().executemany(query, param_list)
        finally:
            if not self.connection.in_transaction:
                queue.leave()

    def _queue_for(self, query: str) -> Turnstile | MemoryTurnstile | None:
        queue = self.turnstile
        if queue is None or queue.held or self.connection.in_transaction or not _WRITES.match(query):
            return None
        return queue


class DatabaseWrapper(django_sqlite.DatabaseWrapper):
    """The connection of one thread."""

    transaction_mode: str | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turnstile: Turnstile | MemoryTurnstile | None = None

    def get_connection_params(self) -> dict[str, Any]:
        """Make every transaction an immediate one: a transaction here is there to write."""
        params: dict[str, Any] = super().get_connection_params()
        self.transaction_mode = self.transaction_mode or "IMMEDIATE"
        if not _DRIVER_KNOWS_LIMITS:
            params.setdefault("factory", LimitedConnection)
        return params

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open the file as we want it, and a place in its queue."""
        connection = super().get_new_connection(conn_params)
        name = str(self.settings_dict["NAME"])
        if self.is_in_memory_db():
            self._turnstile = MemoryTurnstile(name) if "mode=memory" in name else None  # else nobody shares it
            return connection
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        connection.execute(f"PRAGMA wal_autocheckpoint = {0 if checkpoints_here() else 1000}")
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode = WAL")
        self._close_turnstile()
        self._turnstile = Turnstile(name)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor that knows the queue."""
        cursor = self.connection.cursor(factory=TurnstileCursor)
        cursor.turnstile = self._turnstile
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        if self._turnstile is None:
            super()._start_transaction_under_autocommit()
            return
        with self.wrap_database_errors:
            self._turnstile.take()
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._turnstile.leave()
            raise

    def _commit(self) -> None:
        super()._commit()
        self._leave()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._leave()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._close_turnstile()

    def _leave(self) -> None:
        """Leave the room once SQLite's own lock is gone; a transaction that goes on (a failed rollback) stays in."""
        if self._turnstile is not None and (self.connection is None or not self.connection.in_transaction):
            self._turnstile.leave()

    def _close_turnstile(self) -> None:
        if self._turnstile is not None:
            self._turnstile.close()
            self._turnstile = None
