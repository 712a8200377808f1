"""Tells the store of files which blobs tickets still need."""

from collections.abc import Iterable

from otklik.core.blobs import register_references
from otklik.tickets.models import Attachment


def blobs_of_attachments(blob_ids: Iterable[int]) -> set[int]:
    """Return those of the given blobs that an attachment refers to."""
    return {blob for blob in Attachment.objects.filter(blob_id__in=blob_ids).values_list("blob_id", flat=True) if blob}


register_references("tickets.attachments", blobs_of_attachments)
