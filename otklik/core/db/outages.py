"""Tells a database that is away, full or busy from a fault of ours: the one place that knows the words of the drivers.

What the drivers raise for a statement that can never work (a column that is not there, a value twice) is no outage.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import InterfaceError, OperationalError
from django.db.transaction import TransactionManagementError
from django.utils.translation import gettext_lazy as _

from otklik.core.errors import Busy


class DatabaseAway(Busy):
    """The database does not answer."""

    code = "database-away"
    default = _("The database of the desk does not answer. Everything that was taken is safe.")

    def __init__(self) -> None:
        super().__init__(retry_after=10)


class CommitUnknown(Busy):
    """The database went away when it was to commit: what was sent may be there or not."""

    code = "commit-unknown"
    default = _(
        "The database of the desk went away at the moment of writing. Look whether what you sent is there before you"
        " send it once more."
    )

    def __init__(self) -> None:
        super().__init__(retry_after=10)


class DiskFull(Busy):
    """The disk takes nothing more: what is there can be read, nothing can be written."""

    code = "disk-full"
    default = _("The disk of the desk is full, nothing more can be written. Everything that was taken is safe.")

    def __init__(self) -> None:
        super().__init__(retry_after=30)


class DatabaseBusy(Busy):
    """Others kept the database to themselves for too long."""

    code = "database-busy"
    default = _("The database of the desk is busy. Everything that was taken is safe.")

    def __init__(self) -> None:
        super().__init__(retry_after=5)


_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
# Source: sqlite3_errstr() of FULL, IOERR, READONLY, CANTOPEN, PROTOCOL, BUSY, LOCKED, INTERRUPT; our queue of writers.
_SQLITE: Final[tuple[tuple[str, type[Busy]], ...]] = (
    ("database or disk is full", DiskFull),
    ("disk I/O error", DiskFull),
    ("attempt to write a readonly database", DiskFull),
    ("the queue of writers cannot be opened", DiskFull),
    ("unable to open database file", DatabaseAway),
    ("locking protocol", DatabaseBusy),
    ("database is locked", DatabaseBusy),
    ("database table is locked", DatabaseBusy),
    ("database schema is locked", DatabaseBusy),
    ("interrupted", DatabaseBusy),
)
# Source: PostgreSQL manual, "PostgreSQL Error Codes"; by class (two letters) where no single code is named.
_POSTGRESQL: Final[dict[str, type[Busy]]] = {
    "53100": DiskFull,
    "58030": DiskFull,
    "08": DatabaseAway,
    "57": DatabaseAway,
    "57014": DatabaseBusy,
    "40": DatabaseBusy,
    "53": DatabaseBusy,
    "55P03": DatabaseBusy,
}


def outage_of(error: BaseException | None) -> Busy | None:
    """Return what to tell when ``error`` means that the database or its disk cannot be used now, else None."""
    for cause in _causes(error):
        if isinstance(cause, Busy):
            return cause
        if isinstance(cause, OSError) and cause.errno in _FULL:
            return DiskFull()
        if isinstance(cause, OperationalError | InterfaceError) and (kind := _kind(cause)) is not None:
            unknown = kind is DatabaseAway and getattr(cause, "commit_unknown", False)
            return CommitUnknown() if unknown else kind()
    return None


@contextmanager
def left_out_in_outages() -> Iterator[None]:
    """Let a small write of a reader, such as when he was last seen, not keep a page from him: a full disk is read."""
    try:
        yield
    except OperationalError as error:
        if outage_of(error) is None:
            raise


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error, and what broke the transaction in which it was asked for more."""
    while error is not None:
        yield error
        error = error.__cause__ if isinstance(error, TransactionManagementError) else None


def _kind(error: OperationalError | InterfaceError) -> type[Busy] | None:
    told: Any = error.__cause__
    if not hasattr(told, "sqlstate"):
        text = str(error)
        if text == "connection already closed":  # Django's own words
            return DatabaseAway
        return next((kind for words, kind in _SQLITE if text.startswith(words)), None)
    if told.sqlstate is None:  # no server was there to give one
        return DatabaseAway
    return _POSTGRESQL.get(told.sqlstate) or _POSTGRESQL.get(told.sqlstate[:2])
