"""Transfer encodings, damaged ones too: whatever can be decoded is decoded."""

import binascii
import re
import string

from otklik.channels.email.parse.problems import Problems

_BASE64 = (string.ascii_letters + string.digits + "+/=").encode()
_NOT_BASE64 = bytes(byte for byte in range(256) if byte not in _BASE64)
_SPACES = b" \t\r\n"
_PLAIN_CODINGS = {"", "7bit", "8bit", "binary", "none", "7-bit", "8-bit", "7bits", "8bits", "utf-8", "us-ascii"}
_BASE64_LINES = re.compile(rb"[A-Za-z0-9+/\s]*={0,2}\s*\Z")


def decode_transfer(data: bytes, coding: str, problems: Problems) -> bytes:
    """Undo a content transfer encoding; never raises."""
    coding = coding.split("(", maxsplit=1)[0].split(";", maxsplit=1)[0].strip().strip("\"'").lower()
    if coding in _PLAIN_CODINGS:
        return data
    if coding in {"base64", "base-64", "b", "b64", "base 64"}:
        return _base64(data, problems)
    if coding in {"quoted-printable", "quoted printable", "quotedprintable", "q", "qp"}:
        return binascii.a2b_qp(data)
    if coding in {"x-uuencode", "uuencode", "x-uue", "uue"}:
        return _uudecode(data, problems)
    problems.add("transfer_encoding_unknown")
    return data


def _base64(data: bytes, problems: Problems) -> bytes:
    padding = data.find(b"=")
    tail = data[padding:].lstrip(b"=").strip() if padding >= 0 else b""
    if tail:
        return _base64_pieces(data, problems)
    bare = data.translate(None, _SPACES)
    if bare.translate(None, _NOT_BASE64) != bare:
        strange = len(bare) - len(bare.translate(None, _NOT_BASE64))
        problems.add("base64_damaged")
        if strange * 20 > len(bare) or b" " in data.strip() and not _BASE64_LINES.match(data):
            return data  # plain text that only says it were base64
        bare = bare.translate(None, _NOT_BASE64)
    return _decoded(bare, problems)


def _decoded(bare: bytes, problems: Problems) -> bytes:
    try:
        return binascii.a2b_base64(bare)
    except (binascii.Error, ValueError):
        problems.add("base64_damaged")
    bare = bare.translate(None, _NOT_BASE64).replace(b"=", b"")
    if len(bare) % 4 == 1:
        bare = bare[:-1]
    return binascii.a2b_base64(bare + b"=" * (-len(bare) % 4))


def _base64_pieces(data: bytes, problems: Problems) -> bytes:
    """Decode base64 that goes on after its padding (glued pieces), or that has a plain footer behind it."""
    problems.add("base64_damaged")
    out: list[bytes] = []
    place, size = 0, len(data)
    while place < size:
        padding = data.find(b"=", place)
        end = size if padding < 0 else padding
        while end < size and data[end : end + 1] == b"=":
            end += 1
        piece = data[place:end]
        if out and not _BASE64_LINES.match(piece):
            out.append(b"\n" + data[place:].strip())  # a footer that a list or a scanner added in clear
            break
        out.append(_decoded(piece.translate(None, _SPACES), problems) if piece.strip() else b"")
        place = end
    return b"".join(out)


def _uudecode(data: bytes, problems: Problems) -> bytes:
    out: list[bytes] = []
    for line in data.splitlines():
        if line.startswith(b"begin ") or not line.strip():
            continue
        if line.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except (binascii.Error, ValueError):
            length = ((line[0] - 32) & 63) * 4 // 3 + 3
            try:
                out.append(binascii.a2b_uu(line[:length]))
            except (binascii.Error, ValueError):
                problems.add("attachment_unreadable")
    return b"".join(out)


def unflow(text: str, *, delete_space: bool) -> str:
    """Join the lines of a format=flowed text (RFC 3676); quote depth is kept, the signature line stays alone."""
    out: list[str] = []
    paragraph: list[str] = []
    depth = -1
    for line in text.replace("\r\n", "\n").split("\n"):
        bare = line.lstrip(">")
        level = len(line) - len(bare)
        bare = bare.removeprefix(" ")
        if paragraph and level != depth:
            out.append(_quoted(paragraph, depth))
            paragraph = []
        depth = level
        if bare.endswith(" ") and bare != "-- ":
            paragraph.append(bare[:-1] if delete_space else bare)
            continue
        if bare == "-- " and paragraph:
            out.append(_quoted(paragraph, depth))
            paragraph = []
        paragraph.append(bare)
        out.append(_quoted(paragraph, depth))
        paragraph = []
    if paragraph:
        out.append(_quoted(paragraph, depth))
    return "\n".join(out)


def _quoted(paragraph: list[str], depth: int) -> str:
    text = "".join(paragraph)
    return f"{'>' * depth} {text}" if depth else text
