"""Tells the store of files which blobs frozen mails and archives still need."""

from collections.abc import Iterable

from otklik.channels.email.models import MailArchive, OutgoingFile
from otklik.core.blobs import register_references


def blobs_of_outgoing(blob_ids: Iterable[int]) -> set[int]:
    """Return those of the given blobs that go along with a mail."""
    rows = OutgoingFile.objects.filter(blob_id__in=blob_ids).values_list("blob_id", flat=True)
    return {blob for blob in rows if blob}


def blobs_of_archives(blob_ids: Iterable[int]) -> set[int]:
    """Return those of the given blobs that are archives still to be taken in."""
    rows = MailArchive.objects.filter(blob_id__in=blob_ids).values_list("blob_id", flat=True)
    return {blob for blob in rows if blob}


register_references("email.outgoing", blobs_of_outgoing)
register_references("email.archives", blobs_of_archives)
