"""Brings the database to the state of this code: one process at a time, repeatable anywhere, undone by a backup."""

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from otklik import __version__
from otklik.config.executor import SafeExecutor

log = logging.getLogger(__name__)
_LOCK_NUMBER = 0x07CB11  # any number that nothing else of ours takes as an advisory lock
_KEPT = 3
_BACKUPS = "upgrades"
_FIRST = "unfinished"  # names the copy from before the first attempt of an upgrade that has not come to its end


class UpgradeRefused(Exception):
    """The database cannot be brought to the state of this code; the text says what to do."""


def upgrade(*, backup: bool | None = None) -> bool:
    """Apply what is missing; true when something was. Raises ``UpgradeRefused`` for data of a newer version.

    On SQLite the database is copied to ``upgrades/`` in the data folder before an existing one is changed, unless
    ``OTKLIK_BACKUP_BEFORE_UPGRADE`` is false. However often it is tried again, the copy from before the first attempt
    stays until the upgrade has come to its end.
    """
    executor = SafeExecutor(connection)
    refuse_newer(executor)
    if not _plan(executor):
        return False
    with only_upgrade():
        executor = SafeExecutor(connection)  # somebody may have done it while we waited
        plan = _plan(executor)
        if not plan:
            return False
        wanted = settings.BACKUP_BEFORE_UPGRADE if backup is None else backup
        if wanted and connection.vendor == "sqlite" and executor.loader.applied_migrations:
            _back_up()
        _apply(executor, plan)
        Path(settings.DATA_DIR, _BACKUPS, _FIRST).unlink(missing_ok=True)
    return True


def _plan(executor: MigrationExecutor) -> list[Any]:
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


def _apply(executor: MigrationExecutor, plan: list[Any]) -> None:
    executor.migrate(executor.loader.graph.leaf_nodes(), plan)
    emit_post_migrate_signal(0, False, connection.alias, plan=plan)


def refuse_newer(executor: MigrationExecutor | None = None) -> None:
    """Raise ``UpgradeRefused`` when the database has seen migrations of our rooms that this code does not know."""
    loader = (executor or SafeExecutor(connection)).loader
    known = loader.disk_migrations or {}
    rooms = {app for app, _name in known}
    unknown = set(loader.applied_migrations) - set(known)
    newer = sorted(f"{app}.{name}" for app, name in unknown if app in rooms)
    if newer:
        raise UpgradeRefused(
            f"the data were made by a newer version than {__version__} ({newer[-1]}): install that version again,"
            " or restore the backup made before the upgrade"
        )


def refuse_half_restored() -> None:
    """Raise ``UpgradeRefused`` when a restore into this database was cut off."""
    from otklik.config.backup.postgres import is_half_restored

    if is_half_restored():
        raise UpgradeRefused("a restore into this database was cut off: repeat `otklik restore`")


@contextmanager
def only_upgrade() -> Iterator[None]:
    """Let one process at a time change tables; the lock falls by itself when its holder dies."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK_NUMBER])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK_NUMBER])
        return
    descriptor = os.open(Path(settings.DATA_DIR, "upgrade.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _back_up() -> None:
    from otklik.config.backup.archive import BackupError
    from otklik.config.backup.make import make_backup

    folder = Path(settings.DATA_DIR, _BACKUPS)
    folder.mkdir(mode=0o700, exist_ok=True)
    size = Path(connection.settings_dict["NAME"]).stat().st_size
    if shutil.disk_usage(folder).free < 2 * size:
        raise UpgradeRefused(
            f"there is no room for the backup before the upgrade (about {2 * size // 1024**2 + 1} MB): free some,"
            " or set OTKLIK_BACKUP_BEFORE_UPGRADE=false"
        )
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    try:
        made = make_backup(folder / f"before-{__version__}-{stamp}.tar.gz", files=False)
    except BackupError as error:
        raise UpgradeRefused(f"no backup before the upgrade could be made: {error}") from error
    log.info("backup before the upgrade", extra={"file": made.path.name, "bytes": made.size})
    first = _first_copy(folder, made.path)
    others = sorted(set(folder.glob("before-*.tar.gz")) - {first}, key=lambda path: path.stat().st_mtime)
    for old in others[: 1 - _KEPT]:
        old.unlink(missing_ok=True)


def _first_copy(folder: Path, made: Path) -> Path:
    """Return the copy from before the first attempt of this upgrade: the one noted, else the one just made."""
    note = folder / _FIRST
    if note.exists() and (first := folder / note.read_text(encoding="utf-8")).is_file():
        return first
    note.write_text(made.name, encoding="utf-8")
    return made
