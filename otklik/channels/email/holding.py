"""Tells the store of files which blobs received mails still need."""

from collections.abc import Iterable

from otklik.channels.email.models import Inbound
from otklik.core.blobs import register_references


def blobs_of_inbound(blob_ids: Iterable[int]) -> set[int]:
    """Return those of the given blobs that are raw mails."""
    return set(Inbound.objects.filter(blob_id__in=blob_ids).values_list("blob_id", flat=True))


register_references("email.inbound", blobs_of_inbound)
