"""What rooms give to search: drafts of documents, and how to read them. The registry of sources."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from otklik.core.registry import Registry
from otklik.search.match import Scope, scope_label
from otklik.search.words import distinct, phone_words, stems

WHOLE: Final = "whole"
PART: Final = "part"
ALL: Final = "all"
MOST_WORDS: Final = 8_000
"""Words of a text that are kept; PostgreSQL knows no places beyond sixteen thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document before it is read into words.

    ``holder_id`` is what is found (the ticket), ``kind`` and ``source_id`` say which part of it this is (a message).
    ``at`` orders the found ones. ``about`` names what the part belongs to (the subject, the person), so that words of
    both find it together. ``phones`` are numbers by themselves; those inside the text are seen anyway.
    """

    kind: str
    source_id: int
    holder_id: int
    at: datetime
    scope: Scope
    about: tuple[str, ...] = ()
    text: str = ""
    names: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compiled:
    """A draft as words: three columns in which phrases stay apart, how long it is, and a digest of it all."""

    draft: Draft
    about: tuple[str, ...]
    text: tuple[str, ...]
    more: tuple[str, ...]
    digest: int

    @property
    def length(self) -> int:
        """How many words the document has besides labels."""
        return len(self.about) + len(self.text)


def compile_draft(draft: Draft) -> Compiled:
    """Read a draft into words. Pure and the costly part: done outside transactions."""
    about = _about(draft.about)
    text = stems(draft.text)[:MOST_WORDS]
    for name in draft.names:
        text += stems(name)
    phones = [word for number in (*draft.phones, draft.text) for word in phone_words(number)]
    more = distinct([*phones, *draft.labels, scope_label(draft.scope)])
    mark = f"{draft.holder_id}\n{draft.at.isoformat()}\n{' '.join(about)}\n{' '.join(text)}\n{' '.join(more)}"
    digest = int.from_bytes(blake2b(mark.encode(), digest_size=8).digest(), "big", signed=True)
    return Compiled(draft, about, tuple(text), tuple(more), digest)


@lru_cache(maxsize=1_000)
def _about(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Read what all documents of a holder share, once for them all."""
    return tuple(stems("\n".join(texts))[:500])


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be read anew: ``topic`` is "whole" (a holder), "part" (a source id) or a topic of the room."""

    topic: str
    key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How a room's documents are read.

    ``whole(holder_ids)`` gives all documents of these holders, ``parts(source_ids)`` those of single parts, ``these``
    the named ones by kind and source;
    ``members(topic, key, after, limit)`` gives the next holders that belong to a topic, by ascending id: topic "all" is
    every holder of the room.
    """

    whole: Callable[[Sequence[int]], Iterable[Draft]]
    parts: Callable[[Sequence[int]], Iterable[Draft]]
    these: Callable[[Sequence[tuple[str, int]]], Iterable[Draft]]
    members: Callable[[str, int, int, int], list[int]]


sources: Registry[Source] = Registry("search sources")
