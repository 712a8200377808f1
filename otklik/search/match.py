"""What is looked for, as a value: words and phrases with their alternatives, labels, scopes. Pure.

The two databases are asked in their own words at the end of this module, and get exactly the same words to compare.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from otklik.search.line import Part
from otklik.search.words import asked_phone, distinct, part_of_phone, stem, words

Scope = Literal["public", "note", "team"]
SCOPES: Final[tuple[Scope, ...]] = ("public", "note", "team")
PREFIX_FROM: Final = 3
"""Letters from which the last word may still grow; shorter ones would find everything, and the index knows none."""

_PHONE_PIECE: Final = re.compile(r"[+()\d\u2010-\u2013-]*\d[+()\d\u2010-\u2013-]*\Z|\(\d+\)\Z")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand one behind the other, or ``loose`` anywhere; with ``prefix`` the last one is only the beginning
    of a word."""

    tokens: tuple[str, ...]
    prefix: bool = False
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must be there, in any of its forms.

    ``exact`` are the words of a quoted phrase: the index knows stems only, so the texts themselves are looked at after.
    """

    forms: tuple[Phrase, ...]
    exact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """What a document must hold: all terms, one label of each group, and one of the scopes."""

    terms: tuple[Term, ...] = ()
    labels: tuple[tuple[str, ...], ...] = ()
    scopes: tuple[Scope, ...] = SCOPES

    def __bool__(self) -> bool:
        """Tell whether anything is asked for."""
        return bool(self.terms or self.labels)

    @property
    def exact(self) -> tuple[tuple[str, ...], ...]:
        """The phrases whose very words must stand in a text."""
        return tuple(term.exact for term in self.terms if term.exact)


def label(kind: str, value: int | str) -> str:
    """Return the word of a label: something a document belongs to, such as a person; no text can hold it."""
    return f"§{kind}{value}"


def scope_label(scope: Scope) -> str:
    """Return the word of a scope."""
    return f"§§{scope[0]}"


def terms_of(parts: Sequence[Part], *, unfinished: bool = False, whole_phones: bool = False) -> tuple[Term, ...]:
    """Return the terms of free words and phrases; neighbours that form a phone number or a part of one become one term.

    ``unfinished``: the last part is a word that may still grow. ``whole_phones``: a few digits mean no phone number.
    """
    terms: list[Term] = []
    place = 0
    while place < len(parts):
        phone, used = _phone(parts, place)
        some, most = ((), 0) if whole_phones else _part_of_phone(parts, place)
        if used and used >= most:
            digits = tuple(words(" ".join(part.text for part in parts[place : place + used])))
            terms.append(Term((Phrase((phone,)), Phrase(digits), *(some if used == most else ()))))
            place += used
            continue
        if most > 1:
            digits = tuple(words(" ".join(part.text for part in parts[place : place + most])))
            terms.append(Term((Phrase(digits, loose=True), *some)))
            place += most
            continue
        part = parts[place]
        place += 1
        is_open = part.kind == "phrase" and not part.shown.endswith('"')  # its end is still to be typed
        term = _term(part.text, grows=is_open or (unfinished and place == len(parts) and part.kind == "word"))
        if term is not None and part.kind == "phrase" and not is_open:
            term = replace(term, exact=tuple(words(part.text)))
        if term is not None:
            terms.append(replace(term, forms=(*term.forms, *some)) if most else term)
    return tuple(distinct_terms(terms))


def distinct_terms(terms: Iterable[Term]) -> list[Term]:
    """Return terms without repeats, in their order."""
    return list(dict.fromkeys(terms))


def _phone(parts: Sequence[Part], place: int) -> tuple[str, int]:
    """Return the word of the phone number that begins at a part, and of how many parts it consists."""
    found, used = "", 0
    for end in range(place + 1, min(len(parts), place + 6) + 1):
        if parts[end - 1].kind != "word" or not _PHONE_PIECE.match(parts[end - 1].text):
            break
        if phone := asked_phone(" ".join(part.text for part in parts[place:end])):
            found, used = phone, end - place
    return found, used


def _part_of_phone(parts: Sequence[Part], place: int) -> tuple[tuple[Phrase, ...], int]:
    """Return the forms of a phone number of which only the beginning or the end was typed, and of how many parts."""
    end = place
    while end < len(parts) and parts[end].kind == "word" and _PHONE_PIECE.match(parts[end].text):
        end += 1
    found = part_of_phone(" ".join(part.text for part in parts[place:end]))
    return tuple(Phrase((word,), prefix=longer) for word, longer in found), end - place if found else 0


def _term(text: str, *, grows: bool) -> Term | None:
    typed = words(text)
    if not typed:
        return None
    tokens = tuple(stem(word) for word in typed)
    forms = [Phrase(tokens)]
    if grows and len(typed[-1]) >= PREFIX_FROM:
        forms.append(Phrase((*tokens[:-1], typed[-1]), prefix=True))
    return Term(tuple(forms))


def marked_forms(terms: Iterable[Term]) -> tuple[frozenset[str], tuple[str, ...], frozenset[str]]:
    """Return the stems, the beginnings of words and the very words that are marked in what was found."""
    exact: set[str] = set()
    literal: set[str] = set()
    prefixes: list[str] = []
    for term in terms:
        literal.update(term.exact)
        for form in () if term.exact else term.forms:
            if form.tokens[0].startswith("§"):
                continue  # a part of a phone number is no word of the text
            exact.update(form.tokens[:-1] if form.prefix else form.tokens)
            if form.prefix:
                prefixes.append(form.tokens[-1])
    return frozenset(exact), tuple(distinct(prefixes)), frozenset(literal)


def for_fts5(match: Match) -> str:
    """Say a match in the words of SQLite's full-text index."""
    pieces = [_any([_fts5_phrase(form) for form in term.forms]) for term in match.terms]
    pieces += [_any([f'"{name}"' for name in group]) for group in match.labels]
    if set(match.scopes) != set(SCOPES):
        pieces.append(_any([f'"{scope_label(scope)}"' for scope in match.scopes]))
    return " AND ".join(pieces)


def _fts5_phrase(phrase: Phrase) -> str:
    if phrase.loose and len(phrase.tokens) > 1:
        return f"({' AND '.join(f'"{token}"' for token in phrase.tokens)})"
    return f'"{" ".join(phrase.tokens)}"' + (" *" if phrase.prefix else "")


def _any(pieces: Sequence[str]) -> str:
    return pieces[0] if len(pieces) == 1 else f"({' OR '.join(pieces)})"


def for_tsquery(match: Match) -> str:
    """Say a match in the words of PostgreSQL's text search."""
    pieces = [_either([_ts_phrase(form) for form in term.forms]) for term in match.terms]
    pieces += [_either([_ts_word(name) for name in group]) for group in match.labels]
    if set(match.scopes) != set(SCOPES):
        pieces.append(_either([_ts_word(scope_label(scope)) for scope in match.scopes]))
    return " & ".join(pieces)


def _ts_phrase(phrase: Phrase) -> str:
    names = [_ts_word(token) for token in phrase.tokens]
    if phrase.prefix:
        names[-1] += ":*"
    between = " & " if phrase.loose else " <-> "
    return names[0] if len(names) == 1 else f"({between.join(names)})"


def _ts_word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _either(pieces: Sequence[str]) -> str:
    return pieces[0] if len(pieces) == 1 else f"({' | '.join(pieces)})"
