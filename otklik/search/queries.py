"""Asking: documents that fit, newest first or by fit; what a rebuild would change."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from django.db.models import Q

from otklik.search.documents import ALL, compile_draft, sources
from otklik.search.exact import says
from otklik.search.match import Match
from otklik.search.models import Document
from otklik.search.store import documents_of, floor_of, holders_with, in_holder, matching, newest

RANKED: Final = 2_000
"""The newest candidates among which the best fit is looked for."""
EXAMINED: Final = 600
"""The texts that are read at once to see whether they have a quoted phrase word for word."""
CANDIDATES: Final = 5_000
"""The newest candidates that are looked at when a condition lets only some of them through."""
_COLUMNS: Final = ("id", "holder_id", "kind", "source_id", "length")
"""The columns of a document that make a ``Hit``."""


class Hit(NamedTuple):
    """A document that fits. A tuple, as a page is made of hundreds of them."""

    place: int
    holder_id: int
    kind: str
    source_id: int
    length: int


def hits(match: Match, *, room: str, limit: int, before: int = 0, floor: int = 0, where: Q | None = None) -> list[Hit]:
    """Return up to ``limit`` fitting documents, newest first, in one statement.

    ``where`` is a condition of the room over its holders (``Exists`` with ``OuterRef("holder_id")``): whoever asks
    gives here what he may see. ``before`` and ``floor`` bound the numbers.
    """
    if where is None and not before and not floor:
        return list(map(Hit._make, newest(match, _COLUMNS, room=room, limit=limit)))
    rows = matching(match, room=room, before=before, floor=floor)
    if where is not None:
        rows = rows.filter(where)
    return list(map(Hit._make, rows.values_list(*_COLUMNS)[:limit]))


def word_for_word(match: Match, found: Sequence[Hit], *, room: str) -> list[Hit]:
    """Leave of what was found only what has the quoted phrases word for word: their texts are read for that.

    Whoever asks bounds how many these are.
    """
    if not match.exact or not found:
        return list(found)
    drafts = sources[room].these([(hit.kind, hit.source_id) for hit in found])
    fit = {(draft.kind, draft.source_id) for draft in drafts if says(draft, match.exact)}
    return [hit for hit in found if (hit.kind, hit.source_id) in fit]


def found_before(match: Match, *, room: str, holder_ids: Sequence[int], since: int) -> set[int]:
    """Return which of the holders have a fitting document numbered ``since`` or higher."""
    if not holder_ids:
        return set()
    if not match.exact:
        return holders_with(match, room=room, holder_ids=holder_ids, since=since)
    rows = documents_of(match, room=room, holder_ids=holder_ids, since=since, limit=EXAMINED)
    return {hit.holder_id for hit in word_for_word(match, [Hit(*row) for row in rows], room=room)}


def candidates_floor(match: Match) -> int:
    """Return below which number hits are not looked at when a condition is strict; 0 when all are looked at."""
    return floor_of(match, CANDIDATES) if match else 0


def holder_condition(match: Match, *, room: str, holder: str) -> tuple[str, list[object]]:
    """Return a condition in SQL: the holder whose column is ``holder`` has a fitting document."""
    return in_holder(match, room=room, holder=holder)


def differences(room: str, most: int = 20) -> Iterator[str]:
    """Walk over a room and say what of the index differs from what a rebuild would write, at most ``most`` things."""
    source, after, told = sources[room], 0, 0
    while ids := source.members(ALL, 0, after, 500):
        for text in _differences_of(room, ids, after):
            yield text
            told += 1
            if told >= most:
                return
        after = ids[-1]
    for row in Document.objects.filter(room=room, holder_id__gt=after)[:most]:
        yield f"{row} belongs to nobody"


def _differences_of(room: str, ids: Sequence[int], after: int) -> Iterator[str]:
    rows = Document.objects.filter(room=room, holder_id__gt=after, holder_id__lte=ids[-1])
    known = {(row.kind, row.source_id): row for row in rows}
    for draft in sources[room].whole(ids):
        row = known.pop((draft.kind, draft.source_id), None)
        if row is None:
            yield f"{room} {draft.holder_id} {draft.kind} {draft.source_id} is missing"
        elif row.digest != compile_draft(draft).digest:
            yield f"{row} is out of date"
    for row in known.values():
        yield f"{row} is left over"
