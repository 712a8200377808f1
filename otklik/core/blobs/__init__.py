"""Bytes: attachments, raw mails. Small ones lie in the table, larger ones in files; equal ones are kept once."""

from otklik.core.blobs.keeping import (
    INLINE_LIMIT,
    BlobMissing,
    Prepared,
    StorageFull,
    adopt_file,
    file_exists,
    put_blob,
    put_blobs,
    read_file,
    store,
)
from otklik.core.blobs.models import Blob
from otklik.core.blobs.sweeping import SWEEP_LEASE, blob_references, drop_unused, register_references, sweep

__all__ = [
    "INLINE_LIMIT",
    "SWEEP_LEASE",
    "Blob",
    "BlobMissing",
    "Prepared",
    "StorageFull",
    "adopt_file",
    "blob_references",
    "drop_unused",
    "file_exists",
    "put_blob",
    "put_blobs",
    "read_file",
    "register_references",
    "store",
    "sweep",
]
