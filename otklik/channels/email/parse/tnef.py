"""winmail.dat: the files and the text that Outlook hid in it. Guarded, because the library trusts its input."""

import logging
import struct
from dataclasses import dataclass

from otklik.channels.email.parse import lzfu, rtf

MAX_BYTES = 40 * 1024 * 1024
MAX_OBJECTS = 3000
_CONTENT_ID = 0x3712
_SIGNATURE = 0x223E9F78
_HEAD = struct.Struct("<BHHI")


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What was inside: texts as bytes or text, and the files with the names they claim and their content ids."""

    text: bytes | str
    html: bytes | str
    files: tuple[tuple[bytes | str, bytes, bytes | str], ...]


def looks_sound(data: bytes) -> bool:
    """Walk the objects without reading them: a hostile file with very many costs the library quadratic time."""
    if len(data) > MAX_BYTES or len(data) < 12 or int.from_bytes(data[:4], "little") != _SIGNATURE:
        return False
    place = 6
    for _ in range(MAX_OBJECTS):
        if place + 12 > len(data):
            return True
        _, _, _, length = _HEAD.unpack_from(data, place)
        place += length + 11
    return False


def unpack(data: bytes) -> Unpacked | None:
    """Return the content of a TNEF file, or None when it cannot be read."""
    if not looks_sound(data):
        return None
    from tnefparse import TNEF

    logging.getLogger("tnefparse").setLevel(logging.CRITICAL)
    try:
        tnef = TNEF(data, do_checksum=False)
        files = tuple((_name(item), bytes(item.data or b""), _content_id(item)) for item in tnef.attachments[:500])
    except Exception:
        return None
    text, html = _text(tnef.body), _text(tnef.htmlbody)
    if not html:
        rich = _rich_text(getattr(tnef, "_rtfbody", None))  # the public property wants a library for it
        text, html = text or rich.text, rich.html
    return Unpacked(text, html, tuple(item for item in files if item[1]))


def _rich_text(value: object) -> rtf.Rtf:
    """Read the body that Outlook keeps as compressed RTF; often it is the only one."""
    packed = value[0] if isinstance(value, list) and value else value
    if not isinstance(packed, bytes | bytearray):
        return rtf.Rtf()
    return rtf.read_rtf(lzfu.decompress(bytes(packed)))


def _name(item: object) -> bytes | str:
    """Return the long name, else the short one; the library decodes it as UTF-8 and fails on all others."""
    for attribute in ("long_filename", "name", "_name"):
        try:
            value = getattr(item, attribute)
            value = value() if callable(value) else value
        except Exception:  # noqa: S112 - a broken name is no name
            continue
        text = _text(value)
        if text.strip():
            return text
    return ""


def _content_id(item: object) -> bytes | str:
    """Return the id by which the HTML names a picture."""
    attributes = getattr(item, "mapi_attrs", ())
    return next((_text(one.data) for one in attributes if one.name == _CONTENT_ID), "")


def _text(value: object) -> bytes | str:
    if isinstance(value, list):
        value = value[0] if value else b""
    if isinstance(value, str):
        return value.rstrip("\0")
    return bytes(value).rstrip(b"\0") if isinstance(value, bytes | bytearray) else b""
