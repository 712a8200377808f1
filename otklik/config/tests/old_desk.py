"""A process of its own that plays a desk of an earlier version.

python -m otklik.config.tests.old_desk fill           make the tables of then and the rows of a working desk
python -m otklik.config.tests.old_desk told           print all rows as JSON, column by column
python -m otklik.config.tests.old_desk upgrade WORDS  upgrade, and die by KILL where a statement holds the words
"""

import json
import os
import signal
import sys
from datetime import UTC, datetime
from typing import Any

from otklik.config.cli.setup import start_django

THEN = [
    ("contacts", "0004_personal_data"),
    ("tickets", "0013_runs_over_folders"),
    ("email", "0004_letters_to_third_parties"),
]
TICKETS, LINES, DONE = 40, 60, 25
AT = datetime(2026, 3, 8, 10, 30, tzinfo=UTC)


def fill() -> None:
    """Make the database of then, and write with the models of then."""
    from django.db import connection, transaction

    from otklik.config.executor import SafeExecutor

    executor = SafeExecutor(connection)
    executor.migrate(THEN)
    executor = SafeExecutor(connection)
    apps = executor.loader.project_state(list(executor.loader.applied_migrations)).apps
    with transaction.atomic():
        anna = apps.get_model("accounts", "User").objects.create(
            email="anna@example.org", name="Анна", role="admin", created_at=AT
        )
        people = _people(apps)
        _tickets(apps, people, anna)
        _imports(apps)


def _people(apps: Any) -> list[Any]:
    home = apps.get_model("contacts", "Organization").objects.create(name="Берёзка", name_key="берёзка", created_at=AT)
    people = [
        apps.get_model("contacts", "Contact").objects.create(
            name=f"Клара {number}",
            name_key=f"клара {number}",
            organization=home,
            note="до шести",
            created_at=AT,
        )
        for number in range(10)
    ]
    addresses = apps.get_model("contacts", "ContactAddress")
    for number, person in enumerate(people):
        for address in (f"clara{number}@berezka.example", f"clara{number}@old.example"):
            addresses.objects.create(contact=person, address=address, shown=address)
    apps.get_model("contacts", "ContactMerge").objects.create(
        source=people[1], target=people[0], data={"tickets": [1001]}, made_at=AT, by_name="Анна"
    )
    return people


def _tickets(apps: Any, people: list[Any], anna: Any) -> None:
    def model(name: str) -> Any:
        return apps.get_model("tickets", name).objects

    tag = model("Tag").create(name="витрина", name_key="витрина")
    channel = model("Channel").order_by("pk").first()
    for number in range(TICKETS):
        is_open = number % 2 == 0
        status = model("Status").get(key="open" if is_open else "closed")
        ticket = model("Ticket").create(
            subject=f"Витрина {number}", subject_key=f"витрина {number}", status=status, category=status.category,
            is_open=is_open, requester=people[number % 10], organization=people[0].organization, channel=channel,
            created_at=AT, updated_at=AT, activity_at=AT, last_message_at=AT, tags_shown=["витрина"], message_count=2,
            assignee=anna if is_open else None, fields={"serial": f"ZB{number}"},
        )  # fmt: skip
        for kind in ("incoming", "note"):
            model("Message").create(
                ticket=ticket, kind=kind, author_kind="contact", author_name="Клара", created_at=AT,
                body_text=f"Не холодит, {kind}", channel=channel,
            )  # fmt: skip
        model("TicketTag").create(ticket=ticket, tag=tag)
        model("Follower").create(ticket=ticket, user=anna)
        model("Draft").create(ticket=ticket, user=anna, mode="reply", text=f"Едем {number}", saved_at=AT)


def _imports(apps: Any) -> None:
    """One file halfway taken over with two refusals, one done, one that nobody has begun."""
    imports = apps.get_model("contacts", "ContactImport").objects
    lines = [[f"Нина {number}", f"nina{number}@import.example"] for number in range(LINES)]
    refused = [{"line": 4, "reason": "Нет адреса почты"}, {"line": 9, "reason": "Адрес с опечаткой"}]
    common = {"by_id": 1, "by_name": "Анна", "language": "ru", "created_at": AT, "header": ["Имя", "Почта"], "key": "e"}
    for state, done, reasons in (("running", DONE, refused), ("done", LINES, []), ("draft", 0, [])):
        imports.create(
            file_name=f"{state}.csv", state=state, lines=lines, total=LINES, done=done, added=max(done - 2, 0),
            refused=reasons, **common,
        )  # fmt: skip


def told() -> dict[str, dict[str, list[str]]]:
    """Return all rows of each table: a list of values for each column, in the order of the first one."""
    from django.db import connection

    found = {}
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")
            columns = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
        found[table] = {name: [str(row[place]) for row in rows] for place, name in enumerate(columns)}
    return found


def upgrade(words: str) -> None:
    """Upgrade; die before the statement that holds all the words."""
    from django.db import connection

    from otklik.config.upgrade import upgrade as bring_up

    def killed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        whole = f"{sql} {params}"
        if words and all(word in whole for word in words.split("&")):
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(killed):
        bring_up()


def main(way: str, words: str = "") -> None:
    """Do one of the three."""
    start_django()
    if way == "told":
        print(json.dumps(told()))
    elif way == "upgrade":
        upgrade(words)
    else:
        fill()


if __name__ == "__main__":
    main(*sys.argv[1:])
