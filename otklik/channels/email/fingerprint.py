"""What makes a mail the same mail: a digest over four header lines and the body, cut as bytes and never parsed.

Pure. A Message-ID alone does not do: broken senders repeat theirs, and a stranger could suppress another's mail with
it. Line ends and the blank lines after the end do not count, because servers change them on the way.
"""

import hashlib
import re
from dataclasses import dataclass

_HEAD_LIMIT = 256 * 1024
_KEYED = (b"message-id", b"from", b"date", b"subject")
_WANTED = frozenset({*_KEYED, b"in-reply-to"})
_ID = re.compile(rb"<[^<>\s]{1,998}>")
_BLANKS = re.compile(rb"[\s\x00]+")
ID_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The digest and the few header values that the ledger and the search for threads need before parsing."""

    digest: str
    message_id: str
    in_reply_to: str
    sender: bytes
    subject: bytes


def header_block(raw: bytes) -> tuple[bytes, bytes]:
    """Split a mail into its header block and the rest, with LF line ends; what stands before it is cut."""
    text = raw.replace(b"\r\n", b"\n").removeprefix(b"\xef\xbb\xbf").lstrip(b"\n\r")
    if text.startswith(b"From "):
        text = text.partition(b"\n")[2]
    head, _, body = text.partition(b"\n\n")
    return head[:_HEAD_LIMIT], body


def _values(head: bytes) -> dict[bytes, bytes]:
    values: dict[bytes, bytes] = {}
    name = b""
    for line in head.split(b"\n"):
        if line[:1] in {b" ", b"\t"}:
            if name:
                values[name] += b" " + line
            continue
        key, colon, value = line.partition(b":")
        key = key.strip().lower()
        name = key if colon and key in _WANTED and key not in values else b""
        if name:
            values[name] = value
    return {key: _BLANKS.sub(b" ", value).strip() for key, value in values.items()}


def normal_id(value: bytes | str) -> str:
    """Return the first Message-ID of a header value with its brackets, cut to what a key can hold."""
    data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    found = _ID.search(data)
    text = (found.group() if found else data.strip()).decode("utf-8", "replace").replace("\x00", "")
    if text and not text.startswith("<"):
        text = f"<{text}>"
    return "" if text in {"<>", "<"} else text[:ID_LENGTH]


def fingerprint(raw: bytes) -> Fingerprint:
    """Compute the digest of a mail and cut out the header values wanted before parsing; never raises."""
    head, body = header_block(raw)
    values = _values(head)
    digest = hashlib.sha256()
    for key in _KEYED:
        value = values.get(key, b"")
        digest.update(b"%d:" % len(value))
        digest.update(value)
    digest.update(body.rstrip(b"\n\r "))
    if not values:
        digest.update(head)
    return Fingerprint(
        digest=digest.hexdigest(),
        message_id=normal_id(values.get(b"message-id", b"")),
        in_reply_to=normal_id(values.get(b"in-reply-to", b"")),
        sender=values.get(b"from", b"")[:1000],
        subject=values.get(b"subject", b"")[:1000],
    )
