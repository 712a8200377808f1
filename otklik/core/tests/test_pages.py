"""Keyset pages: every row once, in order, whatever is inserted meanwhile; cursors that are none are refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from otklik.core.errors import Invalid
from otklik.core.moments import Moment
from otklik.core.pages import clean_limit, decode_cursor, encode_cursor, keyset_page
from otklik.testing.tools import assert_statements

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ORDER = [("-run_at", datetime), ("-id", int)]


def _moments(hours: list[int]) -> None:
    Moment.objects.bulk_create(
        [
            Moment(kind="x", subject_kind=1, subject_id=n, due_at=NOON, run_at=NOON + timedelta(hours=hour), data={})
            for n, hour in enumerate(hours)
        ]
    )


@pytest.mark.django_db
@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(min_value=0, max_value=3), max_size=12), st.integers(min_value=1, max_value=5))
def test_pages_together_are_the_list(hours: list[int], limit: int) -> None:
    Moment.objects.all().delete()
    _moments(hours)
    seen: list[int] = []
    cursor = None
    for _ in range(20):
        page = keyset_page(Moment.objects.all(), order=ORDER, cursor=cursor, limit=limit)
        assert len(page.items) <= limit
        seen += [row.pk for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == list(Moment.objects.order_by("-run_at", "-id").values_list("pk", flat=True))


@pytest.mark.django_db
def test_a_page_is_one_statement_by_the_index() -> None:
    _moments([1, 2, 3, 4])
    with assert_statements(1):
        page = keyset_page(Moment.objects.all(), order=[("run_at", datetime), ("id", int)], limit=2)
    assert page.next is not None
    with CaptureLast() as captured:
        keyset_page(Moment.objects.all(), order=[("run_at", datetime), ("id", int)], cursor=page.next, limit=2)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            plan = str(cursor.execute(f"EXPLAIN QUERY PLAN {captured.sql}").fetchall())
        assert "SEARCH" in plan
        assert "core_moment_due" in plan
        assert "TEMP B-TREE" not in plan


class CaptureLast:
    """The last statement of a block."""

    sql = ""

    def __enter__(self) -> "CaptureLast":
        from django.test.utils import CaptureQueriesContext

        self._inner = CaptureQueriesContext(connection)
        self._inner.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._inner.__exit__(None, None, None)
        self.sql = self._inner.captured_queries[-1]["sql"]


def test_a_cursor_comes_back_as_it_went() -> None:
    values = (NOON, 42, "Ёж")
    text = encode_cursor(values)
    assert text.isascii()
    assert set(text).isdisjoint("=+/&?# ")
    assert decode_cursor(text, [datetime, int, str]) == values


@pytest.mark.parametrize(
    "text",
    ["", "x", "!!!", "ы", encode_cursor((1,)), encode_cursor((1, 2, 3)), encode_cursor(("a", 2)),
     encode_cursor((NOON, "2")),
     "WzEsMl0=", "A" * 5000, encode_cursor((2**70, 1)), "W3sidCI6Im5vdyJ9LDFd",
     "W3sidCI6IjIwMjYtMTEtMDEifSwxXQ", "W3RydWUsMV0", "W251bGwsMV0", "e30", "MQ"],
)  # fmt: skip
def test_cursors_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        decode_cursor(text, [datetime, int])
    assert caught.value.field == "cursor"


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(Invalid):
        decode_cursor(text + "~", [datetime, int])


def test_limits() -> None:
    assert [clean_limit(value) for value in (None, "", "1", 200, "50")] == [50, 50, 1, 200, 50]
    for bad in ("0", "201", "-1", "many", "1.5", [1]):
        with pytest.raises(Invalid):
            clean_limit(bad)
