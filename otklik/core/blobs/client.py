"""Speaks to the object store. Its library is loaded by the first call, so a desk without a store never pays for it.

Everything that keeps us from an answer (no connection, refusal, garbage, half an answer) is one error, ``StoreAway``,
with a reason out of a few; only "there is no such file" is another. No address, key or answer of the server gets into
texts that people see.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from otklik.core.object_store import ObjectStore

if TYPE_CHECKING:
    from obstore.store import S3Store

PATIENCE = timedelta(seconds=10)
"""How long the server may be silent within one answer."""
LONGEST = timedelta(minutes=5)
REST = 5.0
"""Seconds for which readers are told at once that the store is away, after one has waited for it in vain."""
MULTIPART_FROM = 32 * 1024 * 1024
_PART = 8 * 1024 * 1024
_PIECE = 1024 * 1024
_OWNER = "owner"

_lock = threading.Lock()
_made: "tuple[ObjectStore, timedelta, S3Store] | None" = None
_away_until = 0.0


class StoreAway(Exception):
    """The store cannot be used now. ``reason``: unreachable, refused, no-bucket, half, wrong-answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _store() -> "S3Store":
    global _made
    place: ObjectStore | None = settings.BLOB_STORE
    if place is None:  # nobody asks without one
        raise StoreAway("unreachable")
    with _lock:
        if _made is None or _made[:2] != (place, PATIENCE):
            from obstore.store import S3Store

            options: dict[str, Any] = {
                "allow_http": place.endpoint.startswith("http:"),
                "connect_timeout": PATIENCE / 2,
                "read_timeout": PATIENCE,
                "timeout": LONGEST,
            }
            if place.ca_file:
                options["root_certificate"] = Path(place.ca_file).read_bytes()
            made = S3Store(
                place.bucket,
                prefix=place.prefix or None,
                endpoint=place.endpoint,
                region=place.region,
                access_key_id=place.key,
                secret_access_key=place.secret,
                virtual_hosted_style_request=place.virtual_hosts,
                client_options=options,  # type: ignore[arg-type]
                retry_config={"max_retries": 1, "retry_timeout": PATIENCE * 2},
            )
            _made = (place, PATIENCE, made)
        return _made[2]


def _error(error: Exception) -> Exception:
    """Translate what the library raises."""
    from obstore import exceptions

    text = str(error)
    if isinstance(error, exceptions.NotFoundError | FileNotFoundError):
        return StoreAway("no-bucket") if "NoSuchBucket" in text else FileNotFoundError()
    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError | PermissionError):
        return StoreAway("refused")
    if isinstance(error, exceptions.BaseError | OSError | ValueError):
        unreachable = any(word in text for word in ("error sending request", "timed out", "connect"))
        return StoreAway("unreachable" if unreachable else "wrong-answer")
    return error


def fetch(path: str) -> Iterator[bytes]:
    """Yield the bytes of a file. Raises ``FileNotFoundError`` and ``StoreAway``; at once while the store rests."""
    global _away_until
    if time.monotonic() < _away_until:
        raise StoreAway("unreachable")
    try:
        for piece in _store().get(path).stream(min_chunk_size=_PIECE):
            yield memoryview(piece).tobytes()
    except Exception as error:
        told = _error(error)
        if isinstance(told, StoreAway):
            _away_until = time.monotonic() + REST
        raise told from None


def send(path: str, file: Path) -> None:
    """Put a file into the store; large ones in parts. Raises ``StoreAway``."""
    size = file.stat().st_size
    try:
        if size > MULTIPART_FROM:
            _store().put(path, file, use_multipart=True, chunk_size=_PART, max_concurrency=2)
        else:
            _store().put(path, file.read_bytes(), use_multipart=False)
    except Exception as error:
        told = _error(error)
        raise (StoreAway("no-bucket") if isinstance(told, FileNotFoundError) else told) from None


def delete(paths: Sequence[str]) -> None:
    """Remove files from the store; those that are not there do no harm. Raises ``StoreAway``."""
    if not paths:
        return
    try:
        _store().delete(list(paths))
    except Exception as error:
        told = _error(error)
        raise (StoreAway("no-bucket") if isinstance(told, FileNotFoundError) else told) from None


def listing() -> Iterator[list[tuple[str, int, datetime]]]:
    """Yield what lies in the store as path, size and time of the last change, in slices. Raises ``StoreAway``."""
    try:
        for found in _store().list(chunk_size=1000):
            yield [(str(item["path"]), int(item["size"]), item["last_modified"]) for item in found]
    except Exception as error:
        told = _error(error)
        raise (StoreAway("no-bucket") if isinstance(told, FileNotFoundError) else told) from None


def owner() -> str:
    """Return which desk has the store for its own; empty when none has. Raises ``StoreAway``."""
    try:
        return bytes(_store().get(_OWNER).bytes()).decode("ascii", "replace").strip()[:80]
    except Exception as error:
        told = _error(error)
        if isinstance(told, FileNotFoundError):
            return ""
        raise told from None


def set_owner(name: str) -> None:
    """Write down which desk has the store for its own. Raises ``StoreAway``."""
    try:
        _store().put(_OWNER, name.encode("ascii"), use_multipart=False)
    except Exception as error:
        told = _error(error)
        raise (StoreAway("no-bucket") if isinstance(told, FileNotFoundError) else told) from None


def forget() -> None:
    """Start anew: no client is kept, no store rests (tests; a process that was given other settings)."""
    global _made, _away_until
    with _lock:
        _made, _away_until = None, 0.0
