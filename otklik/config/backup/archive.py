"""The form of a backup: a gzipped tar that begins with what it is and ends with the hash of everything before.

Names in it come from a short list, so that reading one never writes outside the folder it is read into. Whatever is
missing, doubled, cut or changed makes the whole archive refused: a backup is good or it is none.
"""

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

FORMAT = 1
HEADER, MANIFEST = "otklik.json", "manifest.json"
SQLITE, TABLES, KEY, DEMO = "database.sqlite3", "tables.json", "secret.key", "demo"
BLOB_NAME = re.compile(r"blobs/([0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32})")
_NAME = re.compile(rf"{SQLITE}|{TABLES}|{KEY}|{DEMO}|tables/[a-z0-9_]{{1,63}}|{BLOB_NAME.pattern}")
_PIECE = 256 * 1024
_LARGEST_TEXT = 64 * 1024 * 1024
Beat = Callable[[], None]


class BackupError(Exception):
    """A backup cannot be made or used; the text says why and what to do."""


class Damaged(BackupError):
    """The archive is not whole, or is no backup of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What an archive says of itself before anything else is read."""

    version: str
    created_at: str
    database: str
    migrations: list[list[str]]
    files: bool
    format: int = FORMAT
    product: str = "otklik"

    @classmethod
    def read(cls, text: bytes) -> Self:
        """Read a header. Raises ``Damaged`` for anything else, ``BackupError`` for a later format."""
        try:
            values = json.loads(text)
            if values["product"] != "otklik":
                raise Damaged("This is not a backup of Otklik.")
            if values["format"] > FORMAT:
                raise BackupError(f"This backup was made by a newer version ({values['version']}): install that one.")
            return cls(**values)
        except (ValueError, KeyError, TypeError) as error:
            raise Damaged("This is not a backup of Otklik.") from error


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the archive."""

    sha256: str
    size: int


class _Hashing:
    """A file that is hashed while tarfile reads it."""

    def __init__(self, file: BinaryIO, beat: Beat) -> None:
        self._file, self._beat = file, beat
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.digest.update(piece)
        self._beat()
        return piece


class Writer:
    """Writes one archive; ``finish`` adds the manifest, without which nobody will read it."""

    def __init__(self, file: BinaryIO, header: Header, beat: Beat) -> None:
        self._gzip = gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=1, mtime=0)
        self._tar = tarfile.open(fileobj=self._gzip, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - see finish
        self._beat = beat
        self.entries: dict[str, Entry] = {}
        self.missing: list[str] = []
        self._put(HEADER, json.dumps(asdict(header)).encode())

    def add_bytes(self, name: str, data: bytes) -> None:
        """Add a small thing."""
        self._put(name, data)
        self.entries[name] = Entry(hashlib.sha256(data).hexdigest(), len(data))

    def add_file(self, name: str, file: BinaryIO, size: int) -> Entry:
        """Add what an open file holds from where it stands to its end."""
        info = _info(name, size)
        reader = _Hashing(file, self._beat)
        self._tar.addfile(info, reader)
        self._tar.members.clear()  # type: ignore[attr-defined] # it would remember every file of the desk
        self.entries[name] = Entry(reader.digest.hexdigest(), size)
        return self.entries[name]

    def finish(self) -> None:
        """Write the manifest and the end of the archive."""
        manifest = {"entries": {name: asdict(entry) for name, entry in self.entries.items()}, "missing": self.missing}
        self._put(MANIFEST, json.dumps(manifest).encode())
        self._tar.close()
        self._gzip.close()

    def _put(self, name: str, data: bytes) -> None:
        self._tar.addfile(_info(name, len(data)), io.BytesIO(data))


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A verified archive: its header, and the names that were written below the staging folder."""

    header: Header
    names: list[str]
    missing: list[str]


@contextmanager
def _told_as_damage() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Damaged(f"The archive is damaged or cut: {error}. Use another one.") from error


def peek(path: Path) -> Header:
    """Read the header alone. Raises ``Damaged`` or ``BackupError``."""
    with _opened(path) as (_gzip, tar):
        return _header(tar)


def unpack(path: Path, into: Path, accept: Callable[[Header], None]) -> Unpacked:
    """Write everything below ``into`` (an empty folder) and compare every hash; nothing outside is touched.

    ``accept`` may raise to refuse the archive before the long part. Raises ``Damaged``.
    """
    found: dict[str, Entry] = {}
    with _opened(path) as (packed, tar):
        header = _header(tar)
        accept(header)
        manifest: dict[str, Any] | None = None
        while (member := tar.next()) is not None:
            tar.members.clear()  # type: ignore[attr-defined] # tarfile remembers every name it has seen
            if manifest is not None:
                raise Damaged("The archive goes on behind its end. Use another one.")
            if member.name == MANIFEST:
                manifest = _read_manifest(tar, member)
                continue
            if not member.isreg() or not _NAME.fullmatch(member.name) or member.name in found:
                raise Damaged("The archive holds something that a backup does not hold; nothing of it was used.")
            found[member.name] = _extract(tar, member, into / member.name)
        while packed.read(_PIECE):  # to the end: only there is the check sum compared
            pass
    if manifest is None:
        raise Damaged("The archive is cut: its list of contents is missing. Use another one.")
    told = {name: Entry(**entry) for name, entry in manifest["entries"].items()}
    if told != found:
        wrong = sorted(name for name in told.keys() | found.keys() if told.get(name) != found.get(name))
        raise Damaged(f"The archive is damaged: {wrong[0]} is not what was put in ({len(wrong)} in all).")
    return Unpacked(header, list(found), list(manifest["missing"]))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[gzip.GzipFile, tarfile.TarFile]]:
    try:
        with (
            path.open("rb") as file,
            _told_as_damage(),
            gzip.GzipFile(fileobj=file, mode="rb") as packed,
            tarfile.open(fileobj=packed, mode="r|") as tar,
        ):
            yield packed, tar
    except OSError as error:
        if error.filename is None and not isinstance(error, gzip.BadGzipFile):
            raise
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error


def _header(tar: tarfile.TarFile) -> Header:
    first = tar.next()
    if first is None or first.name != HEADER or not first.isreg():
        raise Damaged("This is not a backup of Otklik.")
    return Header.read(_text(tar, first))


def _text(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    if file is None or member.size > _LARGEST_TEXT * 16:
        raise Damaged("The archive is damaged. Use another one.")
    return file.read()


def _read_manifest(tar: tarfile.TarFile, member: tarfile.TarInfo) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(_text(tar, member))
        if manifest.keys() != {"entries", "missing"}:
            raise ValueError
        return manifest
    except ValueError as error:
        raise Damaged("The list of contents is damaged. Use another archive.") from error


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> Entry:
    source = tar.extractfile(member)
    if source is None:
        raise Damaged("The archive is damaged. Use another one.")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with open(target, "xb", opener=_private) as file:
        while piece := source.read(_PIECE):
            file.write(piece)
            digest.update(piece)
            size += len(piece)
        file.flush()
        os.fsync(file.fileno())
    return Entry(digest.hexdigest(), size)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def sync_folder(path: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
