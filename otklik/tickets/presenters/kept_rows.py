"""Rows of the lists as HTML that is kept for whoever reads them again.

A row is made of the values that its statement read just now and of ``View``, and of nothing else. Exactly this finds
a kept row (docs/adr/0016), so that nothing has to be forgotten: a ticket that has changed, or a customer, a status or
a colleague named on it, asks for another row; and no right can leak: who gets a kept row has read the very same values
himself a moment ago.

What passes within a day or is another on each page is not kept: see ``row_html.Form``.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, tzinfo
from typing import Any, Final, NamedTuple

from otklik.core.keeping import Keep
from otklik.core.prepared import Row
from otklik.tickets.columns import Layout


class View(NamedTuple):
    """All that shows in a row besides its values. A tuple, as it is a piece of every key of a page."""

    language: str | None
    zone: tzinfo
    today: date
    instead_of: frozenset[int]
    layout: Layout | None
    by_number: bool


class KeptRow(NamedTuple):
    """A row that lacks only its late parts, and what these are made of."""

    number: int
    subject: str
    said_by: str
    preview: str
    activity_at: datetime
    created_at: datetime | None
    pieces: list[str]


rows_kept: Final[Keep[KeptRow]] = Keep(2_500_000)


def kept_rows(view: View, rows: Sequence[Row], make: Callable[[Sequence[Row]], Sequence[KeptRow]]) -> list[KeptRow]:
    """Return the rows of a page in their order; ``make`` returns those of the given values that are not kept."""
    found = [rows_kept.get((view, row)) for row in rows]
    missing = [place for place, kept in enumerate(found) if kept is None]
    if missing:
        for place, made in zip(missing, make([rows[place] for place in missing]), strict=True):
            found[place] = made
            rows_kept.put((view, rows[place]), made, _size(rows[place]) + _size(made.pieces))
    return [row for row in found if row is not None]


def _size(values: Sequence[Any]) -> int:
    return sum(len(value) if isinstance(value, str) else 1 for value in values)
