"""Bytes: attachments, raw mails. Small ones lie in the table, larger ones in files; equal ones are kept once."""

from otklik.core.blobs.keeping import (
    INLINE_LIMIT,
    BlobMissing,
    Prepared,
    StorageFull,
    put_blob,
    put_blobs,
    store,
)
from otklik.core.blobs.models import Blob
from otklik.core.blobs.sweeping import blob_references, register_references, sweep

__all__ = [
    "INLINE_LIMIT",
    "Blob",
    "BlobMissing",
    "Prepared",
    "StorageFull",
    "blob_references",
    "put_blob",
    "put_blobs",
    "register_references",
    "store",
    "sweep",
]
