"""How lists and conditions are read on a desk of mostly closed tickets: by an index, without walking what is closed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from otklik.core.actor import Actor
from otklik.testing.people import People
from otklik.tickets.models import Category, Status, Tag, Ticket, TicketTag
from otklik.tickets.queries import line_keys
from otklik.tickets.queries.folders import FOLDERS, counters, folder_by_key, in_folder
from otklik.tickets.queries.searching import search
from otklik.tickets.queries.understanding import understand

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
CLOSED = 900  # their numbers come before the first of the desk, 1001
sqlite_only = pytest.mark.sqlite


@pytest.fixture
def archive(company: People) -> Actor:
    """Nine hundred closed tickets of Anna's and her team, then two open ones; one old ticket has a tag."""
    pattern = company.ticket("Образец", assignee=company.anna, team=company.desk)
    company.ticket("Вторая", assignee=company.anna, team=company.desk)
    closed = Status.objects.get(key="closed")
    rows = Ticket.objects.filter(pk=pattern.pk).values().get()
    made = []
    for number in range(CLOSED):
        at = BEGIN + timedelta(minutes=number)
        own = {"id": number + 1, "token": f"plan-{number}", "activity_at": at, "created_at": at, "closed_at": at}
        made.append(Ticket(**{**rows, **own, "status_id": closed.pk, "category": Category.CLOSED, "is_open": False}))
    Ticket.objects.bulk_create(made, batch_size=500)
    TicketTag.objects.create(ticket_id=7, tag=Tag.objects.create(name="редкая", name_key="редкая"), is_open=False)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # SQLite is never told: its plans may not hang on what it has counted
            cursor.execute("ANALYZE")
    return company.actor(company.anna)


def plan(rows: QuerySet[Any]) -> str:
    return str(rows.explain())


def plans_of(line: str, actor: Actor) -> list[str]:
    """Return the plans of all that a search line reads of tickets."""
    asked = understand(actor, line)
    with CaptureQueriesContext(connection) as captured:
        search(actor, asked)
    read = [query["sql"] for query in captured.captured_queries if 'FROM "tickets_ticket"' in query["sql"]]
    assert read
    found = []
    with connection.cursor() as cursor:
        for statement in read:
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{statement}")
            found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    return found


@sqlite_only
@pytest.mark.parametrize(
    ("key", "index"),
    [("mine", "ticket_assignee_open"), ("team", "ticket_team_open"), ("open", "_open"), ("snoozed", "ticket_snoozed")],
)
def test_a_folder_of_open_tickets_reads_no_closed_ones(archive: Actor, company: People, key: str, index: str) -> None:
    key = f"team-{company.desk.pk}" if key == "team" else key
    folder = folder_by_key(key, {company.desk.pk: "Стол"})
    for sort in ("-activity", "activity", "-created", "created"):
        text = plan(in_folder(archive, folder, sort=sort))
        assert f"{index}" in text.splitlines()[0].replace("(", " ").split("INDEX ")[1].split()[0], (sort, text)
        following = plan(in_folder(archive, folder, after=(BEGIN, 5), sort=sort))
        assert f"{index}" in following.splitlines()[0], (sort, following)


@sqlite_only
def test_counters_read_no_closed_tickets(archive: Actor, company: People) -> None:
    with CaptureQueriesContext(connection) as captured:
        counted = counters(archive, [company.desk.pk])
    assert (counted["mine"], counted[f"team-{company.desk.pk}"]) == (2, 2)
    statement = next(query["sql"] for query in captured.captured_queries if "COUNT(*)" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        read = [str(row[-1]) for row in cursor.fetchall() if "tickets_ticket" in str(row[-1])]
    assert len(read) == 5
    assert all("_open" in line or "ticket_snoozed" in line for line in read), read


@sqlite_only
@pytest.mark.parametrize(
    ("line", "index"),
    [
        ("status:closed", "ticket_status"),
        ("status:pending", "ticket_status"),
        ("channel:email", "ticket_channel"),
        ("side:any", "ticket_sides"),
        ("side:unread", "ticket_side_unread"),
        ("assignee:me", "ticket_assignee"),
        ("tag:редкая", "INTEGER PRIMARY KEY"),
    ],
)
def test_a_condition_alone_is_read_in_the_order_of_an_index(archive: Actor, line: str, index: str) -> None:
    text = plans_of(line, archive)[0]
    assert index in text.splitlines()[0], text
    assert "TEMP B-TREE" not in text or index == "INTEGER PRIMARY KEY", text


@pytest.mark.postgres
@pytest.mark.parametrize("key", ["mine", "open", "snoozed"])
@pytest.mark.parametrize("sort", ["-created", "created"])
def test_the_order_of_numbers_does_not_walk_the_whole_table(archive: Actor, key: str, sort: str) -> None:
    text = plan(in_folder(archive, folder_by_key(key, {}), sort=sort))
    assert "tickets_ticket_pkey" not in text
    assert "Seq Scan" not in text


def test_folders_in_the_order_of_numbers_go_on_where_a_page_ended(archive: Actor, company: People) -> None:
    for folder in FOLDERS:
        if folder.key in {"mine", "open", "all"}:
            rising = list(in_folder(archive, folder, limit=9999, sort="created").values_list("pk", flat=True))
            assert rising == sorted(rising)
            assert len(rising) == (CLOSED + 2 if folder.key == "all" else 2)
            falling = list(in_folder(archive, folder, limit=9999, sort="-created").values_list("pk", flat=True))
            assert falling == rising[::-1]
            at = rising[-2]
            rest = in_folder(archive, folder, after=(BEGIN, at), sort="created").values_list("pk", flat=True)
            assert list(rest) == rising[-1:]


def test_a_tag_finds_the_same_whether_few_or_many_have_it(archive: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [understand(archive, line) for line in ("tag:редкая", "-tag:редкая status:closed", "-tag:редкая")]
    few = [search(archive, line, limit=9999).numbers for line in asked]
    assert few[0] == (7,)
    assert len(few[1]) == CLOSED - 1
    monkeypatch.setattr(line_keys, "FEW_TAGGED", 0)
    asked = [understand(archive, line) for line in ("tag:редкая", "-tag:редкая status:closed", "-tag:редкая")]
    assert [search(archive, line, limit=9999).numbers for line in asked] == few
