"""Tells the store of files which blobs frozen mails still need."""

from collections.abc import Iterable

from otklik.channels.email.models import OutgoingFile
from otklik.core.blobs import register_references


def blobs_of_outgoing(blob_ids: Iterable[int]) -> set[int]:
    """Return those of the given blobs that go along with a mail."""
    return set(OutgoingFile.objects.filter(blob_id__in=blob_ids).values_list("blob_id", flat=True))


register_references("email.outgoing", blobs_of_outgoing)
