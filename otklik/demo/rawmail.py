"""Raw mails as customers' programs would have sent them: small, valid, the same bytes each time."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from otklik.channels.email.compose import header_addresses, header_text
from otklik.demo.lives import File

_BOUNDARY = "=_demo_{seed}"


@dataclass(frozen=True, slots=True)
class Raw:
    """What a mail consists of; people are ``(name, address)`` pairs."""

    at: datetime
    sender: tuple[str, str]
    to: Sequence[tuple[str, str]]
    subject: str
    text: str
    message_id: str
    cc: Sequence[tuple[str, str]] = ()
    in_reply_to: str = ""
    references: Sequence[str] = ()
    headers: Sequence[tuple[str, str]] = ()
    files: Sequence[File] = field(default=())
    charset: str = "utf-8"


def build(mail: Raw) -> bytes:
    """Return the bytes of the mail with CRLF line ends."""
    lines = [
        f"From: {header_addresses('From', [mail.sender])}",
        f"To: {header_addresses('To', mail.to)}",
        *([f"Cc: {header_addresses('Cc', mail.cc)}"] if mail.cc else []),
        f"Subject: {header_text('Subject', mail.subject)}",
        f"Date: {format_datetime(mail.at)}",
        f"Message-ID: {mail.message_id}",
        *([f"In-Reply-To: {mail.in_reply_to}"] if mail.in_reply_to else []),
        *(["References: " + "\r\n ".join(mail.references)] if mail.references else []),
        *(f"{name}: {value}" for name, value in mail.headers),
        "MIME-Version: 1.0",
    ]
    body = mail.text.replace("\n", "\r\n").encode(mail.charset, "replace")
    kind = f"Content-Type: text/plain; charset={mail.charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    if not mail.files:
        return "\r\n".join(lines).encode() + b"\r\n" + kind.encode() + body + b"\r\n"
    boundary = _BOUNDARY.format(seed=mail.message_id.strip("<>").partition("@")[0][:40])
    head = "\r\n".join([*lines, f'Content-Type: multipart/mixed; boundary="{boundary}"', "", ""])
    parts = [kind.encode() + body, *map(_file, mail.files)]
    mark = f"--{boundary}\r\n".encode()
    return head.encode() + b"".join(mark + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()


def _file(file: File) -> bytes:
    shown = header_text("x", file.name)
    head = (
        f'Content-Type: {file.content_type}; name="{shown}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="{shown}"\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(file.data).replace(b"\n", b"\r\n")
