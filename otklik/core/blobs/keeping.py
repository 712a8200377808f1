"""Keeps bytes: prepared outside the transaction, put inside it, read back, and told apart when they are missing."""

import contextlib
import errno
import hashlib
import io
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from otklik.core.blobs.models import Blob
from otklik.core.bulk import insert_rows
from otklik.core.clock import now
from otklik.core.errors import Busy, NotFound

INLINE_LIMIT = 64 * 1024
"""Up to this size the bytes lie in the table and commit together with what refers to them."""
KEEP_UNUSED = timedelta(days=1)
_PIECE = 256 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class StorageFull(Busy):
    """There is no room for the file; nothing of it is left behind."""

    code = "storage-full"
    default = _("There is no room left to keep files. Please tell the administrator.")

    def __init__(self) -> None:
        super().__init__(retry_after=60)


class BlobMissing(NotFound):
    """The file of a blob is gone or damaged; only this blob suffers, and a new copy of the same bytes heals it."""

    code = "file-missing"
    default = _("This file is missing in the store.")


@dataclass(frozen=True, slots=True)
class Prepared:
    """Bytes that are safe on disk (large) or in hand (small), ready to become a row."""

    sha256: str
    size: int
    data: bytes | None
    path: str = ""


def store(source: bytes | bytearray | memoryview | BinaryIO) -> Prepared:
    """Prepare bytes or an open binary file (read from where it stands) for ``put_blob``.

    Call it outside the transaction: large content is written, flushed to the disk and named here. Raises
    ``StorageFull``. What is prepared and never put is swept after a day.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
        if len(data) <= INLINE_LIMIT:
            return Prepared(sha256=hashlib.sha256(data).hexdigest(), size=len(data), data=data)
        return _store_file(_pieces(io.BytesIO(data)))
    start = source.read(INLINE_LIMIT + 1)
    if len(start) <= INLINE_LIMIT:
        return store(start)
    return _store_file(_pieces(source, start))


def _pieces(source: BinaryIO, start: bytes = b"") -> Iterator[bytes]:
    if start:
        yield start
    while piece := source.read(_PIECE):
        yield piece


def _store_file(pieces: Iterator[bytes]) -> Prepared:
    """Write to a temporary name, flush, rename into place, flush the folders: after a power cut it is whole or not."""
    token = secrets.token_hex(16)
    path = f"{token[:2]}/{token[2:4]}/{token}"
    target = blob_path(path)
    temporary = folder() / "tmp" / token
    digest, size = hashlib.sha256(), 0
    try:
        _make_folders(target.parent, temporary.parent)
        with open(temporary, "xb", opener=_private) as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        for leftover in (temporary, target):
            with contextlib.suppress(OSError):
                leftover.unlink()
        if error.errno in _FULL:
            raise StorageFull from error
        raise
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return Prepared(sha256=digest.hexdigest(), size=size, data=None, path=path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def folder() -> Path:
    """Return the folder of the files."""
    return Path(settings.BLOB_DIR)


def blob_path(path: str) -> Path:
    """Return where the file of a blob lies; ``path`` is always one that we made."""
    return folder() / path


def read_file(path: str) -> BinaryIO:
    """Open the file of a blob by its path. Raises ``FileNotFoundError``."""
    return blob_path(path).open("rb")


def file_exists(path: str) -> bool:
    """Tell whether the file of a blob is there."""
    return blob_path(path).is_file()


def adopt_file(path: str, source: Path) -> None:
    """Take a whole, flushed file as that of the blob ``path`` (from a backup); the source goes."""
    target = blob_path(path)
    temporary = folder() / "tmp" / target.name
    _make_folders(target.parent, temporary.parent)
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with source.open("rb") as read, open(temporary, "wb", opener=_private) as written:  # the store is another disk
            shutil.copyfileobj(read, written, _PIECE)
            written.flush()
            os.fsync(written.fileno())
        os.replace(temporary, target)
        source.unlink()
    _sync_folder(target.parent)


def _make_folders(*wanted: Path) -> None:
    for each in wanted:
        if each.is_dir():
            continue
        missing = [each, *(parent for parent in each.parents if not parent.is_dir())]
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
        for made in missing:
            _sync_folder(made.parent)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def put_blob(content: bytes | Prepared) -> Blob:
    """Keep one blob and return its row; equal bytes share one row. See ``put_blobs``."""
    return put_blobs([content])[0]


def put_blobs(contents: Sequence[bytes | Prepared]) -> list[Blob]:
    """Keep many blobs with two statements and return their rows in the order given.

    Inside a transaction give large content prepared by ``store``. Content that is known already gets the known row
    (and heals its file when that is missing).
    """
    prepared = [item if isinstance(item, Prepared) else store(item) for item in contents]
    if not prepared:
        return []
    known = _known({item.sha256 for item in prepared})
    at = now()
    fresh: dict[str, Blob] = {}
    for item in prepared:
        if item.sha256 in known:
            _reuse(known[item.sha256], item)
        elif item.sha256 not in fresh:
            fresh[item.sha256] = Blob(
                sha256=item.sha256, size=item.size, path=item.path, data=item.data, created_at=at, seen_at=at
            )
        elif item.path:
            _discard_after_commit(item.path)
    if fresh:
        insert_rows(list(fresh.values()))
    return [known.get(item.sha256) or fresh[item.sha256] for item in prepared]


def _known(digests: set[str]) -> dict[str, Blob]:
    """Return kept blobs by digest. One that the sweep might be looking at is marked as seen, or left alone if gone."""
    rows = {row.sha256: row for row in Blob.objects.filter(sha256__in=digests).order_by("-id")}
    at = now()
    old = [row.pk for row in rows.values() if row.seen_at < at - KEEP_UNUSED / 2]
    if old:
        Blob.objects.filter(pk__in=old).update(seen_at=at)
        left = set(Blob.objects.filter(pk__in=old).values_list("pk", flat=True))
        rows = {digest: row for digest, row in rows.items() if row.pk not in old or row.pk in left}
    return rows


def _reuse(row: Blob, item: Prepared) -> None:
    if not item.path:
        return
    target = blob_path(row.path)
    if row.path and not target.is_file():
        _make_folders(target.parent)
        os.replace(blob_path(item.path), target)
        _sync_folder(target.parent)
    else:
        _discard_after_commit(item.path)


def _discard_after_commit(path: str) -> None:
    def discard() -> None:
        with contextlib.suppress(OSError):
            blob_path(path).unlink()

    transaction.on_commit(discard)


def read_blob(blob: Blob) -> bytes:
    """Return the bytes of a blob, checked against its size and digest when they come from a file."""
    if not blob.path:
        return bytes(blob.data or b"")
    try:
        data = blob_path(blob.path).read_bytes()
    except OSError as error:
        raise BlobMissing from error
    if len(data) != blob.size or hashlib.sha256(data).hexdigest() != blob.sha256:
        raise BlobMissing
    return data


def open_blob(blob: Blob) -> BinaryIO:
    """Return a blob as an open file; its size is checked, its digest is not (it is read in pieces)."""
    if not blob.path:
        return io.BytesIO(bytes(blob.data or b""))
    try:
        file = open(blob_path(blob.path), "rb")  # noqa: SIM115 - the caller closes it
    except OSError as error:
        raise BlobMissing from error
    if os.fstat(file.fileno()).st_size != blob.size:
        file.close()
        raise BlobMissing
    return file
