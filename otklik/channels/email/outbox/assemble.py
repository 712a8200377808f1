"""Put a frozen mail together for the wire: rows and blobs in, bytes out, the same each time."""

from otklik.channels.email import compose
from otklik.channels.email.models import Outgoing
from otklik.core.blobs import BlobMissing


class FileMissing(Exception):
    """A file of the mail is not in the store any more."""


def mail_of(outgoing: Outgoing) -> compose.Mail:
    """Return the frozen mail as the value the composer takes. Raises ``FileMissing``."""
    files = []
    for row in outgoing.files.select_related("blob"):
        if row.blob is None:
            raise FileMissing(row.name)
        try:
            files.append(compose.Part(row.name, row.content_type, row.blob.read(), row.cid))
        except (BlobMissing, OSError) as error:
            raise FileMissing(row.name) from error
    return compose.Mail(
        message_id=outgoing.message_id,
        at=outgoing.created_at,
        sender=(outgoing.from_name, outgoing.from_address),
        to=[(name, address) for name, address in outgoing.to],
        cc=[(name, address) for name, address in outgoing.cc],
        reply_to=(outgoing.from_name, outgoing.reply_to) if outgoing.reply_to else None,
        subject=outgoing.subject,
        text=outgoing.text,
        html=outgoing.html,
        in_reply_to=outgoing.in_reply_to,
        references=outgoing.references,
        headers=[(name, value) for name, value in outgoing.headers],
        files=files,
    )


def bytes_of(outgoing: Outgoing) -> bytes:
    """Return the bytes of a frozen mail. Raises ``FileMissing`` and ``header_values.BadAddress``."""
    return compose.build(mail_of(outgoing))
