"""The index of words: the one module that knows which database it is.

SQLite: a contentless FTS5 table whose numbers are those of the documents; a trigger forgets words with their row.
PostgreSQL: a ``tsvector`` with a GIN index. Both get the words that were made here, so both find the same.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from otklik.core.prepared import Prepared
from otklik.search.documents import Compiled
from otklik.search.match import Match, for_fts5, for_tsquery
from otklik.search.models import Document

CREATE_SQLITE: Final = (
    """CREATE VIRTUAL TABLE search_index USING fts5(
        about, words, more, content='', contentless_delete=1, tokenize='ascii', prefix='3'
    )""",
    """CREATE TRIGGER search_forget AFTER DELETE ON search_document BEGIN
        DELETE FROM search_index WHERE rowid = old.id;
    END""",
)
DROP_SQLITE: Final = ("DROP TRIGGER search_forget", "DROP TABLE search_index")
CREATE_POSTGRESQL: Final = (
    "ALTER TABLE search_document ADD COLUMN words tsvector NOT NULL DEFAULT ''",
    # what waits to be sorted in is read through by every search, so it is kept small (512 kB)
    "CREATE INDEX search_document_words ON search_document USING gin (words) WITH (gin_pending_list_limit = 512)",
)
DROP_POSTGRESQL: Final = ("ALTER TABLE search_document DROP COLUMN words",)

_COLUMNS: Final = "id, room, kind, source_id, holder_id, scope, length, digest"
_INSERT_WORDS: Final = "INSERT INTO search_index (rowid, about, words, more) VALUES (%s, %s, %s, %s)"
_INSERT_SQLITE: Final = f"INSERT INTO search_document ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608
_INSERT_POSTGRESQL: Final = (
    f"INSERT INTO search_document ({_COLUMNS}, words) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::tsvector)"  # noqa: S608
)


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def put(room: str, documents: Sequence[tuple[int, Compiled]]) -> None:
    """Write new documents with their words, inside the caller's transaction; cheapest in the order of their numbers.

    Plain statements: this runs for every message of the desk, and a model's row would double its price.
    """
    if not documents:
        return
    rows: list[Any] = [
        (
            place,
            room,
            held.draft.kind,
            held.draft.source_id,
            held.draft.holder_id,
            held.draft.scope,
            held.length,
            held.digest,
        )
        for place, held in documents
    ]
    with connection.cursor() as cursor:
        if _is_sqlite():
            cursor.executemany(_INSERT_SQLITE, rows)
            words: list[Any] = [
                (place, " ".join(held.about), " ".join(held.text), " ".join(held.more)) for place, held in documents
            ]
            cursor.executemany(_INSERT_WORDS, words)
        else:
            vectors = [(*row, _vector(held)) for row, (_place, held) in zip(rows, documents, strict=True)]
            cursor.executemany(_INSERT_POSTGRESQL, vectors)


def _vector(held: Compiled) -> str:
    """Return the words with their places as PostgreSQL reads them; a gap keeps phrases inside their column."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, word in enumerate(held.about, 1):
        places[word].append(str(place))
    for place, word in enumerate(held.text, len(held.about) + 2):
        places[word].append(str(place))
    vector = [f"{_quoted(word)}:{','.join(numbers)}" for word, numbers in places.items()]
    vector += [_quoted(word) for word in held.more if word not in places]
    return " ".join(vector)


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def taken(places: Sequence[int]) -> set[int]:
    """Return which numbers documents have already."""
    found: set[int] = set()
    with connection.cursor() as cursor:
        for start in range(0, len(places), 1_000):
            piece = list(places[start : start + 1_000])
            cursor.execute(f"SELECT id FROM search_document WHERE id IN ({_marks(piece)})", piece)  # noqa: S608
            found.update(row[0] for row in cursor.fetchall())
    return found


def known(room: str, column: str, ids: Sequence[int], kind: str = "") -> list[tuple[int, str, int, int, int]]:
    """Return place, kind, source, holder and digest of documents by ``holder_id`` or ``source_id`` (of a kind)."""
    found: list[tuple[int, str, int, int, int]] = []
    extra, values = (" AND kind = %s", [room, kind]) if kind else ("", [room])
    with connection.cursor() as cursor:
        for start in range(0, len(ids), 1_000):
            piece = list(ids[start : start + 1_000])
            cursor.execute(
                "SELECT id, kind, source_id, holder_id, digest FROM search_document"  # noqa: S608 - marks of values only
                f" WHERE room = %s{extra} AND {column} IN ({_marks(piece)})",
                [*values, *piece],
            )
            found += cursor.fetchall()
    return found


def end_notes(notes: Sequence[int]) -> None:
    """Delete notes that were answered, inside the caller's transaction."""
    with connection.cursor() as cursor:
        for start in range(0, len(notes), 1_000):
            piece = list(notes[start : start + 1_000])
            cursor.execute(f"DELETE FROM search_pending WHERE id IN ({_marks(piece)})", piece)  # noqa: S608


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))


def matching(match: Match, *, room: str, before: int = 0, floor: int = 0) -> QuerySet[Document]:
    """Return the documents that fit, newest first: those numbered below ``before`` and not below ``floor``."""
    if not match:
        return Document.objects.none()
    return _documents(_asked(match), room, before, floor)


def newest(match: Match, columns: tuple[str, ...], *, room: str, limit: int) -> list[tuple[Any, ...]]:
    """Return columns of the newest documents that fit, by a statement that is worded once: what most searches ask."""
    return _newest(columns, room, limit)(_asked(match)) if match else []


@lru_cache(maxsize=16)
def _newest(columns: tuple[str, ...], room: str, limit: int) -> Prepared[Any]:
    return Prepared(lambda asked: _documents(asked, room).values_list(*columns)[:limit])


def _asked(match: Match) -> str:
    return for_fts5(match) if _is_sqlite() else for_tsquery(match)


def _documents(asked: str, room: str, before: int = 0, floor: int = 0) -> QuerySet[Document]:
    if _is_sqlite():
        column, where = "search_index.rowid", ["search_index MATCH %s"]
        where.append("search_document.id = search_index.rowid")
        tables, order = ["search_index"], ["-search_index.rowid"]
    else:
        column, where = "search_document.id", ["search_document.words @@ %s::tsquery"]
        tables, order = [], ["-id"]
    bounds: list[Any] = [asked]
    if before:
        where.append(f"{column} < %s")
        bounds.append(before)
    if floor:
        where.append(f"{column} >= %s")
        bounds.append(floor)
    rows = Document.objects.extra(tables=tables, where=where, params=bounds)  # noqa: S610 - fixed words, values apart
    return rows.filter(room=room).extra(order_by=order)


def floor_of(match: Match, candidates: int) -> int:
    """Return the number of the last of so many newest fitting documents, 0 when there are not more than these."""
    if _is_sqlite():
        asked = "SELECT rowid FROM search_index WHERE search_index MATCH %s ORDER BY rowid DESC LIMIT 1 OFFSET %s"
        values: list[Any] = [for_fts5(match), candidates]
    else:
        asked = "SELECT id FROM search_document WHERE words @@ %s::tsquery ORDER BY id DESC LIMIT 1 OFFSET %s"
        values = [for_tsquery(match), candidates]
    with connection.cursor() as cursor:
        cursor.execute(asked, values)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def in_holder(match: Match, *, room: str, holder: str) -> tuple[str, list[Any]]:
    """Return a condition in SQL, with its values: the holder whose number stands in ``holder`` has a fitting document.

    Asked holder by holder: the documents of one are few, and each is looked up in the index by its number.
    """
    if _is_sqlite():
        sql = (
            f"EXISTS (SELECT 1 FROM search_document d CROSS JOIN search_index ON search_index.rowid = d.id"  # noqa: S608
            f" WHERE d.room = %s AND d.holder_id = {holder} AND search_index MATCH %s)"
        )
        return sql, [room, for_fts5(match)]
    sql = (
        f"EXISTS (SELECT 1 FROM search_document d WHERE d.room = %s AND d.holder_id = {holder}"  # noqa: S608
        " AND d.words @@ %s::tsquery)"
    )
    return sql, [room, for_tsquery(match)]


def holders_with(match: Match, *, room: str, holder_ids: Sequence[int], since: int) -> set[int]:
    """Return those of the holders that have a fitting document numbered ``since`` or higher."""
    marks = _marks(holder_ids)
    if _is_sqlite():
        sql = (
            "SELECT DISTINCT d.holder_id FROM search_document d"  # noqa: S608 - marks of values only
            f" CROSS JOIN search_index ON search_index.rowid = d.id WHERE d.room = %s AND d.holder_id IN ({marks})"
            " AND d.id >= %s AND search_index MATCH %s"
        )
        values: list[Any] = [room, *holder_ids, since, for_fts5(match)]
    else:
        sql = (
            f"SELECT DISTINCT holder_id FROM search_document WHERE room = %s AND holder_id IN ({marks})"  # noqa: S608
            " AND id >= %s AND words @@ %s::tsquery"
        )
        values = [room, *holder_ids, since, for_tsquery(match)]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return {int(row[0]) for row in cursor.fetchall()}


def documents_of(
    match: Match, *, room: str, holder_ids: Sequence[int], since: int, limit: int
) -> list[tuple[int, int, str, int, int]]:
    """Return place, holder, kind, source and length of the holders' fitting documents numbered ``since`` or higher."""
    marks = _marks(holder_ids)
    columns = "d.id, d.holder_id, d.kind, d.source_id, d.length"
    where = f"d.room = %s AND d.holder_id IN ({marks}) AND d.id >= %s"
    if _is_sqlite():
        tables, fits = "search_document d CROSS JOIN search_index ON search_index.rowid = d.id", "search_index MATCH %s"
    else:
        tables, fits = "search_document d", "d.words @@ %s::tsquery"
    asked = _asked(match)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM {tables} WHERE {where} AND {fits} ORDER BY d.id DESC LIMIT %s",  # noqa: S608
            [room, *holder_ids, since, asked, limit],
        )
        return [(int(row[0]), int(row[1]), str(row[2]), int(row[3]), int(row[4])) for row in cursor.fetchall()]


def verify() -> str:
    """Return what the database itself says against the index, "" when all is well."""
    if not _is_sqlite():
        return ""
    from django.db import DatabaseError, transaction

    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_index (search_index) VALUES ('integrity-check')")
    except DatabaseError as error:
        return str(error)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM search_document d LEFT JOIN search_index_docsize s ON s.id = d.id WHERE s.id IS NULL"
        )
        missing = cursor.fetchone()[0]
    return f"{missing} documents have no words." if missing else ""


def forget_everything() -> None:
    """Empty the index and its documents, inside the caller's transaction."""
    Document.objects.all().delete()
    if _is_sqlite():
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_index (search_index) VALUES ('delete-all')")
