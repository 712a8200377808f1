"""How the change log calls what was changed: rooms give a label for each field of their events, and words for values.

A room registers its words in a module ``change_words.py``; the page of the log asks here and knows no room.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from otklik.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Words:
    """The label of a field, and how one of its values is read; None for what reads as it stands."""

    label: Any
    value: Callable[[Any], str] | None = None


Resolve = Callable[[str, Mapping[str, Any]], Words | None]
"""Answers the words of a field of an event with these data."""
_resolvers: Registry[Resolve] = Registry("words of changes")


def register_change_words(start: str, words: Mapping[str, Words] | Resolve) -> None:
    """Add the words for events whose kind begins with ``start``, such as ``role.``; the longest that fits counts."""
    _resolvers.register(start, words if callable(words) else lambda field, _data: words.get(field))


def words_of(kind: str, field: str, data: Mapping[str, Any]) -> Words | None:
    """Return the words of a field, None when no room has any."""
    starts = [start for start, _resolve in _resolvers.items() if kind.startswith(start)]
    for start in sorted(starts, key=len, reverse=True):
        found = _resolvers[start](field, data)
        if found is not None:
            return found
    return None


def choice(labels: Mapping[str, Any]) -> Callable[[Any], str]:
    """Return what words a value by a table of choices."""
    return lambda value: "" if value is None else str(labels.get(str(value), value))


def each(labels: Mapping[str, Any]) -> Callable[[Any], str]:
    """Return what words a list of keys by a table, one after the other."""
    return lambda values: ", ".join(str(labels.get(str(value), value)) for value in values or ())
