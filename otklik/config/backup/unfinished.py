"""Puts a verified restore in place, and ends one that was killed in the middle: before anything else reads the folder.

Nothing here imports Django: the secret key may be among what is replaced. The staging folder carries the mark
``ready`` once everything in it is whole and on the disk; from then on every start goes forward to the restored state,
before that the old one stands and the staging folder is rubbish.
"""

import fcntl
import os
import shutil
from pathlib import Path

STAGING = "restoring"
READY = "ready"
DATABASE = "otklik.sqlite3"
PLACES = {"database.sqlite3": DATABASE, "secret.key": "secret.key", "demo": "demo"}
"""Names in the staging folder and where they go in the data folder."""
_LOCK = "serve.lock"


class Busy(Exception):
    """Another process works in the folder."""


def finish_unfinished(folder: Path) -> bool:
    """End a restore that was cut off after it had become certain; true when there was one. Raises ``Busy``."""
    if not (folder / STAGING / READY).exists():
        return False
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if (folder / STAGING / READY).exists():
            put_in_place(folder)
    except BlockingIOError:
        raise Busy(f"a restore into {folder} is under way; wait for its end") from None
    finally:
        os.close(descriptor)
    return True


def put_in_place(folder: Path) -> None:
    """Move what is staged into the data folder; may be repeated from any point. The caller holds the folder."""
    staging = folder / STAGING
    if (staging / "database.sqlite3").exists():
        for rest in ("-wal", "-shm"):  # of the old database: the new one must never meet them
            (folder / f"{DATABASE}{rest}").unlink(missing_ok=True)
        _sync(folder)
    for name, place in PLACES.items():
        if (staging / name).exists():
            os.replace(staging / name, folder / place)
    _sync(folder)
    for left in staging.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        elif left.name != READY:
            left.unlink()
    (staging / READY).unlink()  # the last thing to go: until then the next start repeats all this
    staging.rmdir()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
