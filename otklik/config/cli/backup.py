"""``otklik backup FILE`` and ``otklik restore FILE``: everything in one archive, and back."""

import argparse
import os
from pathlib import Path

from otklik.config.cli.setup import choose_data_folder, complain, start_django
from otklik.config.serve.folder import FolderInUse, lock_folder


def run_backup(options: argparse.Namespace) -> int:
    """Write a backup; the desk goes on meanwhile and comes first."""
    os.nice(10)
    start_django(options)
    from django.db import DatabaseError, connection

    from otklik.config.backup.archive import BackupError
    from otklik.config.backup.make import make_backup

    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        complain(f"there is no desk in {os.environ['OTKLIK_DATA']}")
        return 1
    try:
        made = make_backup(
            Path(options.file),
            files=not options.database_only,
            key=not options.without_key,
            store=not options.without_store,
        )
    except BackupError as error:
        complain(str(error))
        return 1
    except DatabaseError:
        complain("the database does not answer; `otklik check` says more")
        return 1
    print(f"{made.path}: {made.size / 1024**2:.1f} MB, {made.files} files, {made.seconds:.1f} s")
    if options.without_key:
        print("Without the secret key: keep it apart, stored passwords of mailboxes cannot be read without it.")
    if options.without_store:
        print("Files in the object store are not in it; that they lie there was looked up.")
    if made.missing:
        complain(f"the store itself has lost {len(made.missing)} files, the first is {made.missing[0]}")
    return 0


def run_restore(options: argparse.Namespace) -> int:
    """Verify a backup and put it in place; the desk must not run."""
    folder = choose_data_folder(options)
    try:
        lock = lock_folder(folder)
    except FolderInUse as error:
        complain(str(error))
        return 1
    try:
        start_django(options)
        return _restore(options)
    finally:
        os.close(lock)


def _restore(options: argparse.Namespace) -> int:
    from django.conf import settings
    from django.db import DatabaseError

    from otklik.config.backup.archive import BackupError
    from otklik.config.backup.restore import restore_backup

    try:
        restored = restore_backup(Path(options.file), force=options.force)
    except BackupError as error:
        complain(str(error))
        return 1
    except DatabaseError as error:
        complain(f"the database refused: {str(error).partition(chr(10))[0]}. Correct that and repeat the restore.")
        return 1
    except OSError as error:
        complain(f"the restore could not be written: {error.strerror or error}. Repeat it.")
        return 1
    header = restored.header
    print(f"Restored: the desk as of {header.created_at} (version {header.version}), {restored.files} files.")
    print("Start it with `otklik serve`; missing migrations are applied then.")
    if restored.other_key:
        complain("OTKLIK_SECRET_KEY differs from the key of the backup: passwords of mailboxes must be entered again")
    if restored.unverified:
        complain(f"{restored.unverified} files should lie in the object store, which does not answer now")
    if settings.BLOB_STORE:
        print("If the desk that this is a backup of is gone, take over its object store: otklik blobs own")
    if restored.missing:
        complain(f"{len(restored.missing)} files are not there, the first is {restored.missing[0]}")
    return 0
