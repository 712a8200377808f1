"""Opaque S/MIME signatures: finds the signed content inside the CMS envelope, without checking the signature.

A small reader of BER: definite and indefinite lengths, octet strings in one piece or many. It walks with bounded depth
and never copies more than the content itself.
"""

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_ENVELOPED = (bytes.fromhex("06092a864886f70d010703"), bytes.fromhex("060b2a864886f70d0109100117"))
_DATA = bytes.fromhex("06092a864886f70d010701")
_MAX_PIECES = 100_000


def is_enveloped(data: bytes) -> bool:
    """Whether the CMS object is encrypted."""
    return any(oid in data[:64] for oid in _ENVELOPED)


def signed_content(data: bytes) -> bytes | None:
    """Return the content of a signed CMS object, or None when there is none or it cannot be read."""
    start = data.find(_SIGNED_DATA, 0, 64)
    if start < 0:
        return None
    place = data.find(_DATA, start, start + 4096)
    if place < 0:
        return None
    place += len(_DATA)
    try:
        tag, place, end = _head(data, place)
        if tag != 0xA0:
            return None
        return _octets(data, place, end)
    except (IndexError, ValueError):
        return None


def _head(data: bytes, place: int) -> tuple[int, int, int]:
    """Read tag and length; the end is -1 for an indefinite length."""
    tag, length = data[place], data[place + 1]
    place += 2
    if length == 0x80:
        return tag, place, -1
    if length & 0x80:
        size = length & 0x7F
        if size > 6:
            raise ValueError("length field too long")
        length = int.from_bytes(data[place : place + size])
        place += size
    return tag, place, min(place + length, len(data))


def _octets(data: bytes, place: int, end: int) -> bytes | None:
    """Join the octet strings from ``place`` on, entering constructed ones."""
    out: list[bytes] = []
    limit = end if end >= 0 else len(data)
    open_levels = 0
    for _ in range(_MAX_PIECES):
        if place + 2 > limit:
            break
        tag, inner, inner_end = _head(data, place)
        if tag == 0 and inner_end == inner:
            if open_levels == 0:
                break
            open_levels -= 1
            place = inner
        elif tag == 0x24:
            open_levels += inner_end < 0
            place = inner
        elif tag == 0x04 and inner_end >= 0:
            out.append(data[inner:inner_end])
            place = inner_end
        else:
            break
    return b"".join(out) or None
