"""Turn a frozen mail into bytes for the wire: pure, and the same bytes each time it is asked.

Header values never meet the standard library's header parser: it decodes encoded words it finds in a value, so that
``=?utf-8?q?a=0D=0ABcc:_x@y?=`` in a subject would become a live line. They are cleaned of line breaks and controls,
encoded and folded here, and entered as finished text; the tree of parts is the library's.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

from otklik.channels.email.header_values import (
    MESSAGE_ID,
    clean_name,
    fold,
    header_addresses,
    header_text,
    parameter,
    trim_references,
)

_TEXT_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}\Z")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}\Z")
_OWN_HEADERS = frozenset(
    "date from to cc bcc subject message-id in-reply-to references reply-to mime-version return-path sender".split()
)


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


def clean_body(text: str) -> str:
    """Return a body without controls that do not belong in text."""
    return _TEXT_CONTROLS.sub("", str(text).encode("utf-8", "replace").decode("utf-8"))


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
    leaf["Content-Type"] = _Finished(f"{main}/{sub};\r\n {parameter('name', name)}")
    leaf["Content-Disposition"] = _Finished(
        f"{'inline' if related else 'attachment'};\r\n {parameter('filename', name)}"
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
    if not MESSAGE_ID.match(mail.message_id):
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
    if MESSAGE_ID.match(mail.in_reply_to):
        found.append(("In-Reply-To", mail.in_reply_to))
    if references := trim_references(mail.references):
        found.append(("References", fold(references, 12)))
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
