"""Lines of a mail body with their offsets, bounded, so that every later rule is linear."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MAX_CHARS: Final = 400_000
"""Text beyond this is kept and shown, but no longer looked at."""
MAX_LINES: Final = 6_000
MAX_MARKER_LINE: Final = 400
"""No client writes a longer marker line; longer lines are text."""

_QUOTE_PREFIX: Final = re.compile(r"[ \t]{0,3}(?:>[ \t\xa0]?|[A-ZА-ЯЁ]{1,3}>(?=[ >]))")
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `start`..`end` in the whole text (line break included), its stripped text and its depth of `>`."""

    start: int
    end: int
    text: str
    depth: int

    @property
    def blank(self) -> bool:
        """Nothing to read on it, quoted or not."""
        return not self.text


def split_lines(text: str) -> list[Line]:
    """The lines of the first `MAX_CHARS` characters; joined spans cover exactly what was looked at."""
    lines: list[Line] = []
    start = 0
    limit = min(len(text), MAX_CHARS)
    while start < limit and len(lines) < MAX_LINES:
        at = text.find("\n", start, limit)
        end = limit if at < 0 else at + 1
        lines.append(_line(text, start, end))
        start = end
    return lines


def _line(text: str, start: int, end: int) -> Line:
    raw = text[start : min(end, start + 4 * MAX_MARKER_LINE)]
    depth = 0
    if ">" in raw[:12]:
        at = 0
        while depth < 40 and (found := _QUOTE_PREFIX.match(raw, at)):
            at = found.end()
            depth += 1
        raw = raw[at:]
    return Line(start, end, raw.strip().strip("\xa0\ufeff\u200b\r "), depth)


@lru_cache(maxsize=512)  # half a dozen rules ask for the same line
def collapse(text: str) -> str:
    """One blank between words; no blank at the ends."""
    return _SPACES.sub(" ", text.replace("\xa0", " ").replace("\u202f", " ")).strip()
