"""What a server's answers say: numbers, sizes, messages. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

_LARGEST: Final = 2**63 - 1  # what our rows hold; the protocol's own numbers end at 2**32
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)", re.IGNORECASE)
_UID: Final = re.compile(rb"\bUID (\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the server tells of a message before its body."""

    uid: int
    size: int
    internaldate: datetime | None


def uid_and_size(text: bytes) -> tuple[int, int] | None:
    """Return UID and size of a message that one answer to FETCH tells of; nothing when one is missing."""
    uid, size = _UID.search(text), _SIZE.search(text)
    return (int(uid[1]), int(size[1])) if uid and size else None


def contents(answer: Sequence[Any]) -> dict[int, bytes]:
    """Return the literals of an answer to FETCH by the UID that stands before or behind each."""
    found: dict[int, bytes] = {}
    for place, item in enumerate(answer):
        if not isinstance(item, tuple):
            continue
        tail = answer[place + 1] if place + 1 < len(answer) and isinstance(answer[place + 1], bytes) else b""
        uid = _UID.search(item[0]) or _UID.search(tail)
        if uid:
            found[int(uid.group(1))] = bytes(item[1])
    return found


def number(word: bytes) -> int:
    """Return a number of the protocol; raises ``ValueError``."""
    value = int(word)
    if not 0 <= value <= _LARGEST:
        raise ValueError("a number out of range")
    return value
