"""Reads a backup into a desk that does not run. Nothing of the present state is touched before all hashes agree."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from otklik.config.backup import postgres, sqlite
from otklik.config.backup.archive import (
    BLOB_NAME,
    DEMO,
    KEY,
    SQLITE,
    BackupError,
    Header,
    Unpacked,
    peek,
    sync_folder,
    unpack,
)
from otklik.config.backup.unfinished import DATABASE, READY, STAGING, put_in_place
from otklik.config.executor import SafeExecutor
from otklik.core.blobs import adopt_file
from otklik.core.blobs.client import StoreAway
from otklik.core.blobs.files import here
from otklik.core.blobs.moving import OWNER_KEY, present
from otklik.core.settings_store.models import SettingValue


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. ``missing`` are files that the database names and that are neither in the archive nor here.

    ``unverified`` are those that should lie in the object store, which did not answer.
    """

    header: Header
    files: int
    missing: list[str]
    other_key: bool
    unverified: int = 0


def restore_backup(archive: Path, *, force: bool = False) -> Restored:
    """Verify a backup and put it in the place of what is here. The caller holds the data folder.

    A restore that is killed leaves the old state, or is ended by the next command (SQLite); on PostgreSQL the desk
    refuses to start until the restore was repeated. Raises ``BackupError``; then nothing has changed.
    """
    folder = Path(settings.DATA_DIR)
    accept(peek(archive))
    if not force:
        _refuse_full(folder)
    _refuse_running()
    staging = folder / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True, mode=0o700)
    try:
        unpacked = unpack(archive, staging, accept)
        rows = _named_files(staging, unpacked)
        if unpacked.header.database == "sqlite":
            sqlite.remove_setting(staging / SQLITE, OWNER_KEY)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    for name in unpacked.names:
        if match := BLOB_NAME.fullmatch(name):
            adopt_file(match[1], staging / name)
    other_key = bool(os.environ.get("OTKLIK_SECRET_KEY") or os.environ.get("OTKLIK_SECRET_KEY_FILE"))
    other_key = other_key and (staging / KEY).exists() and _key_of(staging) != settings.SECRET_KEY
    if other_key:
        (staging / KEY).unlink()
    if unpacked.header.database == "sqlite":
        connection.close()
    else:
        _load_postgres(staging, unpacked.header)
    if not (staging / DEMO).exists() and unpacked.header.files:
        (folder / DEMO).unlink(missing_ok=True)
    (staging / READY).touch()
    sync_folder(staging)
    put_in_place(folder)
    if unpacked.header.database == "postgresql":
        postgres.remove_mark()
        rows = _rows_of_postgres()
        SettingValue.objects.filter(key=OWNER_KEY).delete()
    missing, unverified = [path for path in rows if here(path) is None], 0
    if missing and settings.BLOB_STORE:
        try:
            found = present()
            missing = [path for path in missing if path not in found]
        except StoreAway:
            missing, unverified = [], len(missing)
    files = sum(name.startswith("blobs/") for name in unpacked.names)
    return Restored(unpacked.header, files, missing, other_key, unverified)


def accept(header: Header) -> None:
    """Refuse an archive that this installation cannot use. Raises ``BackupError``."""
    if header.database != connection.vendor:
        shown = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise BackupError(
            f"This backup is of a desk on {shown.get(header.database, header.database)}, this desk is on"
            f" {shown[connection.vendor]}: a backup goes back into the same kind of database only."
        )
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {}
    unknown = [name for app, name in header.migrations if (app, name) not in known and _is_ours(app, known)]
    if unknown:
        raise BackupError(f"This backup was made by a newer version ({header.version}): install that one first.")


def _is_ours(app: str, known: object) -> bool:
    return any(label == app for label, _name in known)  # type: ignore[attr-defined]


def _refuse_full(folder: Path) -> None:
    if connection.vendor == "sqlite":
        full = Path(connection.settings_dict["NAME"]).exists() or any((folder / "blobs").glob("??/??/*"))
    else:
        full = not postgres.is_empty() and not postgres.is_half_restored()
    if full:
        raise BackupError("There is a desk already. Restore into an empty folder, or say --force to replace it.")


def _refuse_running() -> None:
    """On PostgreSQL other machines may be at work; on SQLite the lock of the folder has told."""
    if connection.vendor == "postgresql" and (others := postgres.others_connected()):
        raise BackupError(f"{others} other sessions use this database: stop every part of the desk first.")


def _named_files(staging: Path, unpacked: Unpacked) -> Sequence[str]:
    if unpacked.header.database != "sqlite":
        return ()
    if SQLITE not in unpacked.names:
        raise BackupError("The archive holds no database.")
    if Path(connection.settings_dict["NAME"]).name != DATABASE:
        raise BackupError("Only a desk whose database lies in its data folder can be restored.")
    return [path for path, _sha256, _size in sqlite.blob_rows(staging / SQLITE)]


def _key_of(staging: Path) -> str:
    return (staging / KEY).read_text(encoding="utf-8").strip()


def _rows_of_postgres() -> Sequence[str]:
    with postgres.dump() as dump:
        return [path for path, _sha256, _size in dump.blob_rows()]


def _load_postgres(staging: Path, header: Header) -> None:
    postgres.empty_and_mark()
    connection.close()
    executor = SafeExecutor(connection)
    wanted = {(app, name) for app, name in header.migrations} & executor.loader.graph.nodes.keys()
    leaves = [
        node for node in sorted(wanted)
        if not any(child in wanted and child[0] == node[0] for child in executor.loader.graph.node_map[node].children)
    ]  # fmt: skip
    executor.migrate(leaves)
    postgres.load(staging)
