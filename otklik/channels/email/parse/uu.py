"""Files that stand uuencoded inside a plain text, as old programs and scripts send them: taken out, the text stays.

A line is looked at once: a block that breaks off stays text, and the search goes on where it broke.
"""

import binascii
import re
from typing import Final

MAX_FILES: Final = 100
_BEGIN: Final = re.compile(r"begin [0-7]{3,4} (\S[^\n]{0,254})")


def take_files(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text without its uuencoded files, and the files with the names they claim."""
    if "begin " not in text or "\nend" not in text:
        return text, []
    lines = text.split("\n")
    kept: list[str] = []
    files: list[tuple[str, bytes]] = []
    place = 0
    while place < len(lines):
        opened = _BEGIN.fullmatch(lines[place].rstrip("\r")) if len(files) < MAX_FILES else None
        if opened is None:
            kept.append(lines[place])
            place += 1
            continue
        data, after = _block(lines, place + 1)
        if data is None:
            kept.extend(lines[place:after])
        else:
            files.append((opened[1].strip(), data))
        place = after
    return "\n".join(kept), files


def _block(lines: list[str], place: int) -> tuple[bytes | None, int]:
    """Decode from ``place`` to the end mark; None when it is none. Also the line where to go on."""
    out: list[bytes] = []
    closing = False  # the line of no bytes was there: only the end may follow
    for at in range(place, len(lines)):
        line = lines[at].rstrip("\r\n")
        if line == "end" and (closing or out):
            return b"".join(out), at + 1
        piece = None if closing and line.strip() else _line(line)
        if piece is None:
            return None, at
        closing = closing or not piece
        out.append(piece)
    return None, len(lines)


def _line(line: str) -> bytes | None:
    """Decode one line; blanks lost at its end and a checksum behind it are known habits. None for any other text."""
    if not line.strip("` "):
        return b""
    if not line.isascii() or len(line) > 90:
        return None
    length = (ord(line[0]) - 32) & 63
    needed = (length + 2) // 3 * 4 + 1
    if not " " <= line[0] <= "`" or len(line) > needed + 1 or len(line) * 2 < needed:
        return None
    try:
        return binascii.a2b_uu(line[:needed].ljust(needed))
    except binascii.Error:
        return None
