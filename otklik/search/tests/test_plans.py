"""How the index is read: newest hits in its own order, rare words without looking at the rest, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from otklik.search.actions import place_of
from otklik.search.documents import Draft, compile_draft
from otklik.search.line import read_line
from otklik.search.match import Match, terms_of
from otklik.search.queries import candidates_floor, found_before, hits
from otklik.search.store import matching, put

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def asked(line: str, **more: object) -> Match:
    return Match(terms_of(read_line(line).free), **more)  # type: ignore[arg-type]


@pytest.fixture
def archive() -> None:
    """Six thousand documents of two thousand holders: a common word in each, a rare one in three, one in a note."""
    documents = []
    for number in range(6000):
        text = f"витрина номер {number} не холодит" + (" квазимодулятор" if number % 2000 == 7 else "")
        draft = Draft(
            kind="message", source_id=number, holder_id=number // 3, at=BEGIN + timedelta(minutes=number), text=text,
            scope="note" if number == 4007 else "public", labels=(f"§r{number % 50}",),
        )  # fmt: skip
        documents.append((place_of(draft.at, number, "message"), compile_draft(draft)))
    put("tickets", documents)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT gin_clean_pending_list('search_document_words')")
        cursor.execute("ANALYZE")


def plan(match: Match) -> str:
    return str(matching(match, room="tickets")[:50].explain())


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("line", ["витрина", "квазимодулятор", "«не холодит» витрина"])
def test_no_hit_is_sorted_and_no_table_is_read_whole(line: str) -> None:
    text = plan(asked(line))
    if connection.vendor == "sqlite":
        first, second = text.splitlines()[:2]
        assert "VIRTUAL TABLE INDEX" in first
        assert "USING INTEGER PRIMARY KEY" in second
        assert "TEMP B-TREE" not in text
    else:
        assert "Seq Scan" not in text
        assert "search_document_words" in text or "search_document_pkey" in text


@pytest.mark.usefixtures("archive")
def test_newest_first_and_bounded() -> None:
    found = hits(asked("витрина"), room="tickets", limit=3)
    assert [hit.source_id for hit in found] == [5999, 5998, 5997]
    older = hits(asked("витрина"), room="tickets", limit=2, before=found[-1].place)
    assert [hit.source_id for hit in older] == [5996, 5995]
    assert [hit.source_id for hit in hits(asked("квазимодулятор"), room="tickets", limit=9)] == [4007, 2007, 7]
    assert hits(asked("витрина"), room="other", limit=3) == []


@pytest.mark.usefixtures("archive")
def test_scope_and_labels_are_part_of_the_match() -> None:
    public = hits(asked("квазимодулятор", scopes=("public",)), room="tickets", limit=9)
    assert [hit.source_id for hit in public] == [2007, 7]
    labelled = hits(asked("витрина", labels=(("§r7",),)), room="tickets", limit=2)
    assert [hit.source_id for hit in labelled] == [5957, 5907]
    assert hits(asked("r7"), room="tickets", limit=2) == []


@pytest.mark.usefixtures("archive")
def test_strict_conditions_look_at_the_newest_candidates() -> None:
    floor = candidates_floor(asked("витрина"))
    assert floor == place_of(BEGIN + timedelta(minutes=999), 999, "message")
    assert candidates_floor(asked("квазимодулятор")) == 0
    oldest = Q(holder_id__lt=340)
    assert len(hits(asked("витрина"), room="tickets", limit=99, floor=floor, where=oldest)) == 21
    assert found_before(asked("витрина"), room="tickets", holder_ids=[1, 1999], since=floor) == {1999}


@pytest.mark.usefixtures("archive")
def test_one_statement_for_a_page_of_hits() -> None:
    with CaptureQueriesContext(connection) as captured:
        hits(asked("витрина"), room="tickets", limit=300)
    assert len(captured) == 1
