"""The piece of a text that shows why it was found, with the found words marked. Pure; escaping is the page's matter."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from otklik.search.match import Match, marked_forms
from otklik.search.words import folded, stem

WIDTH: Final = 200
_LEAD: Final = 16
_LOOKED_AT: Final = 20_000
_MOST_MARKS: Final = 200

type Pieces = list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    what: str


class Marker:
    """Marks what a match found; made once for a page."""

    def __init__(self, match: Match) -> None:
        self.exact, self.prefixes, self.literal = marked_forms(match.terms)
        # a stem is the beginning of its words but for its last letter (happy, happi)
        starts = {re.escape(word[:-1] if len(word) > 3 else word) for word in self.exact}
        starts |= {re.escape(word) for word in (*self.prefixes, *self.literal)}
        either = "|".join(sorted(starts, key=len, reverse=True))
        self.words = re.compile(rf"(?<![^\W_])(?:{either})[^\W_]*") if starts else None

    def _marks(self, text: str) -> list[_Mark]:
        if self.words is None:
            return []
        lower = text.lower().replace("ё", "е")
        if len(lower) != len(text):
            return []
        marks: list[_Mark] = []
        for found in self.words.finditer(lower):
            word = folded(found.group())
            if word in self.literal:
                marks.append(_Mark(found.start(), found.end(), word))
            elif (root := stem(word)) in self.exact or word in self.exact:
                marks.append(_Mark(found.start(), found.end(), root))
            elif self.prefixes and (word.startswith(self.prefixes) or root.startswith(self.prefixes)):
                marks.append(_Mark(found.start(), found.end(), word))
            if len(marks) >= _MOST_MARKS:
                break
        return marks

    def whole(self, text: str) -> Pieces:
        """Return a short text, such as a subject, in pieces: each with whether it was found."""
        return _cut(text, self._marks(text), 0, len(text))

    def snippet(self, text: str, width: int = WIDTH) -> Pieces:
        """Return the part of a text that holds most of what was found, on one line; [] when it holds nothing."""
        line = " ".join(text[:_LOOKED_AT].split())
        marks = self._marks(line)
        if not marks:
            return []
        start, end = _window(line, marks, width)
        pieces = _cut(line, marks, start, end)
        if start > 0:
            pieces.insert(0, ("…", False))
        if end < len(line):
            pieces.append(("…", False))
        return pieces


def _window(line: str, marks: Sequence[_Mark], width: int) -> tuple[int, int]:
    """Return where the piece with most different marks begins and ends: the first mark is seen in a narrow row too."""
    best, most = 0, 0
    for place, mark in enumerate(marks):
        inside = {other.what for other in marks[place:] if other.end <= mark.start + width}
        if len(inside) > most:
            best, most = mark.start, len(inside)
    start = 0
    if best > _LEAD * 2:
        start = line.rfind(" ", 0, best - _LEAD) + 1
    end = len(line)
    if len(line) - start > width:
        end = line.rfind(" ", start, start + width)
        end = start + width if end <= best else end
    return start, end


def _cut(text: str, marks: Sequence[_Mark], start: int, end: int) -> Pieces:
    pieces: Pieces = []
    place = start
    for mark in marks:
        if mark.start < place or mark.end > end:
            continue
        if mark.start > place:
            pieces.append((text[place : mark.start], False))
        pieces.append((text[mark.start : mark.end], True))
        place = mark.end
    if place < end:
        pieces.append((text[place:end], False))
    return pieces
