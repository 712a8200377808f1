"""Parameters of Content-Type and Content-Disposition in all the ways they are written, right and wrong.

RFC 2231 with and without parts, encoded words inside and outside quotes, raw bytes, blanks without quotes, quotes that
never close, Windows paths with their backslashes.
"""

import re
from urllib.parse import unquote_to_bytes

from otklik.channels.email.parse.decode import Decoder
from otklik.channels.email.parse.words import decode_words

MAX_PARAMS = 200
_SIMPLE = re.compile(
    rb"([\w.+-]+/[\w.+-]+)(?:;\s*(charset|boundary|name|filename)=\"?([\w.:=+'/-]{1,100})\"?)?;?\Z", re.ASCII
)
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,100}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}\Z")
_SECTION = re.compile(r"(.+?)\*(\d{1,4})?(\*)?\Z")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")


def read_value(value: bytes | None, decoder: Decoder) -> tuple[str, dict[str, str]]:
    """Split a header value into its main word (lower case) and its decoded parameters (names in lower case)."""
    if not value:
        return "", {}
    simple = _SIMPLE.match(value)
    if simple:
        params = {simple[2].decode().lower(): simple[3].decode()} if simple[2] else {}
        if "=?" not in params.get("name", "") + params.get("filename", ""):
            return simple[1].decode().lower(), params
    pieces = _split(value[: 64 * 1024])
    main = decoder.header(pieces[0]).strip().strip("\"'").lower()
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for piece in pieces[1 : MAX_PARAMS + 1]:
        name, mark, content = piece.partition(b"=")
        if not mark:
            continue
        key = name.decode("latin-1").strip().lower()
        section = _SECTION.match(key)
        if section:
            number = int(section[2] or 0)
            sections.setdefault(section[1], {}).setdefault(
                number, (_unquote(content), bool(section[3]) or not section[2])
            )
        elif key and key not in plain:
            plain[key] = _plain(_unquote(content), decoder, words=key in {"name", "filename"})
    for key, numbered in sections.items():
        text = _joined(numbered, decoder)
        if text:
            plain[key] = text
    return main, plain


def content_type(value: bytes | None, decoder: Decoder) -> tuple[str, dict[str, str]]:
    """Read a Content-Type; the type is empty when there is none or it is no type."""
    main, params = read_value(value, decoder)
    if main and not _TYPE.match(main):
        main = {"text": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}.get(main, "")
    return main, params


def _split(value: bytes) -> list[bytes]:
    """Split at semicolons outside quotes; a quote that never closes ends at the next semicolon."""
    if b'"' not in value:
        return value.split(b";")
    pieces: list[bytes] = []
    unclosed = False
    start = place = 0
    size = len(value)
    while place < size:
        semicolon = value.find(b";", place)
        if semicolon < 0:
            break
        quote = value.find(b'"', place, semicolon)
        if quote >= 0:
            end = _quote_end(value, quote + 1)
            if end >= 0:
                place = end + 1
                continue
        pieces.append(value[start:semicolon])
        start = place = semicolon + 1
        if quote >= 0 and value.find(b'"', place) < 0:
            unclosed = True
            break
    rest = value[start:]
    return [*pieces, *(rest.split(b";") if unclosed else [rest])]


def _quote_end(value: bytes, place: int) -> int:
    """Find the closing quote; one that is escaped counts only when another follows."""
    while True:
        end = value.find(b'"', place)
        if (
            end <= 0
            or value[end - 1] != 0x5C
            or value.find(b'"', end + 1) < 0
            or value[end + 1 : end + 2] in {b";", b""}
        ):
            return end
        place = end + 1


def _unquote(content: bytes) -> bytes:
    content = content.strip()
    if content[:1] == b'"':
        closed = content.rfind(b'"')
        content = content[1:closed] if closed > 0 else content[1:]
        return content.replace(b'\\"', b'"').replace(b"\\\\", b"\\")
    if len(content) > 1 and content[:1] == b"'" == content[-1:]:
        return content[1:-1]
    return content


def _plain(content: bytes, decoder: Decoder, *, words: bool) -> str:
    text = decoder.header(content)
    if not words:
        return text
    if "=?" in text:
        return decode_words(text, decoder)
    if "%" in text and len(_PERCENT.findall(text)) > 1 and text.isascii():
        data = unquote_to_bytes(text)
        if not data.isascii():
            try:
                return data.decode("utf-8")
            except UnicodeDecodeError:
                return text
    return text


def _joined(numbered: dict[int, tuple[bytes, bool]], decoder: Decoder) -> str:
    """Join the parts of an RFC 2231 value; the first names the charset for all that are percent-encoded."""
    charset = ""
    data: list[bytes] = []
    for place, number in enumerate(sorted(numbered)):
        content, encoded = numbered[number]
        if not encoded:
            data.append(content)
            continue
        if place == 0 and content.count(b"'") >= 2:
            name, _, content = content.split(b"'", 2)
            charset = name.decode("latin-1")
        data.append(unquote_to_bytes(content))
    whole = b"".join(data)
    if not any(encoded for _, encoded in numbered.values()) or b"=?" in whole:
        return decode_words(decoder.header(whole), decoder)
    return decoder.text(whole, charset)
