"""What makes a mail the same mail: a digest over four header lines and the body, cut as bytes and never parsed.

Pure. A Message-ID alone does not do: broken senders repeat theirs, and a stranger could suppress another's mail with
it. Line ends and the blank lines after the end do not count, because servers change them on the way. Where headers and
text are not told apart by a clean blank line, whatever is not one of the four lines counts as text: the other way round
two different mails would be one, and one of them lost.
"""

import hashlib
import re
from dataclasses import dataclass

_HEAD_LIMIT = 256 * 1024
_KEYED = (b"message-id", b"from", b"date", b"subject")
_WANTED = frozenset({*_KEYED, b"in-reply-to"})
_ID = re.compile(rb"<[^<>\s]{1,998}>")
_BLANKS = re.compile(rb"[\s\x00]+")
_LINE_END = re.compile(rb"\r+\n")
_HEADER = re.compile(rb"[!-9;-~]{1,100}[ \t]{0,20}:[^\r]*\Z")
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
    head, body, _ = _split(raw)
    return head, body


def _split(raw: bytes) -> tuple[bytes, bytes, bool]:
    """Return the header block, what follows, and whether a blank line within bounds parts them."""
    text = raw.replace(b"\r\n", b"\n")
    if b"\r\n" in text:
        text = _LINE_END.sub(b"\n", text)
    text = text.removeprefix(b"\xef\xbb\xbf").lstrip(b"\n\r")
    if text.startswith(b"From "):
        text = text.partition(b"\n")[2]
    end = text.find(b"\n\n", 0, _HEAD_LIMIT)
    if end < 0:
        return text[:_HEAD_LIMIT], text[_HEAD_LIMIT:], False
    return text[:end], text[end + 2 :], True


def _values(head: bytes) -> tuple[dict[bytes, bytes], list[bytes], bool]:
    """Return the wanted values, the lines that are in none of the keyed ones, and whether every line is a header."""
    values: dict[bytes, bytes] = {}
    others: list[bytes] = []
    name = b""
    clean = True
    for line in head.split(b"\n"):
        if line[:1] in {b" ", b"\t"}:
            if name:
                values[name] += b" " + line
            if name not in _KEYED:
                others.append(line)
            clean = clean and not line.isspace()
            continue
        key, colon, value = line.partition(b":")
        key = key.strip().lower()
        name = key if colon and key in _WANTED and key not in values else b""
        if name:
            values[name] = value
        if name not in _KEYED:
            others.append(line)
        clean = clean and _HEADER.match(line) is not None
    return {key: _BLANKS.sub(b" ", value).strip() for key, value in values.items()}, others, clean


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
    head, body, parted = _split(raw)
    values, others, clean = _values(head)
    digest = hashlib.sha256()
    for key in _KEYED:
        value = values.get(key, b"")
        digest.update(b"%d:" % len(value))
        digest.update(value)
    if parted and clean and values:
        digest.update(body.rstrip(b"\n\r "))
    else:
        digest.update(b"\n".join([*others, body]).rstrip(b"\n\r "))
    return Fingerprint(
        digest=digest.hexdigest(),
        message_id=normal_id(values.get(b"message-id", b"")),
        in_reply_to=normal_id(values.get(b"in-reply-to", b"")),
        sender=values.get(b"from", b"")[:1000],
        subject=values.get(b"subject", b"")[:1000],
    )
