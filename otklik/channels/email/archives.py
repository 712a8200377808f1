"""Reads archives of mail that were uploaded: an mbox, one .eml, or a zip of a Maildir or of such files.

Nothing is unpacked to a disk and no name of the archive becomes a file's. What is too large is cut, so that it is
refused by its size without ever being held whole.
"""

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from otklik.channels.email.fingerprint import header_block

MOST_ENTRIES: Final = 500_000
MOST_UNPACKED: Final = 8 * 1024**3
_MBOX_MARK: Final = re.compile(rb"From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b")
_UNMANGLED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
_DATE: Final = re.compile(rb"^date[ \t]*:[ \t]*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.IGNORECASE | re.MULTILINE)
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class BadArchive(Exception):
    """The archive cannot be read: ``code`` is damaged, huge or empty."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def messages_of(archive: BinaryIO, name: str, most: int) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every message; one larger than ``most`` is cut behind that. Raises ``BadArchive``."""
    start = archive.read(5)
    archive.seek(0)
    if start[:4] == b"PK\x03\x04":
        yield from _in_zip(archive, most)
    elif start == b"From ":
        yield from _numbered(name, split_mbox(archive, most))
    else:
        yield name, archive.read(most + 1)


def split_mbox(lines: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Cut an mbox at its marks, “From sender weekday …” after a blank line, and undo the quoting of such lines."""
    held: list[bytes] = []
    size, blank = 0, True
    for line in lines:
        if blank and _MBOX_MARK.match(line):
            if held:
                yield _UNMANGLED.sub(rb"\1", b"".join(held))
            held, size = [], 0
        elif size <= most:
            held.append(line)
            size += len(line)
        blank = not line.strip()
    if held:
        yield _UNMANGLED.sub(rb"\1", b"".join(held))


def date_of(raw: bytes) -> datetime | None:
    """Return when a message says that it was written; nothing for what is no date."""
    found = _DATE.search(header_block(raw)[0])
    if found is None:
        return None
    try:
        at = parsedate_to_datetime(found[1].decode("ascii", "replace"))
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return at.astimezone(UTC) if at.year > 1970 else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _numbered(name: str, parts: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    for number, raw in enumerate(parts, start=1):
        yield f"{name}#{number}", raw


def _in_zip(archive: BinaryIO, most: int) -> Iterator[tuple[str, bytes]]:
    """Read the members that hold mail, in the order of their names: it must be the same each time."""
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [item for item in opened.infolist() if not item.is_dir() and _holds_mail(item.filename)]
            if len(members) > MOST_ENTRIES:
                raise BadArchive("huge")
            left = MOST_UNPACKED
            for member in sorted(members, key=lambda item: item.filename):
                with opened.open(member) as file:
                    bounded = _Bounded(file, left)
                    yield from _in_member(bounded, member.filename, most)
                    left = bounded.left
    except _BROKEN as error:
        raise BadArchive("damaged") from error


def _in_member(file: "_Bounded", name: str, most: int) -> Iterator[tuple[str, bytes]]:
    if PurePosixPath(name).suffix.lower() == ".mbox":
        yield from _numbered(name, split_mbox(file, most))
    else:
        yield name, file.read(most + 1)


def _holds_mail(name: str) -> bool:
    """Tell whether a member is mail: an .eml, an .mbox, or anything in the two places of a Maildir."""
    path = PurePosixPath(name)
    return path.suffix.lower() in {".eml", ".mbox"} or path.parent.name in {"cur", "new"}


class _Bounded:
    """A member of a zip whose unpacked bytes are counted, whatever its directory says of them."""

    _LONGEST_LINE = 1024 * 1024

    def __init__(self, file: object, left: int) -> None:
        self._file = file
        self.left = left

    def read(self, size: int) -> bytes:
        """Return up to so many bytes."""
        return self._spend(self._file.read(size))  # type: ignore[attr-defined]

    def __iter__(self) -> Iterator[bytes]:
        """Yield lines; a longer one comes in pieces."""
        while line := self._spend(self._file.readline(self._LONGEST_LINE)):  # type: ignore[attr-defined]
            yield line

    def _spend(self, data: bytes) -> bytes:
        self.left -= len(data)
        if self.left < 0:
            raise BadArchive("huge")
        return data
