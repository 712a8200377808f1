"""Files that people upload before the message they go with is sent."""

from collections.abc import Sequence
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.core.actor import Actor
from otklik.core.blobs import Prepared, put_blob, store
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid, TooLarge
from otklik.core.filenames import clean_file_name
from otklik.tickets.models import Attachment, Message

LARGEST = 25 * 1024 * 1024
MOST = 50


def upload(file: BinaryIO, *, name: str, content_type: str, size: int, by: Actor) -> Attachment:
    """Keep an uploaded file for the one who uploaded it, until a message takes it; a day later it goes unless something
    that is being written names it (``unsent``).

    Raises ``TooLarge`` over 25 MB, ``Forbidden`` without the right to write.
    """
    return keep_upload(prepare_upload(file, size=size, by=by), name=name, content_type=content_type, by=by)


def prepare_upload(file: BinaryIO, *, size: int, by: Actor) -> Prepared:
    """Store the bytes of an upload, outside the transaction that ``keep_upload`` runs in; raises as ``upload``."""
    if not (rights.can(by, "tickets.reply") or rights.can(by, "tickets.note")):
        raise Forbidden(_("You have no right to do this."))
    if size > LARGEST:
        raise TooLarge(_("A file may have at most 25 MB."))
    return store(file)


def keep_upload(prepared: Prepared, *, name: str, content_type: str, by: Actor) -> Attachment:
    """Keep a file whose bytes ``prepare_upload`` stored."""
    with transaction.atomic():
        blob = put_blob(prepared)
        return Attachment.objects.create(
            blob=blob,
            name=clean_file_name(name),
            content_type=content_type[:120] or "application/octet-stream",
            size=blob.size,
            uploaded_by_id=by.id,
            created_at=now(),
        )


def take_files(message: Message, attachment_ids: Sequence[int], *, by: Actor) -> None:
    """Tie uploaded files to a message inside the caller's transaction: all of them, each once, only one's own.

    Raises ``Invalid`` (field ``attachments``) when one is missing, taken or somebody else's; the caller's transaction
    then undoes the rest.
    """
    wanted = list(dict.fromkeys(attachment_ids))
    if len(wanted) > MOST:
        raise Invalid(_("A message has at most 50 files."), field="attachments")
    if not wanted:
        return
    mine = Attachment.objects.filter(pk__in=wanted, message__isnull=True, uploaded_by_id=by.id)
    if mine.update(message=message, ticket_id=message.ticket_id) != len(wanted):
        raise Invalid(_("One of the files is gone or was sent already."), field="attachments")
    shown_inside = [
        pk
        for pk, token in Attachment.objects.filter(pk__in=wanted).values_list("pk", "token")
        if token in message.body_html
    ]
    if shown_inside:
        Attachment.objects.filter(pk__in=shown_inside).update(inline=True)
