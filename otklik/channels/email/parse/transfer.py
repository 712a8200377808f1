"""Transfer encodings, damaged ones too: whatever can be decoded is decoded."""

import binascii
import re
import string

from otklik.channels.email.parse.problems import Problems

_BASE64 = (string.ascii_letters + string.digits + "+/=").encode()
_NOT_BASE64 = bytes(byte for byte in range(256) if byte not in _BASE64)
_SPACES = b" \t\r\n"
_BASE64_ALPHABET_AND_BREAKS = _BASE64 + _SPACES
_PLAIN_CODINGS = {"", "7bit", "8bit", "binary", "none", "7-bit", "8-bit", "7bits", "8bits", "utf-8", "us-ascii"}
_BASE64_LINE = re.compile(rb"[ \t]*(?:[A-Za-z0-9+/]+={0,2})?[ \t]*(?:\r*\n|\Z)")
_MIXED = re.compile(rb"[a-z][A-Z0-9+/]|[0-9+/][A-Za-z]")
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\r\n")
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
    footer = _footer(data)
    if footer:
        problems.add("base64_damaged")
        return _base64(data[:footer], problems) + b"\n" + data[footer:].strip()
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


def _footer(data: bytes) -> int:
    """Return where a footer in clear begins, which a list or a scanner put below the coded lines; 0 when none is there.

    Looked for only where something stands that no coded line holds, so that a large file costs two looks.
    """
    stripped = data.strip()
    if b" " not in stripped and not stripped.translate(None, _BASE64_ALPHABET_AND_BREAKS):
        return 0
    place, size = 0, len(data)
    while place < size and (found := _BASE64_LINE.match(data, place)):
        place = found.end()
    head, rest = b"".join(data[:place].split()), data[place:].strip()
    return place if rest and _is_coded(head) and _is_clear(rest) else 0


def _is_coded(head: bytes) -> bool:
    """Tell whether lines of letters and digits are base64 and no words: long, mixed, and whole."""
    if len(head) < 8 or not _MIXED.search(head):
        return False
    if len(head) >= 60:
        return True
    if len(head) % 4:
        return False
    said = _decoded(head, Problems())
    if len(head) < 16 and not _is_utf8(said):
        return False
    return not any(byte in _CONTROLS for byte in said)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_clear(rest: bytes) -> bool:
    """Tell a footer from coded lines with noise in them."""
    if b" " not in rest and rest.isascii() and rest[:2] not in {b"--", b"__"}:
        return False
    for line in rest.splitlines():
        bare = line.strip()
        if len(bare) >= 60 and b" " not in bare and b"://" not in bare:
            strange = len(bare) - len(bare.translate(None, _NOT_BASE64))
            if strange * 30 < len(bare):
                return False
    return True


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
