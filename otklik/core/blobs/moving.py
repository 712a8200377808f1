"""Files on their way to the object store and back.

A file leaves this machine only after the store gave back the very bytes that the row names. What is in which place is
told by the places themselves, not by rows: a process that dies at any step leaves the file in one place or in both, and
the next round goes on from there.

A store belongs to one desk. A copy of a desk (a restored backup that somebody looks at) reads from it and neither adds
nor removes anything, until it is told that the store is its own.
"""

import fcntl
import hashlib
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched
from pathlib import Path

from django.conf import settings

from otklik.core.blobs import client
from otklik.core.blobs.files import WAITING, blob_path, folder, make_folders, path_of, waiting_path, write_whole
from otklik.core.blobs.keeping import KEEP_UNUSED
from otklik.core.blobs.models import Blob
from otklik.core.blobs.notes import Note, State, entries, read_note, write_note
from otklik.core.clock import now
from otklik.core.engine.bell import wait_for_wake
from otklik.core.leases import Hold
from otklik.core.settings_store.models import SettingValue
from otklik.core.text import short_token

logger = logging.getLogger(__name__)

OWNER_KEY = "files.owner"
"""The row that names this desk to its store; a restored database loses it, see ``otklik.config.backup``."""
_TOKEN = re.compile(r"[0-9a-f]{32}")
_PATH = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}")
_SLICE = 200
_LOOK_EVERY = 2.0
_LONGEST_REST = 60.0


@dataclass(slots=True)
class Moved:
    """What one round did: files and bytes moved; ``damaged`` are no longer what their rows name and stay."""

    files: int = 0
    bytes: int = 0
    damaged: int = 0


class OtherDesk(Exception):
    """The store belongs to another desk; this one only reads there."""


def desk_id() -> str:
    """Return the name of this desk in its store, made at the first call."""
    row, _made = SettingValue.objects.get_or_create(
        key=OWNER_KEY, defaults={"value": short_token(), "changed_at": now()}
    )
    return str(row.value)


def claim(*, take_over: bool = False) -> None:
    """Make sure that the store is ours; a store of nobody becomes ours. Raises ``OtherDesk`` and ``StoreAway``."""
    mine, owner = desk_id(), client.owner()
    if owner == mine:
        return
    if owner and not take_over:
        raise OtherDesk
    client.set_owner(mine)
    if client.owner() != mine:
        raise OtherDesk


def move_waiting() -> Moved:
    """Bring the waiting files of this machine to the store; nothing while another process does.

    Raises ``StoreAway`` and ``OtherDesk``; what was moved until then is moved.
    """
    moved = Moved()
    with _alone() as alone:
        if alone:
            tokens = [entry.name for entry in entries(folder() / WAITING) if _TOKEN.fullmatch(entry.name)]
            if tokens:
                claim()
            _move_all([(path_of(token), waiting_path(path_of(token))) for token in tokens], moved)
    return moved


def move_to_store() -> Iterator[Moved]:
    """Bring every file of this machine to the store; yields what is done so far, now and then.

    May be cut off and repeated. Raises ``StoreAway`` and ``OtherDesk``.
    """
    moved = Moved()
    claim()
    places = [(path_of(file.name), file) for file in _files_here() if _TOKEN.fullmatch(file.name)]
    for group in batched(places, _SLICE):
        _move_all(group, moved)
        yield moved


def _move_all(places: Sequence[tuple[str, Path]], moved: Moved) -> None:
    for group in batched(places, _SLICE):
        rows = {row.path: row for row in Blob.objects.filter(path__in=[path for path, _place in group])}
        for path, place in group:
            if path in rows:  # else nobody has committed it (yet), and the sweep knows when to remove it
                _move(rows[path], place, moved)


def _move(row: Blob, place: Path, moved: Moved) -> None:
    try:
        client.send(row.path, place)
    except FileNotFoundError:  # the sweep was here
        return
    if _digest(client.fetch(row.path)) == (row.sha256, row.size):
        place.unlink(missing_ok=True)
        moved.files += 1
        moved.bytes += row.size
        return
    with place.open("rb") as file:
        whole = hashlib.file_digest(file, "sha256").hexdigest() == row.sha256
    if whole:
        raise client.StoreAway("wrong-answer")
    moved.damaged += 1
    logger.error("The file of blob %d is damaged on this machine; it stays where it is.", row.pk)


def move_here() -> Iterator[Moved]:
    """Bring every file of this desk back from the store; yields what is done so far, now and then.

    May be cut off and repeated. Files go from the store only when it is ours. Raises ``StoreAway``.
    """
    moved = Moved()
    with suppress(OtherDesk):
        claim()
    mine = client.owner() == desk_id()
    make_folders(folder() / "tmp")
    for listed in client.listing():
        paths = [path for path, _size, _at in listed if _PATH.fullmatch(path)]
        for row in Blob.objects.filter(path__in=paths).order_by("pk"):
            _bring(row, moved, remove=mine)
        yield moved


def _bring(row: Blob, moved: Moved, *, remove: bool) -> None:
    target = blob_path(row.path)
    if not target.is_file():
        (folder() / "tmp" / target.name).unlink(missing_ok=True)  # of a round that was cut off
        if write_whole(target, client.fetch(row.path)) != (row.sha256, row.size):
            target.unlink()
            moved.damaged += 1
            return
    waiting_path(row.path).unlink(missing_ok=True)
    with target.open("rb") as file:
        whole = hashlib.file_digest(file, "sha256").hexdigest() == row.sha256
    if whole and remove:
        client.delete([row.path])
    moved.files += 1
    moved.bytes += row.size


def _digest(pieces: Iterator[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    try:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
    except FileNotFoundError:
        return "", 0
    return digest.hexdigest(), size


def forget_in_store(paths: Sequence[str]) -> None:
    """Remove files that no row names; what cannot be removed now is found by the sweep of the next days."""
    if not paths or not settings.BLOB_STORE:
        return
    try:
        if client.owner() == desk_id():
            client.delete(paths)
    except client.StoreAway as error:
        logger.warning("%d files stay in the object store for now (%s).", len(paths), error.reason)


def sweep_store(held: Hold) -> int:
    """Remove from the store what is older than a day and belongs to no row; count the rest for the system page."""
    if not settings.BLOB_STORE:
        return 0
    gone = kept = size = 0
    try:
        claim()
        for listed in client.listing():
            if not held.renew():
                return gone
            ours = [item for item in listed if _PATH.fullmatch(item[0])]
            known = set(Blob.objects.filter(path__in=[item[0] for item in ours]).values_list("path", flat=True))
            old = [path for path, _size, at in ours if path not in known and at < now() - KEEP_UNUSED]
            client.delete(old)
            gone += len(old)
            kept += len(known)
            size += sum(item[1] for item in ours if item[0] in known)
    except (client.StoreAway, OtherDesk) as error:
        logger.warning("The object store was not swept (%s).", getattr(error, "reason", "other desk"))
        return gone
    write_note(Note("ok", objects=kept, bytes=size))
    if gone:
        logger.info("Removed %d files from the object store that belonged to nothing.", gone)
    return gone


def present(beat: Callable[[], None] = lambda: None) -> dict[str, int]:
    """Return what lies in the store: paths with their sizes. Raises ``StoreAway``."""
    found: dict[str, int] = {}
    if settings.BLOB_STORE:
        for listed in client.listing():
            found.update((path, size) for path, size, _at in listed if _PATH.fullmatch(path))
            beat()
    return found


def run_mover(stop: threading.Event) -> None:
    """Bring files to the store as they come, until ``stop``; rests longer and longer while the store is away."""
    rest = _LOOK_EVERY
    while not stop.is_set():
        state, _reason = look()
        rest = _LOOK_EVERY if state == "ok" else min(rest * 2, _LONGEST_REST)
        wait_for_wake("files" if state == "ok" else "files.rest", rest)


def look() -> tuple[State, str]:
    """Do one round of the mover and note how it went."""
    state, reason = _round()
    known = read_note()
    if known is None or known.state != state or known.reason != reason or known.age > timedelta(minutes=1):
        write_note(Note(state, reason))
    return state, reason


def _round() -> tuple[State, str]:
    try:
        moved = move_waiting()
        known = read_note()
        if not moved.files and (known is None or known.state != "ok" or known.age > timedelta(minutes=1)):
            claim()  # nothing to do: ask how the store is
    except client.StoreAway as error:
        return "away", error.reason
    except OtherDesk:
        return "other", ""
    return ("ok", "damaged") if moved.damaged else ("ok", "")


def _files_here() -> Iterator[Path]:
    for place in (folder() / WAITING, *sorted(folder().glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]"))):
        if place.is_dir():
            yield from sorted(file for file in place.iterdir() if file.is_file())


@contextmanager
def _alone() -> Iterator[bool]:
    """Let one process of this machine move files; the lock ends with the process."""
    make_folders(folder())
    handle = os.open(folder() / "mover.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)
