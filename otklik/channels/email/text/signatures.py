"""Finds the signature, the "sent from my phone" line and the legal footer at the end of a text. They are folded,
never deleted."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from .lexicon import CLOSINGS, DISCLAIMER_PROOFS, DISCLAIMER_STARTS, MOBILE_LINES
from .lines import Line, collapse
from .signature_lines import is_contact, is_signature_line

TailKind = Literal["signature", "disclaimer"]

_DASHES: Final = frozenset({"--", "—", "–", "---", "- --"})
_SIGNATURE_LINES: Final = 16
_DASHED_LINES: Final = 30
_DISCLAIMER_LINES: Final = 30
_CLOSING = re.compile(rf"[-–—*_ ]{{0,4}}(?:{CLOSINGS})(?P<rest>\s?[,.!;]?.{{0,70}})$", re.IGNORECASE)
_MOBILE = re.compile(rf"[-–—_*\s]{{0,6}}(?:{MOBILE_LINES})[.!]?$", re.IGNORECASE)
_DISCLAIMER = re.compile(rf"[*_\W]{{0,4}}(?:{DISCLAIMER_STARTS})", re.IGNORECASE)
_PROOF = re.compile(DISCLAIMER_PROOFS, re.IGNORECASE)
_POSTSCRIPT = re.compile(r"[\W_]{0,4}(?:p\.?\s?p?\.?\s?s\b|п\.?\s?с\b|з\.?\s?ы\b|upd\b|апд\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tail:
    """Lines `first`..`last` (exclusive) that are no text of this message."""

    kind: TailKind
    first: int
    last: int


def find_tails(lines: list[Line], first: int, last: int) -> list[Tail]:
    """Folded parts at the end of `lines[first:last]`, in order of text; empty when that would leave nothing to read."""
    tails: list[Tail] = []
    end = last
    while True:
        end = _skip_blank(lines, first, end)
        found = (
            _disclaimer(lines, first, end)
            or _mobile(lines, first, end)
            or _dashed(lines, first, end)
            or _closing(lines, first, end)
        )
        if not found:
            break
        tails.append(found)
        end = found.first
    if end <= first or not any(line.text for line in lines[first:end]):
        return []
    tails.reverse()
    return tails


def _skip_blank(lines: list[Line], first: int, end: int) -> int:
    while end > first and not lines[end - 1].text:
        end -= 1
    return end


def _mobile(lines: list[Line], first: int, end: int) -> Tail | None:
    """ "Отправлено с iPhone" as the last line."""
    if end <= first:
        return None
    text = lines[end - 1].text
    if len(text) < 200 and _MOBILE.match(collapse(text)):
        start = end - 1
        if start > first and lines[start - 1].text in _DASHES:
            start -= 1
        return Tail("signature", start, end)
    return None


def _dashed(lines: list[Line], first: int, end: int) -> Tail | None:
    """Everything below the first `-- ` near the end."""
    found = None
    for index in range(end - 1, max(first - 1, end - 1 - _DASHED_LINES), -1):
        line = lines[index]
        if line.depth:
            break
        if line.text in _DASHES and (line.text == "--" or index + 1 < end):
            found = index
    if found is None or _has_news(lines, found + 1, end):
        return None
    if lines[found].text != "--" and not _is_signed(lines, found + 1, end):
        return None
    return Tail("signature", found, end)


def _is_signed(lines: list[Line], first: int, end: int) -> bool:
    """Other rules than `--` part a text as well: they open a signature that has a closing or says how to be reached."""
    return any(_CLOSING.match(collapse(line.text[:140])) or is_contact(line.text) for line in lines[first:end])


def _closing(lines: list[Line], first: int, end: int) -> Tail | None:
    """Everything below "С уважением," when it looks like names, posts and phones."""
    for index in range(end - 1, max(first - 1, end - 1 - _SIGNATURE_LINES), -1):
        line = lines[index]
        if line.depth:
            break
        found = _CLOSING.match(collapse(line.text)) if len(line.text) < 140 else None
        if found:
            return None if _has_news(lines, index, end) else Tail("signature", index, end)
    return None


def _has_news(lines: list[Line], first: int, end: int) -> bool:
    """Does a line say something that no signature says (a sentence, a question, a code), so that folding would hide new
    text? Names stand in its first paragraph."""
    named = parted = False
    for line in lines[first:end]:
        text = line.text
        if not text:
            parted = named
            continue
        if line.depth or _POSTSCRIPT.match(text):
            return True
        closing = _CLOSING.match(collapse(text)) if len(text) < 140 else None
        if closing:
            text = closing["rest"].strip(" ,.!;-–—")
            if not text:
                continue
        if not is_signature_line(text, names=not parted):
            return True
        named = True
    return False


def _disclaimer(lines: list[Line], first: int, end: int) -> Tail | None:
    """A legal footer: it opens with known words, proves itself by another one and ends the text."""
    for index in range(end - 1, max(first - 1, end - 1 - _DISCLAIMER_LINES), -1):
        line = lines[index]
        if line.depth:
            break
        opens = index == first or not lines[index - 1].text or set(lines[index - 1].text) <= set("-_—*=")
        if not opens or not _DISCLAIMER.match(line.text):
            continue
        body = " ".join(part.text[:600] for part in lines[index:end])
        if len(body) < 60 or not _PROOF.search(body) or any(_POSTSCRIPT.match(part.text) for part in lines[index:end]):
            return None
        start = index
        if start > first and lines[start - 1].text and set(lines[start - 1].text) <= set("-_—*="):
            start -= 1
        return Tail("disclaimer", start, end)
    return None
