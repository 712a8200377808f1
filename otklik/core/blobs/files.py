"""The folder of files: where each lies, how it is written whole, and which still wait for the object store.

With an object store new files lie flat in ``waiting/`` until they are there, checked; all others lie in two levels of
folders. A reader looks at both places, so switching the store on or off loses nothing.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

PIECE = 256 * 1024
WAITING = "waiting"


def folder() -> Path:
    """Return the folder of the files."""
    return Path(settings.BLOB_DIR)


def blob_path(path: str) -> Path:
    """Return where the file of a blob lies for good; ``path`` is always one that we made."""
    return folder() / path


def waiting_path(path: str) -> Path:
    """Return where the file of a blob lies until the object store has it."""
    return folder() / WAITING / path.rpartition("/")[2]


def path_of(token: str) -> str:
    """Return the path of a blob by the name of its file."""
    return f"{token[:2]}/{token[2:4]}/{token}"


def new_path(path: str) -> Path:
    """Return where a new file is put: waiting for the object store when there is one."""
    return waiting_path(path) if settings.BLOB_STORE else blob_path(path)


def here(path: str) -> Path | None:
    """Return where on this machine the file of a blob lies, or None."""
    return next((place for place in (blob_path(path), waiting_path(path)) if place.is_file()), None)


def open_here(path: str) -> BinaryIO:
    """Open the file of a blob on this machine. Raises ``FileNotFoundError`` (and ``OSError``)."""
    try:
        return blob_path(path).open("rb")
    except FileNotFoundError:
        return waiting_path(path).open("rb")


def unlink_here(path: str) -> None:
    """Remove the file of a blob from this machine, wherever it lies; nothing happens when it is not there."""
    for place in (blob_path(path), waiting_path(path)):
        place.unlink(missing_ok=True)


def write_new(pieces: Iterator[bytes]) -> tuple[str, str, int]:
    """Write a file under a new path and return path, digest and size.

    To a temporary name first, flushed, renamed into place, folders flushed: after a power cut it is whole or not. On
    any error nothing is left; raises ``OSError``.
    """
    path = path_of(secrets.token_hex(16))
    target = new_path(path)
    digest, size = write_whole(target, pieces)
    return path, digest, size


def write_whole(target: Path, pieces: Iterator[bytes]) -> tuple[str, int]:
    """Write ``target`` whole or not at all; return digest and size."""
    temporary = folder() / "tmp" / target.name
    digest, size = hashlib.sha256(), 0
    try:
        make_folders(target.parent, temporary.parent)
        with open(temporary, "xb", opener=private) as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, target)
        sync_folder(target.parent)
    except OSError:
        for leftover in (temporary, target):
            with contextlib.suppress(OSError):
                leftover.unlink()
        raise
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return digest.hexdigest(), size


def adopt_file(path: str, source: Path) -> None:
    """Take a whole, flushed file as that of the blob ``path`` (from a backup); the source goes."""
    target = new_path(path)
    temporary = folder() / "tmp" / target.name
    make_folders(target.parent, temporary.parent)
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with source.open("rb") as read, open(temporary, "wb", opener=private) as written:  # the store is another disk
            shutil.copyfileobj(read, written, PIECE)
            written.flush()
            os.fsync(written.fileno())
        os.replace(temporary, target)
        source.unlink()
    sync_folder(target.parent)


def private(path: str, flags: int) -> int:
    """Open a file for its owner alone."""
    return os.open(path, flags, 0o600)


def make_folders(*wanted: Path) -> None:
    """Make folders and flush those above them."""
    for each in wanted:
        if each.is_dir():
            continue
        missing = [each, *(parent for parent in each.parents if not parent.is_dir())]
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
        for made in missing:
            sync_folder(made.parent)


def sync_folder(path: Path) -> None:
    """Flush a folder: the names in it survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
