"""Quick inserts write exactly what ``bulk_create`` writes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.forms.models import model_to_dict

from otklik.core import bulk
from otklik.core.blobs import Blob
from otklik.core.bulk import delete_rows, insert_rows, new_row, update_rows
from otklik.core.events import Event, Failure, Live
from otklik.core.events.models import Outbox
from otklik.core.jobs import Job, JobState
from otklik.core.leases import Lease
from otklik.testing.tools import assert_statements

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 1, 12, 30, 15, 123456, tzinfo=UTC)


def _event(number: int, **more: Any) -> Event:
    values = {
        "at": NOON, "kind": "box.opened", "actor_kind": "user", "actor_id": None, "actor_name": "Анна “%s” ✓",
        "subject_kind": 90, "subject_id": number, "data": {"ё": [1, None, {"x": "%s"}], "n": number},
    } | more  # fmt: skip
    return Event(**values)


def _rows(kind: str) -> list[Any]:
    match kind:
        case "event":
            return [_event(1), _event(2, actor_id=7, cause_id=5)]
        case "blob":
            return [
                Blob(sha256="a" * 64, size=3, data=b"\x00\xff%", created_at=NOON, seen_at=NOON),
                Blob(sha256="b" * 64, size=9, data=None, path="aa/bb", created_at=NOON, seen_at=NOON),
            ]
        case "job":
            return [
                Job(task="x", run_at=NOON, enqueued_at=NOON, state=JobState.FAILED, keeps_key=True, result={"a": 1}),
                Job(task="y", run_at=NOON, enqueued_at=NOON, args=["ы"], key="k"),
            ]
        case _:
            return [Live(at=NOON, topic="t", subject_kind=1, subject_id=2, team_id=None, event_id=3)]


@pytest.mark.parametrize("kind", ["event", "blob", "job", "live"])
def test_rows_are_the_same_as_with_bulk_create(kind: str) -> None:
    model = type(_rows(kind)[0])
    model._default_manager.bulk_create(_rows(kind))
    wanted = [model_to_dict(row) for row in model._default_manager.order_by("pk")]
    model._default_manager.all().delete()
    inserted = insert_rows(_rows(kind))
    found = list(model._default_manager.order_by("pk"))
    skip = {"id", "seq"}
    assert [{k: v for k, v in model_to_dict(row).items() if k not in skip} for row in found] == [
        {k: v for k, v in row.items() if k not in skip} for row in wanted
    ]
    assert [row.pk for row in inserted] == [row.pk for row in found]
    assert not inserted[0]._state.adding
    inserted[0].save()
    assert model._default_manager.count() == len(inserted)


def test_foreign_keys_and_keys_of_their_own() -> None:
    (event,) = insert_rows([_event(1)])
    insert_rows([Failure(event=event, subscriber="s", run_at=None, last_error="x", first_failed_at=NOON)])
    assert Failure.objects.get().event == event
    late = _event(2)
    failure = Failure(event=late, subscriber="s", run_at=None, last_error="x", first_failed_at=NOON)
    insert_rows([late])
    insert_rows([failure])
    assert Failure.objects.get(pk=failure.pk).event == late
    insert_rows([Lease(name=name, holder="x", expires_at=NOON) for name in ("a", "b")])
    assert Lease.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([Lease(name="c", holder="x", expires_at=NOON), Lease(name="a", holder="x", expires_at=NOON)])
    assert Lease.objects.count() == 2


def test_one_statement_and_very_many_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    with assert_statements(0):
        assert insert_rows([]) == []
    with assert_statements(1):
        insert_rows([_event(number) for number in range(100)])
    monkeypatch.setattr(bulk, "_plans", {})
    monkeypatch.setattr(bulk, "_MOST_PARAMETERS", 50)
    with assert_statements(5):
        rows = insert_rows([_event(number) for number in range(1000, 1025)])
    assert [row.subject_id for row in Event.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")] == list(
        range(1000, 1025)
    )


def test_changed_rows_are_the_same_as_with_save() -> None:
    """Values that the driver takes, those it does not, and what was not named."""
    changes = {"state": JobState.FAILED, "result": {"ё": "%s"}, "run_at": NOON, "key": "k2", "task": "not named"}
    names = ["state", "result", "key", "run_at"]
    insert_rows(_rows("job"))
    first, second = Job.objects.order_by("pk")
    for job in (first, second):
        for name, value in changes.items():
            setattr(job, name, value)
    first.key = "k1"
    first.save(update_fields=names)
    with assert_statements(1):
        update_rows([second], names)
    saved, updated = Job.objects.order_by("pk")
    assert (saved.task, updated.task) == ("x", "y")
    assert (updated.state, updated.result, updated.run_at, updated.key) == (saved.state, saved.result, NOON, "k2")


def test_a_row_that_is_gone_is_told() -> None:
    """As by ``save``; and nothing to write is no statement."""
    insert_rows(_rows("job"))
    first, second = Job.objects.order_by("pk")
    Job.objects.filter(pk=second.pk).delete()
    with pytest.raises(Job.NotUpdated), transaction.atomic():
        update_rows([first, second], ["task"])
    with assert_statements(0):
        update_rows([], ["task"])


def _state(row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    held = {name: value for name, value in row.__dict__.items() if name != "_state"}
    return held, dict(row._state.fields_cache)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Event, {"at": NOON, "kind": "x", "actor_kind": "user", "subject_kind": 1, "subject_id": 2}),
        (Job, {"task": "x", "run_at": NOON, "enqueued_at": NOON, "key": "k"}),
        (Failure, {"event": Event(pk=7), "subscriber": "s", "last_error": "", "first_failed_at": NOON}),
        (Failure, {"event_id": 7, "subscriber": "s", "last_error": "", "first_failed_at": NOON}),
        (Outbox, {"event": Event(pk=7)}),
        (Lease, {"name": "x"}),
    ],
)
def test_a_new_row_is_as_the_model_makes_it(model: Any, values: dict[str, Any]) -> None:
    made, usual = new_row(model, **values), model(**values)
    assert _state(made) == _state(usual)
    assert made._state.adding
    assert made._state.db is None


def test_what_a_new_row_is_made_of_is_its_own() -> None:
    first, second = (new_row(Event, at=NOON, kind="x") for _row in range(2))
    first.data["changed"] = True
    assert second.data == {}


def test_a_new_row_has_no_columns_but_its_own() -> None:
    with pytest.raises(TypeError):
        new_row(Event, colour="red")


def test_rows_are_deleted_by_their_keys_in_one_statement() -> None:
    rows = insert_rows([_event(number) for number in range(4)])
    with assert_statements(1):
        delete_rows(Event, [rows[0].pk, rows[2].pk, 10**9])
    delete_rows(Event, [])
    assert set(Event.objects.values_list("pk", flat=True)) == {rows[1].pk, rows[3].pk}
