"""Bytes: attachments, raw mails. Small ones in the table, larger ones in files or S3; equal ones are kept once."""

from otklik.core.blobs.files import adopt_file
from otklik.core.blobs.keeping import (
    INLINE_LIMIT,
    BlobAway,
    BlobMissing,
    Prepared,
    StorageFull,
    put_blob,
    put_blobs,
    store,
)
from otklik.core.blobs.models import Blob
from otklik.core.blobs.sweeping import SWEEP_LEASE, blob_references, drop_unused, register_references, sweep

__all__ = [
    "INLINE_LIMIT",
    "SWEEP_LEASE",
    "Blob",
    "BlobAway",
    "BlobMissing",
    "Prepared",
    "StorageFull",
    "adopt_file",
    "blob_references",
    "drop_unused",
    "put_blob",
    "put_blobs",
    "register_references",
    "store",
    "sweep",
]
