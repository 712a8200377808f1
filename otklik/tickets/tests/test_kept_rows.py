"""Rows of the lists are kept by all that they show: whatever of it becomes another, the row does too."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.utils import timezone, translation

from otklik.core.actor import Actor
from otklik.core.prepared import Found, found_by
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets.columns import COLUMNS as OWN_COLUMNS
from otklik.tickets.columns import Layout
from otklik.tickets.models import Status, Ticket
from otklik.tickets.presenters.kept_rows import rows_kept
from otklik.tickets.presenters.rows import columns_of, present_rows

AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
OWN = Layout(tuple((key, "m") for key in OWN_COLUMNS))
ANOTHER: dict[str, Any] = {
    "pk": 77, "last_author_kind": "contact", "awaits_us": False, "priority": 3, "tags_shown": '["срок", "сеть", "лёд"]',
    "category": "pending", "channel__kind": "call", "assignee__hue": 5, "assignee__absence_id": 3, "version": 77,
    "message_count": 77, "side_unread": 2,
}  # fmt: skip
"""What a value becomes; a time becomes another time, a text another text."""


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    rows_kept.clear()
    yield
    rows_kept.clear()


@pytest.fixture
def full(company: People) -> Ticket:
    """A ticket of which every value is given."""
    ticket = company.ticket("Не холодит", priority=4, tags=["холод"], assignee=company.boris, team=company.field)
    Ticket.objects.filter(pk=ticket.pk).update(last_author_kind="user", last_author_name="Борис Котов", awaits_us=True)
    return ticket


def _of(full: Ticket, layout: Layout | None) -> Found[Any]:
    return found_by(Ticket.objects.filter(pk=full.pk).values_list(*columns_of(layout)))


def _changed(value: Any, name: str) -> Any:
    if name in ANOTHER:
        return bool(ANOTHER[name]) if isinstance(value, bool) else ANOTHER[name]
    if name.endswith("_at") or name == "snoozed_until":
        return LATER if connection.vendor == "postgresql" else LATER.replace(tzinfo=None).isoformat(" ")
    if name == "assignee_id":
        return value + 1
    return "Другое"


@pytest.mark.parametrize("layout", [None, OWN], ids=["usual", "own"])
def test_every_value_that_a_row_shows_is_part_of_its_key(full: Ticket, layout: Layout | None) -> None:
    given, names = _of(full, layout), columns_of(layout)
    (values,) = given.rows
    view: dict[str, Any] = {"layout": layout, "instead_of": frozenset({values[names.index("assignee_id")] + 1})}
    unseen = set()
    with time_machine.travel(LATER + timedelta(hours=2), tick=False):
        before = present_rows(given, **view).html
        for place, name in enumerate(names):
            other = (*values[:place], _changed(values[place], name), *values[place + 1 :])
            kept = present_rows(replace(given, rows=[other]), **view).html
            rows_kept.clear()
            assert kept == present_rows(replace(given, rows=[other]), **view).html, name
            unseen |= {name} if kept == before else set()
            present_rows(given, **view)  # what the next value must not be taken for
    assert unseen <= {"status__name_en", "type__name_en"}, "the row is Russian; of the rest nothing is read in vain"


def _in(language: str, zone: str, at: datetime, given: Found[Any], **view: Any) -> str:
    with translation.override(language), timezone.override(ZoneInfo(zone)), time_machine.travel(at, tick=False):
        return str(present_rows(given, **view).html)


def test_language_zone_day_place_and_columns_are_part_of_the_key(full: Ticket) -> None:
    Ticket.objects.filter(pk=full.pk).update(snoozed_until=LATER + timedelta(days=3), activity_at=AT, created_at=AT)
    readers: list[tuple[str, str, datetime, dict[str, Any]]] = [
        ("ru", "Europe/Moscow", LATER, {}),
        ("en", "Europe/Moscow", LATER, {}),
        ("ru", "Asia/Omsk", LATER, {}),
        ("ru", "Europe/Moscow", LATER + timedelta(days=1), {}),
        ("ru", "Europe/Moscow", LATER + timedelta(days=400), {}),
        ("ru", "Europe/Moscow", LATER, {"instead_of": frozenset({full.assignee_id})}),
        ("ru", "Europe/Moscow", LATER, {"by_number": True}),
        ("ru", "Europe/Moscow", LATER, {"layout": OWN}),
        ("ru", "Europe/Moscow", LATER, {"layout": Layout(OWN.columns, "created")}),
        ("ru", "Europe/Moscow", LATER, {"layout": Layout((("subject", "l"), ("created", "s")))}),
    ]
    given = {layout: _of(full, layout) for layout in {view.get("layout") for *_rest, view in readers}}
    alone = []
    for language, zone, at, view in readers:
        rows_kept.clear()
        alone.append(_in(language, zone, at, given[view.get("layout")], **view))
    assert len(set(alone)) == len(alone)
    rows_kept.clear()
    for _turn in range(2):
        for (language, zone, at, view), expected in zip(readers, alone, strict=True):
            assert _in(language, zone, at, given[view.get("layout")], **view) == expected


def test_age_goes_on_while_the_row_is_kept(full: Ticket) -> None:
    Ticket.objects.filter(pk=full.pk).update(activity_at=AT, created_at=AT)
    for layout in (None, OWN):
        given = _of(full, layout)
        for minutes, shown in ((0, "сейчас"), (12, "12\xa0мин"), (200, "3\xa0ч")):
            html = _in("ru", "Europe/Moscow", AT + timedelta(minutes=minutes), given, layout=layout)
            assert html.count(f">{shown}<") == (1 if layout is None else 2)


def test_links_carry_on_where_one_came_from(full: Ticket) -> None:
    given = _of(full, None)
    for query in ("?folder=all", "?folder=mine", '?q="<', ""):
        html = present_rows(given, query=query).html
        escaped = query.replace('"', "&quot;").replace("<", "&lt;")
        assert f'href="/tickets/{full.pk}/{escaped}"' in html


def test_what_changes_is_seen_at_once_by_everybody(company: People) -> None:
    ticket = company.ticket("Прежняя тема", assignee=company.boris)
    page = "/tickets/?folder=all"
    readers = [desk_client(company.anna), desk_client(company.boris)]
    for browser in readers:
        assert "Прежняя тема" in browser.get(page).content.decode()
    Ticket.objects.filter(pk=ticket.pk).update(subject="Новая тема")
    company.clara.name = "Клара Новая"
    company.clara.save(update_fields=["name"])
    Status.objects.filter(pk=ticket.status_id).update(name_ru="Только что")
    for browser in readers:
        shown = browser.get(page).content.decode()
        for words in ("Новая тема", "Клара Новая", "Только что"):
            assert words in shown
        assert "Прежняя тема" not in shown


def test_a_kept_row_is_shown_to_nobody_who_may_not_see_the_ticket(company: People) -> None:
    set_value("agents_see", "teams", by=Actor.system())
    company.ticket("Чужая заявка", team=company.field)
    page = "/tickets/?folder=all"
    assert "Чужая заявка" in desk_client(company.admin).get(page).content.decode()
    assert "Чужая заявка" not in desk_client(company.anna).get(page).content.decode()
