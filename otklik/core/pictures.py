"""How large a picture is when it is drawn, read off its first bytes: forty kilobytes can be a gigabyte of points."""

from typing import Final

LARGEST: Final = 100_000_000  # points; more than any camera's photo, and what a browser still draws without harm
_HEAD: Final = 1 << 18  # how far into a JPEG its size is looked for
_JPEG_SIZES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


def points(data: bytes) -> int | None:
    """Return width times height as a PNG, GIF, JPEG or WebP says; nothing when it is none or does not say."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        return _number(data[16:20]) * _number(data[20:24])
    if data.startswith((b"GIF87a", b"GIF89a")) and len(data) >= 10:
        return int.from_bytes(data[6:8], "little") * int.from_bytes(data[8:10], "little")
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    return None


def too_large_to_draw(data: bytes) -> bool:
    """Tell whether drawing it would take a reader's memory."""
    return (points(data) or 0) > LARGEST


def _number(data: bytes) -> int:
    return int.from_bytes(data)


def _jpeg(data: bytes) -> int | None:
    """Walk over the segments to the one that holds the size."""
    place, end = 2, min(len(data), _HEAD) - 9
    while place < end:
        if data[place] != 0xFF:
            return None
        kind = data[place + 1]
        if kind == 0xFF:
            place += 1
            continue
        if kind in _JPEG_SIZES:
            return _number(data[place + 5 : place + 7]) * _number(data[place + 7 : place + 9])
        place += 2 if 0xD0 <= kind <= 0xD8 else 2 + max(_number(data[place + 2 : place + 4]), 2)
    return None


def _webp(data: bytes) -> int | None:
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        return None
    if kind == b"VP8X":
        return (int.from_bytes(body[4:7], "little") + 1) * (int.from_bytes(body[7:10], "little") + 1)
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 ":
        return (int.from_bytes(body[6:8], "little") & 0x3FFF) * (int.from_bytes(body[8:10], "little") & 0x3FFF)
    return None
