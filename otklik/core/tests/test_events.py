"""Recording, listening inside the transaction, the history."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction

from otklik.core.engine import bell
from otklik.core.events import (
    DomainEvent,
    Event,
    Outbox,
    OutsideTransaction,
    StoredEvent,
    UnknownEvent,
    newest_events,
    record,
    record_many,
    scrub_subject,
    subscriber,
    subscribers,
    timeline,
)
from otklik.core.tests.samples import ANNA, BORIS, CLARA, BoxClosed, BoxOpened, BoxWeighed
from otklik.testing.tools import assert_statements

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_foreign_listeners(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscribers, "_items", {})


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_refused() -> None:
    with pytest.raises(OutsideTransaction):
        record(BoxOpened(subject_id=1), by=ANNA)
    assert not Event.objects.exists()


def test_an_event_keeps_who_what_and_when() -> None:
    row = record(BoxOpened(subject_id=7, title="инструменты"), by=ANNA, cause=5)
    stored = timeline(90, 7)[0]
    assert (stored.id, stored.kind, stored.cause_id, stored.version) == (row.pk, "box.opened", 5, 1)
    assert (stored.actor.kind, stored.actor.id, stored.actor.name) == ("user", 1, "Анна Лебедева")
    assert stored.event == BoxOpened(subject_id=7, title="инструменты")
    assert stored.event.describe() == "opened the box инструменты"


def test_twenty_five_events_are_two_statements_and_two_rows_each() -> None:
    with assert_statements(2, least=2):
        rows = record_many([(BoxOpened(subject_id=number), ANNA) for number in range(25)])
    assert [row.subject_id for row in rows] == list(range(25))
    assert sorted(row.pk for row in rows) == [row.pk for row in rows]
    assert set(Outbox.objects.values_list("event_id", flat=True)) == {row.pk for row in rows}


def test_recording_nothing_asks_nothing() -> None:
    with assert_statements(0):
        assert record_many([]) == []


def test_inside_subscribers_get_the_list_in_their_order() -> None:
    calls: list[tuple[str, list[StoredEvent]]] = []
    subscriber("late", "box.*", inside=True, order=200)(lambda events: calls.append(("late", events)))
    subscriber("early", "box.opened", inside=True, order=10)(lambda events: calls.append(("early", events)))
    subscriber("outside", "box.*")(lambda events: calls.append(("outside", events)))
    record_many([(BoxOpened(subject_id=1), ANNA), (BoxClosed(subject_id=1), BORIS), (BoxOpened(subject_id=2), CLARA)])
    assert [(name, len(events)) for name, events in calls] == [("early", 2), ("late", 3)]
    assert [event.actor for event in calls[1][1]] == [row.actor for row in Event.objects.order_by("id")]


def test_an_inside_subscriber_that_fails_undoes_the_change() -> None:
    @subscriber("refusing", "box.opened", inside=True)
    def refuse(events: list[StoredEvent]) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), transaction.atomic():
        record(BoxOpened(subject_id=1), by=ANNA)
    assert not Event.objects.exists()
    assert not Outbox.objects.exists()


def test_patterns_hear_their_kinds_only() -> None:
    heard = subscriber("all", "*", "never.*")
    heard(lambda events: None)
    subscriber("boxes", "box.*")(lambda events: None)
    subscriber("one", "box.opened")(lambda events: None)
    answers = {
        item.name: (item.hears("box.opened"), item.hears("box.closed"), item.hears("boxes.x")) for item in subscribers
    }
    assert answers == {
        "all": (True, True, True),
        "boxes": (True, True, False),
        "one": (True, False, False),
    }


def test_a_name_belongs_to_one_subscriber() -> None:
    subscriber("taken", "box.*")(lambda events: None)
    with pytest.raises(ValueError, match="registered already"):
        subscriber("taken", "box.*")(lambda events: None)
    with pytest.raises(ValueError, match="listens to nothing"):
        subscriber("deaf")


def test_the_engine_is_woken_once_a_transaction(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(bell, "send_to_others", lambda name: rung.append(name) or 0)
    monkeypatch.setattr(bell, "_notify", lambda name: None)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        for number in range(5):
            record(BoxOpened(subject_id=number), by=ANNA)
    assert rung == ["outbox"]


def test_types_survive_the_table_and_old_versions_are_turned() -> None:
    at = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    weighed = BoxWeighed(subject_id=1, weighed_at=at, weight=Decimal("12.500"), labels=("fragile", "хрупкое"))
    row = record(weighed, by=ANNA)
    row.refresh_from_db()
    assert row.stored().event == weighed
    Event.objects.filter(pk=row.pk).update(version=1, data={"weighed_at": at.isoformat(), "grams": 12500})
    old = Event.objects.get(pk=row.pk).stored().event
    assert isinstance(old, BoxWeighed)
    assert (old.weight, old.labels) == (Decimal("12.5"), ())


def test_an_event_whose_class_is_gone_is_still_history() -> None:
    row = record(BoxClosed(subject_id=1), by=ANNA)
    Event.objects.filter(pk=row.pk).update(kind="plugin.did", data={"x": 1})
    event = timeline(90, 1)[0].event
    assert isinstance(event, UnknownEvent)
    assert event.describe() == "plugin.did"


def test_the_history_is_read_by_its_index_and_leaves_silent_events_out() -> None:
    record(BoxOpened(subject_id=1), by=ANNA)
    record(BoxWeighed(subject_id=1, weighed_at=datetime.now(UTC), weight=Decimal(1)), by=ANNA)
    last = record(BoxClosed(subject_id=1), by=ANNA)
    record(BoxOpened(subject_id=2), by=ANNA)
    assert [event.kind for event in timeline(90, 1)] == ["box.opened", "box.closed"]
    assert [event.kind for event in timeline(90, 1, silent=True)] == ["box.opened", "box.weighed", "box.closed"]
    assert timeline(90, 1, after_id=last.pk) == []
    newest = newest_events(90, 1, limit=1, without=()).objects()
    assert [event.pk for event in newest] == [last.pk], "who keeps a limited history loses what is oldest"
    assert [row.kind for row in newest_events(90, 1, limit=9, without=("box.closed",)).objects()] == ["box.opened"]
    plan = Event.objects.filter(subject_kind=90, subject_id=1, id__gt=0).order_by("id")[:50].explain()
    if connection.vendor == "sqlite":  # PostgreSQL reads a table of four rows as a whole
        assert "core_event_timeline" in plan
        assert "TEMP B-TREE" not in plan


def test_scrubbing_blanks_a_person_and_nothing_else() -> None:
    record(BoxOpened(subject_id=1, title="паспорт", team_id=4), by=CLARA)
    record(BoxOpened(subject_id=2, title="отчёт"), by=ANNA)
    assert scrub_subject(90, 1, blank_actor=("contact", 3)) == 1
    first, second = timeline(90, 1)[0], timeline(90, 2)[0]
    assert (first.data, first.actor.name) == ({"title": "", "team_id": 4}, "")
    assert (second.data["title"], second.actor.name) == ("отчёт", "Анна Лебедева")
    assert scrub_subject(90, 1) == 0


def test_a_kind_belongs_to_one_class_and_a_base_is_no_event() -> None:
    with pytest.raises(TypeError, match=r"box\.opened"):
        type("Impostor", (DomainEvent,), {"kind": "box.opened", "__module__": "elsewhere"})
    with pytest.raises(TypeError, match="no kind"):
        record(DomainEvent(subject_id=1), by=ANNA)
