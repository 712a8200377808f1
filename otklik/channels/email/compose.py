"""Turn a frozen mail into bytes for the wire: pure, and the same bytes each time it is asked.

Header values never meet the standard library's header parser: it decodes encoded words it finds in a value, so that
``=?utf-8?q?a=0D=0ABcc:_x@y?=`` in a subject would become a live line. They are cleaned of line breaks and controls,
encoded and folded here, and entered as finished text; the tree of parts is the library's.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

import idna

LINE = 76
REFERENCES_LIMIT = 1500
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TEXT_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}\Z")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,480}>\Z")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}\Z")
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+\Z")
_OWN_HEADERS = frozenset(
    "date from to cc bcc subject message-id in-reply-to references reply-to mime-version return-path sender".split()
)


class BadAddress(ValueError):
    """An address that no mail can be sent to."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file that goes along: attached, or shown inside the HTML under its content id."""

    name: str
    content_type: str
    data: bytes
    cid: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """Everything one mail consists of; addresses are ``(name, address)`` pairs."""

    message_id: str
    at: datetime
    sender: tuple[str, str]
    to: Sequence[tuple[str, str]]
    subject: str
    text: str
    html: str = ""
    cc: Sequence[tuple[str, str]] = ()
    reply_to: tuple[str, str] | None = None
    in_reply_to: str = ""
    references: Sequence[str] = ()
    headers: Iterable[tuple[str, str]] = ()
    files: Sequence[Part] = field(default=())


class _Finished(str):
    """A header value that is encoded and folded already."""

    __slots__ = ()


class _Wire(EmailPolicy):
    """SMTP line ends and 7-bit bodies; finished header values pass untouched."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, str]:
        return (name, value) if isinstance(value, _Finished) else super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return value if isinstance(value, _Finished) else super().header_fetch_parse(name, value)

    def fold(self, name: str, value: Any) -> str:
        return f"{name}: {value}\r\n" if isinstance(value, _Finished) else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        # only an address that needs SMTPUTF8 leaves a letter outside ASCII in a finished value
        return self.fold(name, value).encode("utf-8")


_WIRE = _Wire(linesep="\r\n", cte_type="7bit", max_line_length=78)


def clean_value(value: str) -> str:
    """Return a header value without line breaks, controls and lone surrogates, each run of them become one blank."""
    plain = str(value).encode("utf-8", "replace").decode("utf-8")
    return " ".join(_CONTROLS.sub(" ", plain).split())


def clean_name(name: str) -> str:
    """Return a file name without path, controls, invisible and direction marks; never empty, at most 150 characters."""
    flat = _INVISIBLE.sub("", clean_value(name)).replace("\\", "/").rpartition("/")[2].strip(" .")
    if len(flat) > 150:
        stem, dot, extension = flat.rpartition(".")
        flat = stem[: 149 - len(extension)] + dot + extension if 0 < len(extension) < 12 else flat[:150]
    return flat or "file"


def clean_body(text: str) -> str:
    """Return a body without controls that do not belong in text."""
    return _TEXT_CONTROLS.sub("", str(text).encode("utf-8", "replace").decode("utf-8"))


def wire_address(address: str) -> str:
    """Return an address as SMTP takes it: the domain as A-labels, the local part as it is.

    Raises ``BadAddress`` for anything that is not one plain address.
    """
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or not domain or len(address) > 320 or clean_value(address) != address.strip():
        raise BadAddress(address)
    if any(letter in ' <>()[]:;,"\\@' for letter in local) or local[0] == "." or local[-1] == "." or ".." in local:
        raise BadAddress(address)
    if local.isascii() and not _DOT_ATOM.match(local):
        raise BadAddress(address)
    try:
        encoded = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise BadAddress(address) from error
    if not re.fullmatch(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?", encoded) or ".." in encoded:
        raise BadAddress(address)
    return f"{local}@{encoded}"


def needs_utf8(address: str) -> bool:
    """Tell whether only a server that speaks SMTPUTF8 can carry the address (as ``wire_address`` returned it)."""
    return not address.isascii()


def trim_references(ids: Sequence[str], limit: int = REFERENCES_LIMIT) -> list[str]:
    """Return the well-formed ids, shortened to about ``limit`` characters: the first and the last ones stay.

    Some relays refuse header blocks past 4 kB, and clients thread by the first and the nearest ids.
    """
    sound = list(dict.fromkeys(item for item in ids if _MESSAGE_ID.match(item)))
    if not sound:
        return []
    first, rest = sound[0], sound[1:]
    room, kept = limit - len(first), []
    for item in reversed(rest):
        room -= len(item) + 1
        if room < 0:
            break
        kept.append(item)
    return [first, *reversed(kept)]


def _encoded_words(text: str) -> list[str]:
    """Cut a text into RFC 2047 words of at most 75 characters, never inside a letter."""
    words, piece = [], ""
    for letter in text:
        if len((piece + letter).encode()) > 45:
            words.append(piece)
            piece = ""
        piece += letter
    words.append(piece)
    return [f"=?utf-8?b?{base64.b64encode(word.encode()).decode()}?=" for word in words if word]


def _is_plain(text: str) -> bool:
    # "=?" is encoded, never sent as it stands: a reader would decode it
    return text.isascii() and "=?" not in text and all(len(word) < LINE for word in text.split(" "))


def _fold(words: Iterable[str], start: int) -> str:
    """Join words by blanks, or by a folded line where the next would stand past the line's end."""
    lines, width = "", start
    for word in words:
        if lines and width + 1 + len(word) > LINE:
            lines, width = f"{lines}\r\n {word}", 1 + len(word)
        else:
            lines, width = (f"{lines} {word}", width + 1 + len(word)) if lines else (word, width + len(word))
    return lines


def header_text(name: str, value: str) -> str:
    """Return a free-text header value, cleaned, encoded when it must be, and folded."""
    plain = clean_value(value)
    return _fold(plain.split(" ") if _is_plain(plain) else _encoded_words(plain), len(name) + 2)


def _mailbox_words(name: str, address: str) -> list[str]:
    wire, shown = wire_address(address), _INVISIBLE.sub("", clean_value(name))[:120].strip()
    if not shown:
        return [wire]
    if not _is_plain(shown):
        return [*_encoded_words(shown), f"<{wire}>"]
    quoted = shown.replace("\\", "\\\\").replace('"', '\\"')
    return [*f'"{quoted}"'.split(" "), f"<{wire}>"]


def header_addresses(name: str, people: Sequence[tuple[str, str]]) -> str:
    """Return an address header value for ``(name, address)`` pairs; raises ``BadAddress``."""
    words: list[str] = []
    for position, (shown, address) in enumerate(people):
        more = _mailbox_words(shown, address)
        if position < len(people) - 1:
            more[-1] += ","
        words += more
    return _fold(words, len(name) + 2)


def _parameter(key: str, value: str) -> str:
    """Return one MIME parameter: a quoted string, or RFC 2231 with continuations for anything else."""
    if value.isascii() and "=?" not in value and len(value) <= 60 and not set(value) & set('"\\%'):
        return f'{key}="{value}"'
    safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._"
    letters = [letter if letter in safe else "".join(f"%{octet:02X}" for octet in letter.encode()) for letter in value]
    pieces, piece = [], ""
    for letter in letters:
        if len(piece) + len(letter) > 55:
            pieces.append(piece)
            piece = ""
        piece += letter
    pieces.append(piece)
    if len(pieces) == 1:
        return f"{key}*=utf-8''{piece}"
    return ";\r\n ".join(
        f"{key}*{number}*={'utf-8' + chr(39) * 2 if number == 0 else ''}{piece}" for number, piece in enumerate(pieces)
    )


def _media_type(content_type: str) -> tuple[str, str]:
    main, _, sub = content_type.partition(";")[0].strip().lower().partition("/")
    sound = _TOKEN.match(main) and _TOKEN.match(sub) and main not in {"multipart", "message"}
    return (main, sub) if sound else ("application", "octet-stream")


def _add_file(message: EmailMessage, part: Part, *, related: bool) -> None:
    main, sub = _media_type(part.content_type)
    if related:
        message.add_related(part.data, main, sub)
    else:
        message.add_attachment(part.data, main, sub)
    leaf: EmailMessage = message.get_payload()[-1]  # type: ignore[index, assignment]
    name = clean_name(part.name)
    del leaf["Content-Type"], leaf["Content-Disposition"], leaf["MIME-Version"]
    leaf["Content-Type"] = _Finished(f"{main}/{sub};\r\n {_parameter('name', name)}")
    leaf["Content-Disposition"] = _Finished(
        f"{'inline' if related else 'attachment'};\r\n {_parameter('filename', name)}"
    )
    if related:
        leaf["Content-ID"] = _Finished(f"<{_content_id(part.cid)}>")


def _content_id(cid: str) -> str:
    """Return the content id when it is one, else a digest of it, so that nothing of it can leave its line."""
    return cid if re.fullmatch(r"[A-Za-z0-9._@+-]{1,120}", cid) else _digest(cid)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _body(mail: Mail) -> EmailMessage:
    """Build the tree: mixed(alternative(text, related(html, pictures)), files), each level only when it is needed."""
    message = EmailMessage(policy=_WIRE)
    message.set_content(clean_body(mail.text), charset="utf-8")
    pictures = [part for part in mail.files if part.cid and mail.html]
    if mail.html:
        message.add_alternative(clean_body(mail.html), subtype="html", charset="utf-8")
        html: EmailMessage = message.get_payload()[-1]  # type: ignore[index, assignment]
        for picture in pictures:
            _add_file(html, picture, related=True)
    for part in mail.files:
        if part not in pictures:
            _add_file(message, part, related=False)
    return message


def _set_boundaries(message: EmailMessage, seed: str) -> None:
    """Give every multipart a boundary made from the Message-ID, so that a repeat is the same mail to the byte."""
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{_digest(f'{seed}/{number}')}")


def _headers(mail: Mail) -> list[tuple[str, str]]:
    """Return the finished headers in order; raises ``BadAddress`` and ``ValueError``."""
    if not _MESSAGE_ID.match(mail.message_id):
        raise ValueError("message id")
    found = [
        ("Date", format_datetime(mail.at)),
        ("From", header_addresses("From", [mail.sender])),
        ("To", header_addresses("To", mail.to) if mail.to else "undisclosed-recipients:;"),
    ]
    if mail.cc:
        found.append(("Cc", header_addresses("Cc", mail.cc)))
    if mail.reply_to:
        found.append(("Reply-To", header_addresses("Reply-To", [mail.reply_to])))
    found += [("Subject", header_text("Subject", mail.subject)), ("Message-ID", mail.message_id)]
    if _MESSAGE_ID.match(mail.in_reply_to):
        found.append(("In-Reply-To", mail.in_reply_to))
    if references := trim_references(mail.references):
        found.append(("References", _fold(references, 12)))
    for name, value in mail.headers:
        if _HEADER_NAME.match(name) and name.lower() not in _OWN_HEADERS and not name.lower().startswith("content-"):
            found.append((name, header_text(name, value)))
    return found


def build(mail: Mail) -> bytes:
    """Return the mail as bytes with CRLF line ends, 7-bit except for addresses that need SMTPUTF8.

    The same mail gives the same bytes. Raises ``BadAddress`` when an address in it cannot be used.
    """
    headers = _headers(mail)
    message = _body(mail)
    for name, value in headers:
        message[name] = _Finished(value)
    _set_boundaries(message, mail.message_id)
    return message.as_bytes(policy=_WIRE)
