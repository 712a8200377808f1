"""What the rooms hold about a person: the registry that export and erasure of personal data go through.

A room that keeps names, addresses or words of people registers a ``Holder`` in its ``dossier.py``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from otklik.core.blobs import Blob
from otklik.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom it is about: the contact and all that were merged into it, with what they are known by."""

    ids: tuple[int, ...]
    addresses: tuple[str, ...] = ()  # in normal form
    phones: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    stand_in: str = ""  # what stands where the name stood

    def clean(self, text: str) -> str:
        """Return a text of somebody else without the person's names, addresses and phones."""
        for mark in sorted({*self.addresses, *self.phones, *self.names}, key=len, reverse=True):
            text = _without(text, mark, self.stand_in)
        return text


def _without(text: str, mark: str, stand_in: str) -> str:
    """Return ``text`` without ``mark``, whatever the case of its letters."""
    wanted, low = mark.casefold(), text.casefold()
    if len(mark) < 3 or wanted not in low:
        return text
    if len(low) != len(text) or len(wanted) != len(mark):  # a letter that grows when folded: only as it is written
        return text.replace(mark, stand_in)
    parts, start = [], 0
    while (at := low.find(wanted, start)) >= 0:
        parts += [text[start:at], stand_in]
        start = at + len(mark)
    return "".join([*parts, text[start:]])


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the export: under which heading, its facts, and the files that belong to it."""

    section: str
    facts: dict[str, Any]
    files: list[tuple[str, Blob]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Slice:
    """What one step of an erasure did: the last number it has done (None at the end) and the blobs it let go."""

    after: int | None
    blobs: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Holder:
    """How a room tells what it has of a person (``collect``), and how it blanks that.

    ``erase(subject, after, limit)`` does the next ``limit`` things after a number, in the caller's transaction. It
    may be called again for what it has done already. Rooms erase in ascending ``order``; 100 is that of tickets, by
    which others find what is theirs.
    """

    collect: Callable[[Subject], Iterator[Piece]]
    erase: Callable[[Subject, int, int], Slice]
    order: int = 50


holders: Registry[Holder] = Registry("holders of personal data")


def in_order() -> list[tuple[str, Holder]]:
    """Return the holders with their keys in the order of erasing."""
    return sorted(holders.items(), key=lambda item: (item[1].order, item[0]))
