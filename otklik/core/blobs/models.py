"""The table of blobs: small ones inside, larger ones as files under a name of ours."""

from typing import TYPE_CHECKING, BinaryIO

from django.db import models

if TYPE_CHECKING:
    _Manager = models.Manager["Blob"]
else:
    _Manager = models.Manager


class BlobManager(_Manager):
    """Reads rows without their bytes; these come with ``read``."""

    def get_queryset(self) -> models.QuerySet["Blob"]:
        """Leave the bytes in the database until they are asked for."""
        return super().get_queryset().defer("data")


class Blob(models.Model):
    """Bytes that came from outside or go there. ``seen_at`` is when this content was last put; the sweep goes by it."""

    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()
    path = models.CharField(max_length=80, default="")
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    data = models.BinaryField(null=True)

    objects = BlobManager()

    class Meta:
        base_manager_name = "objects"

    def __str__(self) -> str:
        """Return the number and the size."""
        return f"{self.pk} ({self.size} bytes)"

    def read(self) -> bytes:
        """Return the bytes; raises ``BlobMissing`` when the file is gone or damaged."""
        from otklik.core.blobs.keeping import read_blob

        return read_blob(self)

    def open(self) -> BinaryIO:
        """Return the bytes as an open file for reading in pieces; raises ``BlobMissing`` when the file is gone."""
        from otklik.core.blobs.keeping import open_blob

        return open_blob(self)
