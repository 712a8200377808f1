"""The search line as it is typed: words, "phrases", key:value, perhaps with a minus. Pure; keys mean nothing here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

MOST_PARTS: Final = 40

_KEY: Final = re.compile(r"([^\W\d_]{2,20}):(?!//)")
_VALUE: Final = re.compile(r'"([^"]*)"?|([^\s,"]+)')
_QUOTES: Final = str.maketrans("«»“”„‟", '""""""')

Kind = Literal["word", "phrase", "key"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the line: a word, a phrase, or a key with its values (one of them is enough)."""

    kind: Kind
    shown: str
    negative: bool = False
    key: str = ""
    values: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line in parts. ``unfinished``: its last part is a word without a blank behind it, so it may still grow."""

    parts: tuple[Part, ...]
    unfinished: bool = False

    @property
    def free(self) -> tuple[Part, ...]:
        """The words and phrases."""
        return tuple(part for part in self.parts if part.kind != "key")

    @property
    def keys(self) -> tuple[Part, ...]:
        """The parts with a key."""
        return tuple(part for part in self.parts if part.kind == "key")


def read_line(text: str) -> Line:
    """Cut a line into its parts, at most ``MOST_PARTS``. Whatever is typed is a line; nothing is refused here."""
    line = text.translate(_QUOTES)
    parts = []
    for part in _parts(line):
        parts.append(part)
        if len(parts) == MOST_PARTS:
            break
    last = bool(parts) and parts[-1].kind == "word" and not line[-1:].isspace()
    return Line(tuple(parts), unfinished=last)


def _parts(line: str) -> Iterator[Part]:
    place = 0
    while place < len(line):
        if line[place].isspace():
            place += 1
            continue
        start = place
        negative = line[place] == "-" and place + 1 < len(line) and not line[place + 1].isspace()
        place += negative
        if line[place] == '"':
            end = line.find('"', place + 1)
            end = len(line) if end < 0 else end
            inside = line[place + 1 : end].strip()
            place = end + 1
            if inside:
                yield Part("phrase", line[start:place], negative, text=inside)
            continue
        named = _KEY.match(line, place)
        if named:
            values, after = _values(line, named.end())
            if values or after == len(line) or line[after].isspace():
                place = after
                yield Part("key", line[start:place].strip(), negative, named[1].casefold(), values)
                continue
        word = re.match(r"\S+", line[place:])
        assert word is not None
        place += word.end()
        yield Part("word", line[start:place], negative, text=word[0])


def _values(line: str, place: int) -> tuple[tuple[str, ...], int]:
    """Read values with commas between them; return them and the place behind."""
    values: list[str] = []
    while found := _VALUE.match(line, place):
        value = found[1] if found[1] is not None else found[2]
        if value.strip():
            values.append(value.strip())
        place = found.end()
        if line[place : place + 1] != ",":
            break
        place += 1
    return tuple(values), place


def written(parts: tuple[Part, ...]) -> str:
    """Write parts as a line again."""
    return " ".join(part.shown for part in parts)
