"""What the mover of this machine knows of the object store: a file beside the files, for pages and checks."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from otklik.core.blobs.files import WAITING, folder, make_folders
from otklik.core.clock import now

_NOTE = "store.json"
State = Literal["ok", "away", "other"]


@dataclass(frozen=True, slots=True)
class Note:
    """What the mover of this machine last found: kept in a file beside the files, for pages and checks."""

    state: State
    reason: str = ""
    at: str = ""
    since: str = ""
    objects: int = -1
    bytes: int = 0

    @property
    def age(self) -> timedelta:
        """How long ago this was so."""
        try:
            return now() - datetime.fromisoformat(self.at)
        except ValueError:
            return timedelta.max


@dataclass(frozen=True, slots=True)
class Waiting:
    """Files that wait on this machine for the store."""

    files: int
    bytes: int
    oldest: datetime | None


def waiting() -> Waiting:
    """Count the files that wait on this machine."""
    files = size = 0
    oldest = 0.0
    for entry in entries(folder() / WAITING):
        with suppress(OSError):
            facts = entry.stat()
            files, size = files + 1, size + facts.st_size
            oldest = min(oldest or facts.st_mtime, facts.st_mtime)
    return Waiting(files, size, datetime.fromtimestamp(oldest, UTC) if oldest else None)


def read_note() -> Note | None:
    """Return what the mover of this machine last found."""
    try:
        return Note(**json.loads((folder() / _NOTE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def write_note(note: Note) -> None:
    """Keep what was found; a note that cannot be written spoils nothing."""
    known, at = read_note(), now().isoformat(timespec="seconds")
    facts = asdict(note) | {"at": at, "since": known.since if known and known.state == note.state else at}
    if known is not None and note.objects < 0:
        facts |= {"objects": known.objects, "bytes": known.bytes}
    place = folder() / _NOTE
    fresh = place.with_suffix(f".{os.getpid()}.new")
    with suppress(OSError):
        make_folders(folder())
        fresh.write_text(json.dumps(facts), encoding="ascii")
        fresh.replace(place)


def entries(place: Path) -> list["os.DirEntry[str]"]:
    """Return the files of a folder by name; none when there is no folder."""
    try:
        with os.scandir(place) as found:
            return sorted((entry for entry in found if entry.is_file()), key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
