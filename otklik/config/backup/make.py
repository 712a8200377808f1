"""Makes a backup of a desk that runs: the database at one moment first, then the files that it names.

The sweeper of files is held off meanwhile by the lease that it takes itself, so every file that the database names at
that moment is still there when its turn comes.
"""

import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from otklik import __version__
from otklik.config.backup import sqlite
from otklik.config.backup.archive import DEMO, KEY, SQLITE, TABLES, BackupError, Header, Writer, sync_folder
from otklik.core.blobs import SWEEP_LEASE, Blob, BlobAway, BlobMissing
from otklik.core.blobs.client import StoreAway
from otklik.core.blobs.files import here
from otklik.core.blobs.moving import present
from otklik.core.clock import now
from otklik.core.leases import Hold, hold

_TTL = 120.0
_PATIENCE = 600.0
_PIECE = 256 * 1024
_NOTE = "last-backup.json"
BlobRow = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup holds. ``missing`` are files that the store itself had lost or damaged before."""

    path: Path
    size: int
    files: int
    missing: list[str]
    seconds: float


def make_backup(target: Path, *, files: bool = True, key: bool = True, store: bool = True) -> Made:
    """Write a backup to ``target``; the name appears only when the archive is whole and on the disk.

    Without ``files`` it holds the database alone, without ``key`` no secret key. Without ``store`` what lies in the
    object store stays there: it is only looked up that it is there in its size. Raises ``BackupError``.
    """
    began = time.monotonic()
    target = target.absolute()
    if target.exists():
        raise BackupError(f"{target} exists already; name another file.")
    if not target.parent.is_dir():
        raise BackupError(f"There is no folder {target.parent}.")
    token = secrets.token_hex(6)
    staging, unfinished = (target.with_name(f".{target.name}.{token}{end}") for end in (".tmp", ".part"))
    try:
        staging.mkdir(mode=0o700)
        with _files_kept() if files else nullcontext(lambda: None) as beat:
            writer = _write(unfinished, staging, beat, files=files, key=key, store=store)
        os.link(unfinished, target)  # unlike a rename it never replaces what somebody else put there meanwhile
        unfinished.unlink()
        sync_folder(target.parent)
    except (BlobAway, StoreAway) as error:
        raise BackupError("The object store does not answer; no backup was made. `otklik check` says more.") from error
    except OSError as error:
        raise BackupError(f"The backup could not be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        unfinished.unlink(missing_ok=True)
    count = sum(name.startswith("blobs/") for name in writer.entries)
    if files:
        remember(target.stat().st_size)
    return Made(target, target.stat().st_size, count, writer.missing, time.monotonic() - began)


def remember(size: int) -> None:
    """Note that a whole backup was made, for `otklik check`; a note that cannot be written spoils nothing."""
    place = Path(settings.DATA_DIR, _NOTE)
    fresh = place.with_suffix(".new")
    with suppress(OSError):
        fresh.write_text(json.dumps({"at": now().isoformat(timespec="seconds"), "bytes": size}), encoding="ascii")
        fresh.replace(place)


def last_backup() -> datetime | None:
    """Return when the last whole backup of this data folder was made, as far as we know."""
    try:
        return datetime.fromisoformat(json.loads(Path(settings.DATA_DIR, _NOTE).read_bytes())["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(unfinished: Path, staging: Path, beat: Callable[[], None], *, files: bool, key: bool, store: bool) -> Writer:
    with _snapshot(staging, beat) as (header, rows, add_database):
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            writer = Writer(file, header(files), beat)
            add_database(writer)
            demo = Path(settings.DATA_DIR, DEMO)
            if key:
                writer.add_bytes(KEY, f"{settings.SECRET_KEY}\n".encode())
            if demo.exists():
                writer.add_bytes(DEMO, demo.read_bytes())
            elsewhere: list[BlobRow] = []
            for row in rows() if files else ():
                if store or here(row[0]) is not None:
                    _add_blob(writer, *row)
                else:
                    elsewhere.append(row)
                beat()
            writer.missing += _missing_in_store(elsewhere, beat)
            writer.finish()
            file.flush()
            os.fsync(file.fileno())
    return writer


Snapshot = tuple[Callable[[bool], Header], Callable[[], list[BlobRow]], Callable[[Writer], None]]


@contextmanager
def _snapshot(staging: Path, beat: Callable[[], None]) -> Iterator[Snapshot]:
    """Take the moment: yields the header (with or without files), the files it names, and what adds the database."""
    created = now().isoformat(timespec="seconds")

    def header(migrations: list[list[str]], files: bool) -> Header:
        return Header(
            version=__version__, created_at=created, database=connection.vendor, migrations=migrations, files=files
        )

    if connection.vendor == "sqlite":
        copy = staging / SQLITE
        sqlite.copy_database(Path(connection.settings_dict["NAME"]), copy, beat)
        migrations = sqlite.applied_migrations(copy)
        yield lambda files: header(migrations, files), lambda: sqlite.blob_rows(copy), _adder(copy, SQLITE)
        return
    from otklik.config.backup import postgres  # its driver takes 9 MB, which a desk on SQLite can do without

    with postgres.dump() as dump:
        migrations = dump.migrations()

        def add(writer: Writer) -> None:
            for table in dump.tables:
                dump.write_table(table, staging / table, beat)
                _adder(staging / table, f"tables/{table}")(writer)
                (staging / table).unlink()
            writer.add_bytes(TABLES, dump.describe())

        yield lambda files: header(migrations, files), dump.blob_rows, add


def _adder(path: Path, name: str) -> Callable[[Writer], None]:
    def add(writer: Writer) -> None:
        with path.open("rb") as file:
            writer.add_file(name, file, path.stat().st_size)

    return add


def _add_blob(writer: Writer, path: str, sha256: str, size: int) -> None:
    """Add one file. One that the store has lost or that is not what it was does not stop the rest; it is named."""
    try:
        with Blob(path=path, sha256=sha256, size=size, seen_at=datetime.min.replace(tzinfo=UTC)).open() as file:
            digest = hashlib.sha256()
            while piece := file.read(_PIECE):
                digest.update(piece)
            if digest.hexdigest() != sha256:
                raise BlobMissing
            file.seek(0)
            writer.add_file(f"blobs/{path}", file, size)
    except BlobMissing:
        writer.missing.append(path)


def _missing_in_store(rows: list[BlobRow], beat: Callable[[], None]) -> list[str]:
    """Look up what stays in the object store; return the paths that are not there in their size."""
    if not rows:
        return []
    found = present(beat)
    return [path for path, _sha256, size in rows if found.get(path) != size and here(path) is None]


@contextmanager
def _files_kept() -> Iterator[Callable[[], None]]:
    """Hold the sweeper off; yields what renews the hold now and then. Raises ``BackupError`` when it is busy long."""
    deadline = time.monotonic() + _PATIENCE
    while not (held := hold(SWEEP_LEASE, _TTL)):
        if time.monotonic() > deadline:
            raise BackupError("Files are being cleared away or backed up by somebody else; try again later.")
        time.sleep(0.5)
    with held:
        yield _renewing(held)


def _renewing(held: Hold) -> Callable[[], None]:
    renewed = time.monotonic()

    def beat() -> None:
        nonlocal renewed
        if time.monotonic() - renewed > _TTL / 4:
            renewed = time.monotonic()
            if not held.renew():
                raise BackupError("Another process took over the files; nothing was written. Try again.")

    return beat
