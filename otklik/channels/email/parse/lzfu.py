"""Compressed RTF, as Outlook keeps the body of a message (MS-OXRTFCP): undone within bounds, damaged input in part."""

from typing import Final

MAX_RTF: Final = 5 * 1024 * 1024
_COMPRESSED: Final = b"LZFu"
_PLAIN: Final = b"MELA"
_HEAD: Final = 16
_WINDOW: Final = 4096
_START: Final = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    b"SymbolArialTimes New RomanCourier"
    b"{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress(data: bytes) -> bytes:
    """Return the RTF inside, at most ``MAX_RTF`` bytes of it; empty when the data is no compressed RTF."""
    kind = data[8:12]
    size = min(int.from_bytes(data[4:8], "little"), MAX_RTF)
    if kind == _PLAIN:
        return data[_HEAD : _HEAD + size]
    return _inflate(data, size) if kind == _COMPRESSED else b""


def _inflate(data: bytes, size: int) -> bytes:
    # a place in the window is a place in what was written, counted modulo its width: nothing has to be copied round
    out = bytearray(_WINDOW) + _START
    first = len(out)
    place, end, limit = _HEAD, len(data), first + size
    while place < end and len(out) < limit:
        flags = data[place]
        place += 1
        for bit in range(8):
            if place >= end:
                break
            if not flags >> bit & 1:
                out.append(data[place])
                place += 1
                continue
            pair = int.from_bytes(data[place : place + 2])
            place += 2
            back = (len(out) - (pair >> 4)) % _WINDOW
            if not back:  # the place to be written next means the end
                return bytes(out[first:limit])
            _repeat(out, back, (pair & 15) + 2)
    return bytes(out[first:limit])


def _repeat(out: bytearray, back: int, count: int) -> None:
    """Append ``count`` bytes found ``back`` bytes before the end; the piece may run into itself."""
    start = len(out) - back
    piece = bytes(out[start : start + min(back, count)])
    out += (piece * (count // len(piece) + 1))[:count]
