"""Reading a search line for tickets: words, phrases, keys, numbers; and what was meant in the other keyboard layout."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.core.text import normal_form
from otklik.search.line import Line, Part, read_line, written
from otklik.search.match import SCOPES, Match, Scope, terms_of
from otklik.search.words import other_layout
from otklik.tickets.queries.line_keys import Condition, UnknownValue, read_condition

LONGEST_LINE: Final = 300
_NUMBER: Final = re.compile(r"[#№]?\s?(\d{1,17})\Z")


@dataclass(frozen=True, slots=True)
class Asked:
    """A search line, understood."""

    text: str
    line: Line = field(default_factory=lambda: Line(()))
    conditions: tuple[Condition, ...] = ()
    match: Match = field(default_factory=Match)
    without: Match = field(default_factory=Match)
    number: int | None = None
    reference: str = ""

    def __bool__(self) -> bool:
        """Tell whether anything is asked for."""
        return bool(self.match.terms or self.without.terms or self.conditions)


def understand(actor: Actor, text: str, *, longest: int = LONGEST_LINE) -> Asked:
    """Read a search line; raises ``Invalid`` that names every part which means nothing."""
    shown = " ".join(text[:longest].split())
    line = read_line(text[:longest])
    conditions, errors = [], []
    for part in line.keys:
        try:
            conditions.append(read_condition(actor, part))
        except UnknownValue as error:
            errors.append((part.shown, error.message))
    if errors:
        raise Invalid(_("A part of the search line is not clear."), errors=errors)
    wanted = tuple(part for part in line.free if not part.negative)
    unwanted = tuple(part for part in line.free if part.negative)
    scopes = scopes_of(actor)
    return Asked(
        text=shown,
        line=line,
        conditions=tuple(_joined(conditions)),
        match=Match(terms_of(wanted, unfinished=line.unfinished and line.parts[-1:] == wanted[-1:]), scopes=scopes),
        without=Match(terms_of(unwanted, whole_phones=True), scopes=scopes),
        number=_number(wanted),
        reference=_reference(wanted),
    )


def _number(wanted: Sequence[Part]) -> int | None:
    found = _NUMBER.match(" ".join(part.text for part in wanted))
    return int(found[1]) if found else None


def _reference(wanted: Sequence[Part]) -> str:
    """Return what may be the number of another desk: it has a digit."""
    key = normal_form(" ".join(part.text for part in wanted))
    return key if len(key) <= 64 and any(letter.isdecimal() for letter in key) else ""


def _joined(conditions: Sequence[Condition]) -> list[Condition]:
    """Take a key that a ticket has one value of, said twice, as "one of them"."""
    joined: list[Condition] = []
    for condition in conditions:
        for place, other in enumerate(joined):
            if (
                other.key is condition.key
                and condition.key.single
                and not (condition.part.negative or other.part.negative)
            ):
                labels = other.labels + condition.labels if other.labels and condition.labels else ()
                joined[place] = replace(other, where=other.where | condition.where, labels=labels)
                break
        else:
            joined.append(condition)
    return joined


def scopes_of(actor: Actor) -> tuple[Scope, ...]:
    """Return what of a visible ticket an actor may read: customers no notes and nothing of the house."""
    return SCOPES if actor.kind in {"user", "system"} else ("public",)


def turned(asked: Asked) -> Asked | None:
    """Return what would have been asked with the keyboard in the other layout; None when that says nothing else."""
    free = written(asked.line.free)
    other = other_layout(free)
    if not other:
        return None
    line = read_line(other)
    wanted = tuple(part for part in line.free if not part.negative)
    terms = terms_of(wanted, unfinished=line.unfinished and asked.line.unfinished)
    if line.keys or not terms or terms == asked.match.terms:
        return None
    text = " ".join(filter(None, (written(asked.line.keys), other)))
    return replace(asked, text=text, match=replace(asked.match, terms=terms), number=None, reference="")
