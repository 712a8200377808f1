"""Writing documents: note what changed, read it into words outside any transaction, write what differs.

One process at a time reads (a lease), in the order of the notes, so an old text never overwrites a newer one.
"""

import logging
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Q

from otklik.core.bulk import insert_rows, new_row
from otklik.core.claims import back_off
from otklik.core.clock import now
from otklik.core.engine import wake
from otklik.search.documents import ALL, PART, WHOLE, Change, Compiled, Draft, Source, compile_draft, sources
from otklik.search.models import Document, Pending
from otklik.search.store import end_notes, known, put, taken

logger = logging.getLogger(__name__)

READING: Final = "search.reading"
READING_FOR: Final = timedelta(minutes=1)
AT_ONCE: Final = 200
"""Notes, and holders of a topic, that are read together."""
_LOW_BITS: Final = 20
_MOST_MILLISECONDS: Final = 2**43 - 1


def note_changes(room: str, changes: Iterable[Change]) -> None:
    """Note, inside the caller's transaction, what is to be read anew; the engine hears of it after the commit."""
    at = now()
    rows = [
        new_row(Pending, room=room, topic=change.topic, key=change.key, at=at, run_at=at)
        for change in dict.fromkeys(changes)
    ]
    if not rows:
        return
    insert_rows(rows)
    transaction.on_commit(partial(wake, "search"))


def rebuild(room: str, *, above: int = 0) -> None:
    """Ask for every holder of a room numbered higher than ``above`` to be read anew, slice by slice.

    What is there stays findable meanwhile. A rebuild that is under way begins again where both are covered.
    """
    with transaction.atomic():
        under_way = Pending.objects.filter(room=room, topic=ALL)
        above = min([above, *under_way.values_list("after", flat=True)])
        under_way.delete()
        insert_rows([Pending(room=room, topic=ALL, after=above, at=now(), run_at=now())])
        transaction.on_commit(partial(wake, "search"))


def begin_where_nothing_is() -> None:
    """Ask for a rebuild of each room that has holders and no documents: a desk that is older than its search."""
    for room, source in sources.items():
        if Document.objects.filter(room=room).exists() or Pending.objects.filter(room=room).exists():
            continue
        if source.members(ALL, 0, 0, 1):
            rebuild(room)


class _Note(NamedTuple):
    """A row of what waits, as it is read."""

    pk: int
    room: str
    topic: str
    key: int
    after: int
    attempts: int


@dataclass(slots=True)
class _Work:
    """What one round reads of one room: holders as a whole, single parts, and the notes it answers."""

    whole: dict[int, None] = field(default_factory=dict)
    parts: dict[int, None] = field(default_factory=dict)
    notes: list[int] = field(default_factory=list)
    span: tuple[int, int | None] | None = None  # holders above the first, up to the second: what is not there is gone
    forced: bool = False


def read_pending(limit: int = AT_ONCE) -> int:
    """Read up to ``limit`` due notes, oldest first, and write what differs; return how many notes were answered.

    What fails is repeated alone; what fails alone waits with growing pauses and keeps its error. The caller holds the
    lease of reading.
    """
    columns = ("id", "room", "topic", "key", "after", "attempts")
    rows = Pending.objects.filter(run_at__lte=now()).order_by("run_at", "id").values_list(*columns)[:limit]
    due = [_Note(*row) for row in rows]
    small = [row for row in due if row.topic in {WHOLE, PART}]
    done = 0
    for room in {row.room: None for row in small}:
        done += _answer_together(room, [row for row in small if row.room == room])
    for row in due:
        if row.topic not in {WHOLE, PART}:
            done += _alone(row)
    return done


def _answer_together(room: str, rows: Sequence[_Note]) -> int:
    try:
        _answer(room, rows)
    except Exception:
        if len(rows) > 1:
            logger.warning("%d texts could not be read together; each goes alone.", len(rows), exc_info=True)
        return sum(_alone(row) for row in rows)
    return len(rows)


def _alone(row: _Note) -> int:
    try:
        if row.topic in {WHOLE, PART}:
            _answer(row.room, [row])
        else:
            _answer_topic(row)
    except Exception as error:
        logger.exception("A text could not be read for search: %s %s %s.", row.room, row.topic, row.key)
        attempts = row.attempts + 1
        Pending.objects.filter(pk=row.pk).update(
            attempts=attempts,
            run_at=now() + back_off(attempts, base=5),
            last_error=f"{type(error).__name__}: {error}"[:1000],
        )
        return 0
    return 1


def _answer(room: str, rows: Sequence[_Note]) -> None:
    work = _Work(notes=[row.pk for row in rows])
    for row in rows:
        (work.whole if row.topic == WHOLE else work.parts)[row.key] = None
    source = sources.get(room)
    drafts: list[Draft] = []
    if source is not None:
        drafts = [*source.whole(list(work.whole)), *source.parts(list(work.parts))]
    write(room, _compiled(drafts), work)


def _answer_topic(row: _Note) -> None:
    """Read one slice of a topic; the note moves on to the next, or goes with the last."""
    source = sources.get(row.room)
    ids = source.members(row.topic, row.key, row.after, AT_ONCE) if source else []
    work = _Work(whole=dict.fromkeys(ids))
    last = len(ids) < AT_ONCE
    if row.topic == ALL:
        work.span, work.forced = (row.after, None if last else ids[-1]), True
    if last:
        work.notes = [row.pk]
    drafts = list(source.whole(ids)) if source and ids else []
    write(row.room, _compiled(drafts), work, moved=None if last else (row.pk, ids[-1]))


def read_now(room: str, holder_ids: Sequence[int]) -> None:
    """Read holders at once, without a note (bulk writers that fill an empty desk, and tests)."""
    source: Source = sources[room]
    work = _Work(whole=dict.fromkeys(holder_ids))
    write(room, _compiled(list(source.whole(holder_ids))), work)


def _compiled(drafts: Sequence[Draft]) -> list[Compiled]:
    latest = {(draft.kind, draft.source_id): draft for draft in drafts}  # a part may be named alone and by its holder
    return [compile_draft(draft) for draft in latest.values()]


def write(room: str, compiled: Sequence[Compiled], work: _Work, moved: tuple[int, int] | None = None) -> None:
    """Write what differs from what is there, and the end of the notes, in one transaction."""
    with transaction.atomic():
        there = _there(room, compiled, work)
        fresh = [held for held in compiled if work.forced or _differs(there, held)]
        wanted = {(held.draft.kind, held.draft.source_id) for held in compiled}
        replaced = {(held.draft.kind, held.draft.source_id) for held in fresh}
        gone = [
            row.place for key, row in there.items() if key in replaced or (key not in wanted and _belongs(row, work))
        ]
        for start in range(0, len(gone), 500):
            Document.objects.filter(pk__in=gone[start : start + 500]).delete()
        put(room, _placed(fresh))
        if work.notes:
            end_notes(work.notes)
        if moved:
            Pending.objects.filter(pk=moved[0]).update(after=moved[1])


class _There(NamedTuple):
    """A document that is there."""

    place: int
    kind: str
    source_id: int
    holder_id: int
    digest: int


def _there(room: str, compiled: Sequence[Compiled], work: _Work) -> dict[tuple[str, int], _There]:
    """Return the documents that are there of all that is written, by kind and source."""
    if work.span is not None:
        above, up_to = work.span
        asked = Q(holder_id__gt=above) if up_to is None else Q(holder_id__gt=above, holder_id__lte=up_to)
        columns = ("id", "kind", "source_id", "holder_id", "digest")
        found = list(Document.objects.filter(asked, room=room).values_list(*columns))
    else:
        found = known(room, "holder_id", list(work.whole))
    rows = {(row[1], row[2]): _There(*row) for row in found}
    by_kind: dict[str, list[int]] = {}
    for held in compiled:
        if (held.draft.kind, held.draft.source_id) not in rows:
            by_kind.setdefault(held.draft.kind, []).append(held.draft.source_id)
    for kind, ids in by_kind.items():
        rows |= {(row[1], row[2]): _There(*row) for row in known(room, "source_id", ids, kind)}
    return rows


def _differs(there: dict[tuple[str, int], _There], held: Compiled) -> bool:
    row = there.get((held.draft.kind, held.draft.source_id))
    return row is None or row.digest != held.digest


def _belongs(row: _There, work: _Work) -> bool:
    """Tell whether a document that nobody wants any more was to be read in this round: it is gone then."""
    return work.span is not None or row.holder_id in work.whole


def _placed(fresh: Sequence[Compiled]) -> list[tuple[int, Compiled]]:
    """Give each new document its number: time first, so that the newest is the highest; no number twice."""
    places = [place_of(held.draft.at, held.draft.source_id, held.draft.kind) for held in fresh]
    used = taken(places)
    placed = []
    for held, wanted in zip(fresh, places, strict=True):
        place = wanted
        while place in used:
            place += 1
            if place not in used:
                used |= taken([place])
        used.add(place)
        placed.append((place, held))
    placed.sort(key=itemgetter(0))
    return placed


def place_of(at: datetime, source_id: int, kind: str) -> int:
    """Return the number of a document: milliseconds of its time, then what tells it from others of the same moment."""
    milliseconds = min(max(int(at.timestamp() * 1000), 0), _MOST_MILLISECONDS)
    return (milliseconds << _LOW_BITS) | ((source_id << 2 | zlib.crc32(kind.encode()) & 3) & 0xFFFFF)


def moment_of(place: int) -> float:
    """Return the time that a number stands for, in seconds."""
    return (place >> _LOW_BITS) / 1000
