"""A prepared query finds what the ordinary one finds, for every value, and refuses what it cannot promise."""

import threading
from datetime import timedelta

import pytest
from django.db.models import Prefetch, Q

from otklik.core.clock import now
from otklik.core.jobs.models import Job
from otklik.core.moments import Moment
from otklik.core.prepared import Prepared, place_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def moments() -> list[Moment]:
    at = now()
    rows = [
        Moment(
            kind=kind,
            subject_kind=1,
            subject_id=number,
            due_at=at,
            run_at=at + timedelta(hours=number),
            data={"n": number},
        )
        for number in range(1, 8)
        for kind in ("a", "b")
    ]
    return Moment.objects.bulk_create(rows)


def test_every_value_finds_what_the_ordinary_query_finds(moments: list[Moment]) -> None:
    of = Prepared(lambda kind, subject: Moment.objects.filter(kind=kind, subject_id=subject).order_by("-id"))
    for kind in ("a", "b", "it's", ""):
        for subject in (0, 1, 7, 2**62):
            found = of(kind, subject)
            assert found == list(Moment.objects.filter(kind=kind, subject_id=subject).order_by("-id"))
            assert [row.data for row in found] == [{"n": subject}] * len(found)
            assert [row.run_at.tzinfo is not None for row in found] == [True] * len(found)


@pytest.mark.parametrize("length", [0, 1, 2, 3, 5, 14])
def test_lists_of_every_length(moments: list[Moment], length: int) -> None:
    among = Prepared(lambda ids: Moment.objects.filter(pk__in=ids).order_by("id"))
    wanted = [moment.pk for moment in moments[:length]]
    assert among(wanted) == list(Moment.objects.filter(pk__in=wanted).order_by("id"))
    assert among([*wanted, 0]) == list(Moment.objects.filter(pk__in=wanted).order_by("id"))


@pytest.mark.parametrize("kinds", [[], ["a"], ["b", "a"], ["a", "it's", "нет"], ["", "b"]])
def test_lists_of_texts(moments: list[Moment], kinds: list[str]) -> None:
    among = Prepared(lambda kinds, ids: Moment.objects.filter(kind__in=kinds, subject_id__in=ids).order_by("id"))
    assert among(kinds, [1, 2, 3]) == list(Moment.objects.filter(kind__in=kinds, subject_id__lte=3).order_by("id"))


def test_fixed_conditions_and_limits_stay(moments: list[Moment]) -> None:
    newest = Prepared(
        lambda subject: Moment.objects.filter(Q(kind="a") | Q(kind="b"), subject_id__lte=subject).order_by("-id")[:3]
    )
    assert newest(5) == list(Moment.objects.filter(subject_id__lte=5).order_by("-id")[:3])


def test_rows_of_values_come_as_they_are(moments: list[Moment]) -> None:
    of = Prepared(
        lambda subject: Moment.objects.filter(subject_id=subject).order_by("kind").values_list("kind", flat=True)
    )
    assert of(3) == ["a", "b"]


def test_it_is_one_statement(moments: list[Moment], django_assert_num_queries: object) -> None:
    of = Prepared(lambda subject: Moment.objects.filter(subject_id=subject))
    with django_assert_num_queries(2):  # type: ignore[operator]
        of(1)
        of(2)


def test_threads_do_not_share_what_is_worded(moments: list[Moment]) -> None:
    worded = []

    def build(subject: int) -> object:
        worded.append(threading.current_thread().name)
        return Moment.objects.filter(subject_id=subject)

    of = Prepared(build)  # type: ignore[arg-type]
    of(1)
    of(2)
    assert len(worded) == 1


def test_a_builder_that_does_not_use_its_argument_is_refused() -> None:
    with pytest.raises(ValueError, match="each of its arguments"):
        Prepared(lambda subject: Moment.objects.filter(subject_id=subject + 1))(1)
    with pytest.raises(ValueError, match="each of its arguments"):
        Prepared(lambda subject, kind: Moment.objects.filter(kind=kind))(1, "a")


def test_a_builder_that_prefetches_is_refused() -> None:
    with pytest.raises(ValueError, match="prefetch"):
        Prepared(lambda pk: Job.objects.filter(pk=pk).prefetch_related(Prefetch("x")))(1)


def test_rows_tell_what_objects_are_made_of(moments: list[Moment]) -> None:
    of = Prepared(lambda kind: Moment.objects.filter(kind=kind).order_by("id"))
    found = of.found("a")
    assert found.rows == of.found("a").rows
    assert found.objects() == of("a")
    assert found.objects(found.rows[2:4]) == of("a")[2:4]
    assert [row[place_of(Moment, "subject_id")] for row in found.rows] == [row.subject_id for row in of("a")]
    Moment.objects.filter(pk=found.objects()[0].pk).update(data={"n": "another"})
    changed = of.found("a").rows
    assert changed[0] != found.rows[0]
    assert changed[1:] == found.rows[1:]
    assert all(hash(row) for row in found.rows)


def test_nothing_found_makes_no_objects(moments: list[Moment]) -> None:
    among = Prepared(lambda ids: Moment.objects.filter(pk__in=ids))
    assert among.found([]).objects() == []
    assert among.found([1 << 40]).objects() == []
