"""Keeps bytes: prepared outside the transaction, put inside it, read back, and told apart when they are missing."""

import contextlib
import errno
import hashlib
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO, Final, cast

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from otklik.core.blobs.files import (
    PIECE,
    adopt_file,
    folder,
    here,
    make_folders,
    new_path,
    open_here,
    unlink_here,
    write_new,
)
from otklik.core.blobs.models import Blob
from otklik.core.bulk import insert_rows, new_row
from otklik.core.clock import now
from otklik.core.engine.bell import wake
from otklik.core.errors import Busy, NotFound
from otklik.core.prepared import Prepared as PreparedQuery

INLINE_LIMIT = 64 * 1024
"""Up to this size the bytes lie in the table and commit together with what refers to them."""
KEEP_UNUSED = timedelta(days=1)
_ON_ITS_WAY = timedelta(hours=1)
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class StorageFull(Busy):
    """There is no room for the file; nothing of it is left behind."""

    code = "storage-full"
    default = _("There is no room left to keep files. Please tell the administrator.")

    def __init__(self) -> None:
        super().__init__(retry_after=60)


class BlobAway(Busy):
    """The object store that holds the file does not answer now, or another machine has yet to put it there."""

    code = "store-away"
    default = _("The store of files does not answer now. Nothing is lost; please try again in a minute.")

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
    while piece := source.read(PIECE):
        yield piece


def _store_file(pieces: Iterator[bytes]) -> Prepared:
    try:
        path, digest, size = write_new(pieces)
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull from error
        raise
    return Prepared(sha256=digest, size=size, data=None, path=path)


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
            fresh[item.sha256] = new_row(
                Blob, sha256=item.sha256, size=item.size, path=item.path, data=item.data, created_at=at, seen_at=at
            )
        elif item.path:
            _discard_after_commit(item.path)
    if fresh:
        insert_rows(list(fresh.values()))
        if settings.BLOB_STORE and any(row.path for row in fresh.values()):
            transaction.on_commit(lambda: wake("files"))
    return [known.get(item.sha256) or fresh[item.sha256] for item in prepared]


def _known(digests: set[str]) -> dict[str, Blob]:
    """Return kept blobs by digest. One that the sweep might be looking at is marked as seen, or left alone if gone."""
    rows = {row.sha256: row for row in _by_digest(list(digests))}
    at = now()
    old = [row.pk for row in rows.values() if row.seen_at < at - KEEP_UNUSED / 2]
    if old:
        Blob.objects.filter(pk__in=old).update(seen_at=at)
        left = set(Blob.objects.filter(pk__in=old).values_list("pk", flat=True))
        rows = {digest: row for digest, row in rows.items() if row.pk not in old or row.pk in left}
    return rows


_by_digest: Final = PreparedQuery(lambda digests: Blob.objects.filter(sha256__in=digests).order_by("-id"))


def _reuse(row: Blob, item: Prepared) -> None:
    """Heal a known blob whose file is not on this machine; when the object store has it, it goes there once more."""
    if not item.path:
        return
    if row.path and here(row.path) is None:
        adopt_file(row.path, new_path(item.path))
    else:
        _discard_after_commit(item.path)


def _discard_after_commit(path: str) -> None:
    def discard() -> None:
        with contextlib.suppress(OSError):
            unlink_here(path)

    transaction.on_commit(discard)


def read_blob(blob: Blob) -> bytes:
    """Return the bytes of a blob, checked against its size and digest when they come from a file."""
    if not blob.path:
        return bytes(blob.data or b"")
    try:
        with open_here(blob.path) as file:
            data = file.read()
    except OSError as error:
        with _from_store(blob, error) as file:
            return file.read()
    if len(data) != blob.size or hashlib.sha256(data).hexdigest() != blob.sha256:
        raise BlobMissing
    return data


def open_blob(blob: Blob) -> BinaryIO:
    """Return a blob as an open file.

    On this machine its size is checked, its digest is not (it is read in pieces); what comes from the object store is
    here whole and checked before anybody reads it.
    """
    if not blob.path:
        return io.BytesIO(bytes(blob.data or b""))
    try:
        file = open_here(blob.path)
    except OSError as error:
        return _from_store(blob, error)
    if os.fstat(file.fileno()).st_size != blob.size:
        file.close()
        raise BlobMissing
    return file


def _from_store(blob: Blob, error: OSError) -> BinaryIO:
    """Return the file of a blob fetched from the object store. Raises ``BlobMissing`` and ``BlobAway``."""
    if not settings.BLOB_STORE or not isinstance(error, FileNotFoundError):
        raise BlobMissing from error
    from otklik.core.blobs import client

    make_folders(folder() / "tmp")
    file = tempfile.TemporaryFile(dir=folder() / "tmp")  # noqa: SIM115 - the caller closes it
    digest, size = hashlib.sha256(), 0
    try:
        for piece in client.fetch(blob.path):
            file.write(piece)
            digest.update(piece)
            size += len(piece)
        if size < blob.size:
            raise client.StoreAway("half")
        if size != blob.size or digest.hexdigest() != blob.sha256:
            raise BlobMissing
    except client.StoreAway as away:
        file.close()
        raise BlobAway from away
    except FileNotFoundError as missing:
        file.close()
        if here(blob.path) is not None:  # it came back here at this moment
            return open_here(blob.path)
        if blob.seen_at > now() - _ON_ITS_WAY:  # another machine has it still
            raise BlobAway from missing
        raise BlobMissing from missing
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return cast(BinaryIO, file)
