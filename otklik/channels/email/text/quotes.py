"""Splits the text of a mail into what its author wrote and what his mail program added.

The promise: joining the pieces gives the text back, character by character, and no line of the new text is ever
folded. Where a rule is
not sure, the text stays visible: cutting too much is worse than too little.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from .lines import MAX_MARKER_LINE, Line, split_lines
from .markers import (
    DATE,
    header_block,
    is_above_line,
    is_bare_rule,
    is_forward_line,
    is_original_line,
    is_recipients_line,
    needs_quote_below,
    reply_marker,
)
from .signatures import find_tails

PieceKind = Literal["text", "quote", "signature", "disclaimer"]

_SIGN_LINE: Final = re.compile(r"[=\d+\-−~]")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the text: characters `start`..`end` of the original, and the words themselves."""

    kind: PieceKind
    start: int
    end: int
    text: str

    def as_json(self) -> dict[str, str | int]:
        """Kind and offsets, as stored beside a message."""
        return {"kind": self.kind, "start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True)
class Split:
    """The pieces of a text in order; `visible` is what a reader sees first, without blank lines around it."""

    visible: str
    pieces: tuple[Piece, ...]

    @property
    def folded(self) -> tuple[Piece, ...]:
        """What is shown only on demand."""
        return tuple(piece for piece in self.pieces if piece.kind != "text")

    def as_json(self) -> list[dict[str, str | int]]:
        """The folded pieces as JSON values."""
        return [piece.as_json() for piece in self.folded]


@dataclass(frozen=True, slots=True)
class _Span:
    """Lines `first`..`last` (exclusive) of one kind."""

    kind: PieceKind
    first: int
    last: int


def split_quotes(text: str, *, new_ticket: bool = False) -> Split:
    """Fold the quoted reply, the signature and the legal footer of `text`.

    In a new ticket quoted and forwarded text is the content and stays visible. Answers between and below quoted lines
    keep the
    quotes they belong to. Never leaves nothing to read: a text that is all quote is visible as a whole.
    """
    answer, request = split_both_ways(text)
    return request if new_ticket else answer


def split_both_ways(text: str) -> tuple[Split, Split]:
    """Return what ``split_quotes`` says of ``text`` as an answer and as a new ticket, for the price of one."""
    lines = split_lines(text)
    if not lines:
        whole = Split(text.strip(), (Piece("text", 0, len(text), text),) if text else ())
        return whole, whole
    as_answer, as_request = _spans(lines)
    answer = _split(text, lines, as_answer)
    return answer, answer if as_request == as_answer else _split(text, lines, as_request)


def _split(text: str, lines: list[Line], spans: list[_Span]) -> Split:
    pieces = _pieces(text, lines, spans)
    visible = "\n".join(part for part in (_trim(piece.text) for piece in pieces if piece.kind == "text") if part)
    return Split(visible, pieces)


def _spans(lines: list[Line]) -> tuple[list[_Span], list[_Span]]:
    """What is folded in an answer, and what in a new ticket."""
    total = len(lines)
    tails = find_tails(lines, 0, total)
    body_end = tails[0].first if tails else total
    quote = _trailing_quote(lines, body_end)
    if quote is not None and quote.forwarded and not _says_something(lines, 0, quote.first):
        return [], []
    below = [_Span(tail.kind, tail.first, tail.last) for tail in tails]
    if quote is None or not _says_something(lines, 0, quote.first):
        return below, below
    upper = [_Span(tail.kind, tail.first, tail.last) for tail in find_tails(lines, 0, quote.first)]
    if quote.forwarded:
        # Nothing of what was forwarded is hidden, the signatures inside it included.
        return upper, upper
    if quote.marked and not quote.prefixed:
        # The end of an unmarked quote is the end of the text: a signature down there belongs to the quoted letter.
        return [*upper, _Span("quote", quote.first, total)], upper
    return [*upper, _Span("quote", quote.first, body_end), *below], upper


@dataclass(frozen=True, slots=True)
class _Quote:
    """Where what runs to the end begins, whether a marker introduces it, whether its lines carry `>`, whether it is a
    forward."""

    first: int
    marked: bool
    prefixed: bool
    forwarded: bool = False


def _trailing_quote(lines: list[Line], end: int) -> _Quote | None:
    """The first line from which everything up to `end` is quoted, or None."""
    index = 0
    while index < end:
        line = lines[index]
        if line.blank:
            index += 1
            continue
        if not line.depth and is_forward_line(line.text):
            return _Quote(index, marked=True, prefixed=False, forwarded=True)
        behind = _marker(lines, index, end)
        if behind is not None:
            body = _skip_blank(lines, behind, end)
            if body >= end:
                return _Quote(_with_rule(lines, index), marked=True, prefixed=bool(line.depth))
            if lines[body].depth or line.depth:
                after = _skip_quoted(lines, body, end)
                if after >= end:
                    return _Quote(_with_rule(lines, index), marked=True, prefixed=True)
                index = after  # an answer below or between: it stays, with what it answers
                continue
            if not _weak(lines, index, behind):
                return _Quote(_with_rule(lines, index), marked=True, prefixed=False)
        if line.depth:
            after = _skip_quoted(lines, index, end)
            if after >= end and _is_quote_block(lines, index, after) and not _announced(lines, index):
                return _Quote(index, marked=False, prefixed=True)
            index = max(after, index + 1)
            continue
        index += 1
    return None


def _marker(lines: list[Line], at: int, end: int) -> int | None:
    """Index behind the marker that starts at `at`: reply line, original-message line, header block, desk separator."""
    text = lines[at].text
    behind = reply_marker(lines, at)
    if behind is not None:
        return behind
    if is_above_line(text):
        return at + 1
    original = is_original_line(text)
    if original or is_bare_rule(text):
        below = _skip_blank(lines, at + 1, min(end, at + 4))
        block = header_block(lines, below, announced=original) if below < end else None
        if block:
            return block.end
        if not original:
            return None
        return (reply_marker(lines, below) if below < end else None) or at + 1
    if is_recipients_line(text):
        below = _skip_blank(lines, at + 1, min(end, at + 4))
        return reply_marker(lines, below) if below < end else None
    block = header_block(lines, at)
    return block.end if block else None


def _weak(lines: list[Line], at: int, behind: int) -> bool:
    """A reply line without an address, and "Исходное сообщение" without a header block, convince only when quoted
    lines follow."""
    if behind == at + 1 and is_original_line(lines[at].text):
        return True
    joined = " ".join(line.text for line in lines[at:behind])
    return behind - at <= 4 and needs_quote_below(" ".join(joined.split()))


def _with_rule(lines: list[Line], at: int) -> int:
    """A rule of dashes directly above the marker belongs to it."""
    above = at - 1
    while above > 0 and not lines[above].text and at - above < 3:
        above -= 1
    return above if above >= 0 and is_bare_rule(lines[above].text, least=3) else at


def _skip_blank(lines: Sequence[Line], at: int, end: int) -> int:
    while at < end and lines[at].blank and not lines[at].depth:
        at += 1
    return at


def _skip_quoted(lines: list[Line], at: int, end: int) -> int:
    """Index of the first line with text of its own at or behind `at`; reply lines between quoted lines are no text of
    their own."""
    while at < end:
        line = lines[at]
        if line.depth or line.blank:
            at += 1
            continue
        behind = reply_marker(lines, at)
        below = _skip_blank(lines, behind, end) if behind is not None else end
        if below < end and lines[below].depth:
            at = below
            continue
        break
    return at


def _is_quote_block(lines: list[Line], first: int, last: int) -> bool:
    """Quoted lines without a marker: at least two, and not all of them begin like a comparison ("> 25 °C")."""
    quoted = [line.text for line in lines[first:last] if line.depth and line.text]
    if len(quoted) < 2:
        return False
    return any(not _SIGN_LINE.match(text) and _WORD.search(text) for text in quoted)


def _announced(lines: list[Line], at: int) -> bool:
    """Does a sentence ("Вот что написал мастер:") lead to the quoted lines? Then they are what its author tells; a
    reply line of some client names a date or an address."""
    above = next((line.text for line in reversed(lines[max(at - 3, 0) : at]) if line.text), "")
    return above.endswith(":") and len(above) <= MAX_MARKER_LINE and "@" not in above and not DATE.search(above)


def _says_something(lines: list[Line], first: int, last: int) -> bool:
    return any(line.text and not line.depth and not is_bare_rule(line.text) for line in lines[first:last])


def _pieces(text: str, lines: list[Line], spans: list[_Span]) -> tuple[Piece, ...]:
    """Character pieces that tile the whole text."""
    pieces: list[Piece] = []
    at = 0
    for span in spans:
        start = lines[span.first].start
        end = len(text) if span.last >= len(lines) else lines[span.last].start
        if start > at:
            pieces.append(Piece("text", at, start, text[at:start]))
        pieces.append(Piece(span.kind, start, end, text[start:end]))
        at = end
    if at < len(text):
        pieces.append(Piece("text", at, len(text), text[at:]))
    return tuple(pieces)


def _trim(text: str) -> str:
    return text.strip("\r\n").rstrip() if text.strip() else ""
