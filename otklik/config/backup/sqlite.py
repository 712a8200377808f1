"""A copy of a SQLite database in use: one read transaction, small steps, flushed as it goes, so that nobody waits.

The open transaction keeps the copy at one moment however much is written meanwhile; without it the backup interface
would begin again after every commit of another process.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from otklik.config.backup.archive import BackupError

_PAGES = 512
_REST = 0.5  # seconds of pause for each second of work: the disk belongs to the desk


def copy_database(source: Path, target: Path, beat: Callable[[], None]) -> None:
    """Copy the database to a new file and check the copy. Raises ``BackupError`` when the database is damaged."""
    with closing(sqlite3.connect(source, isolation_level=None, timeout=20)) as reader:
        reader.execute("PRAGMA wal_autocheckpoint = 0")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it is one moment
        with closing(sqlite3.connect(target, isolation_level=None)) as writer:
            target.chmod(0o600)
            writer.execute("PRAGMA synchronous = OFF")  # flushed below, in portions
            handle = os.open(target, os.O_RDWR)
            try:
                reader.backup(writer, pages=_PAGES, progress=_pace(handle, beat))
                os.fsync(handle)
            finally:
                os.close(handle)
    _check(target)


def _pace(handle: int, beat: Callable[[], None]) -> Callable[[int, int, int], None]:
    began = time.monotonic()

    def step(_status: int, _left: int, _total: int) -> None:
        nonlocal began
        os.fdatasync(handle)  # a little at a time: one large flush at the end would hold up every commit of the desk
        beat()
        time.sleep(min(0.2, (time.monotonic() - began) * _REST))
        began = time.monotonic()

    return step


def _check(target: Path) -> None:
    with closing(sqlite3.connect(f"file:{target}?immutable=1", uri=True)) as copy:
        answer = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise BackupError(f"The database is damaged: {str(answer)[:200]}. Restore an earlier backup.")


def blob_rows(path: Path) -> list[tuple[str, str, int]]:
    """Return path, hash and size of every file that the copied database names."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as copy:
        query = "SELECT path, sha256, size FROM core_blob WHERE path <> '' ORDER BY id"
        return [(str(row[0]), str(row[1]), int(row[2])) for row in copy.execute(query)]


def applied_migrations(path: Path) -> list[list[str]]:
    """Return the migrations that the copied database has seen."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as copy:
        return [list(row) for row in copy.execute("SELECT app, name FROM django_migrations ORDER BY id")]


def remove_setting(path: Path, key: str) -> None:
    """Take one setting out of a copied database; a copy that lacks it is not touched."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as copy:
        if copy.execute("SELECT 1 FROM core_settingvalue WHERE key = ?", (key,)).fetchone() is None:
            return
    with closing(sqlite3.connect(path)) as copy:
        copy.execute("DELETE FROM core_settingvalue WHERE key = ?", (key,))
        copy.commit()
