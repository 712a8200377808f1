"""Nothing that is done a thousand times a day reads a large table from end to end: its statements, explained."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from otklik.accounts.queries import actor_for
from otklik.channels.email.intake import due
from otklik.channels.email.loop import settle_now
from otklik.channels.email.models import Delivery, Inbound, Outgoing
from otklik.channels.email.store import RawMail, store_raw
from otklik.channels.email.tests.mails import mail, read_here
from otklik.contacts.models import Contact, ContactAddress, Organization, OrganizationDomain
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.events import timeline
from otklik.core.settings_store import set_value
from otklik.demo.seeding import write_seed
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets.models import Ticket
from otklik.tickets.queries.folders import counters

TICKETS = 1500
MANY = 6000  # customers and letters: enough that an index is cheaper than the table even for a page of fifty
LARGE = frozenset({
    "tickets_ticket", "tickets_message", "core_event", "email_inbound", "email_delivery", "contacts_contact",
    "contacts_contactaddress", "contacts_organization", "contacts_organizationdomain",
})  # fmt: skip
_COARSE = ("(channel_id=?)", "(state=?)")  # what all letters of a mailbox, or all that are done, have in common
_READS = ("SELECT", "UPDATE", "DELETE", "WITH")


@pytest.fixture
def desk(company: People) -> People:
    """A desk that has worked for two years: tickets with their mail and history, customers with their companies."""
    _customers(now())
    write_seed(TICKETS)
    _letters(company, now())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # SQLite is never told: its plans may not hang on what it has counted
            cursor.execute("ANALYZE")
            cursor.execute("SET LOCAL random_page_cost = 1.1")  # what is read all day lies in memory
    return company


def _customers(at: datetime) -> None:
    """Fill the directory: each customer in a company of his own, with its domain."""
    names = [f"Клиент {number}" for number in range(MANY)]
    firms = [Organization(name=name, name_key=name.lower(), created_at=at) for name in names]
    Organization.objects.bulk_create(firms)
    domains = [f"firm{number}.example" for number in range(MANY)]
    pairs = list(zip(firms, domains, strict=True))
    OrganizationDomain.objects.bulk_create([OrganizationDomain(organization=firm, domain=name) for firm, name in pairs])
    people = [Contact(name=firm.name, name_key=firm.name_key, organization=firm, created_at=at) for firm in firms]
    Contact.objects.bulk_create(people)
    ContactAddress.objects.bulk_create(
        [
            ContactAddress(contact=one, address=f"client@{name}", shown=f"client@{name}", is_primary=True)
            for one, name in zip(people, domains, strict=True)
        ]
    )


def _letters(desk: People, at: datetime) -> None:
    """Fill the ledger and the outbox with letters of long ago: those in opened a ticket, those out have left."""
    tickets = list(Ticket.objects.order_by("pk").values_list("pk", flat=True))
    Inbound.objects.bulk_create(
        [
            Inbound(
                channel=desk.mailbox, dedupe=f"{number:064}", source="smtp", received_at=at, size=900, run_at=at,
                mail_id=f"<{number}@long-ago.example>", in_reply_to=f"<{number}@before.example>", state="ticket",
                from_address=f"client@firm{number}.example", ticket_id=tickets[number % TICKETS],
            )
            for number in range(MANY)
        ]
    )  # fmt: skip
    out = [Outgoing(message_id=f"<{n}@out>", kind="digest", from_address="s@x", created_at=at) for n in range(MANY)]
    Outgoing.objects.bulk_create(out)
    Delivery.objects.bulk_create(
        [
            Delivery(
                outgoing=letter, kind="digest", recipient="p@x", address_key="p@x", first_queued_at=at, state="sent"
            )
            for letter in out
        ]
    )


def _lists(desk: People) -> Callable[[], object]:
    client = desk_client(desk.anna)
    folders = ("mine", "unassigned", "open", "snoozed", "all", f"team-{desk.desk.pk}")
    return lambda: [_page(client, f"/tickets/?folder={folder}") for folder in folders]


def _next_pages(desk: People) -> Callable[[], object]:
    client = desk_client(desk.anna)
    pages = [_page(client, f"/tickets/?folder={folder}") for folder in ("open", "all")]
    following = [re.findall(r'data-more hx-get="([^"]+)"', page)[0].replace("&amp;", "&") for page in pages]
    return lambda: [_page(client, url) for url in following]


def _card(desk: People) -> Callable[[], object]:
    client = desk_client(desk.anna)
    numbers = Ticket.objects.filter(team=desk.desk, message_count__gt=2).order_by("-pk").values_list("pk", flat=True)
    number = numbers[0]
    return lambda: _page(client, f"/tickets/{number}/")


def _people(desk: People) -> Callable[[], object]:
    """Look for people as somebody types, by all that he may have typed, and open the page of one."""
    client = desk_client(desk.anna)
    person = Ticket.objects.filter(team=desk.desk).values_list("requester_id", flat=True)[0]
    words = ("клиент 59", "client@firm59", "+7812555", "client@firm599.example")
    pages = [*(f"/tickets/new/requesters/?q={quote(word)}" for word in words), f"/contacts/?q={quote(words[0])}"]
    return lambda: [_page(client, url) for url in (*pages, f"/contacts/{person}/")]


def _counters(desk: People) -> Callable[[], object]:
    actor = actor_for(desk.anna)
    return lambda: counters(actor, [desk.desk.pk, desk.field.pk])


def _timeline(desk: People) -> Callable[[], object]:
    number = Ticket.objects.order_by("-pk").values_list("pk", flat=True)[0]
    return lambda: timeline(1, number)


def _intake(desk: People) -> Callable[[], object]:
    """Take in one group: mail of somebody known and of a newcomer, then an answer and a second delivery."""
    first = mail("Клиент 7 <client@firm7.example>", "Снова не холодит", Message_ID="<first@firm7.example>")
    again = mail("Клиент 7 <client@firm7.example>", "Re: Снова", In_Reply_To="<first@firm7.example>", text="Ещё")
    fresh = mail("Новый <new@firm8.example>", "Пишу впервые")

    def work() -> list[bool]:
        taken = []
        for raws in ((first, fresh), (again, first)):
            taken += store_raw([RawMail(desk.mailbox.pk, raw, envelope={"to": [desk.mailbox.address]}) for raw in raws])
            settle_now(None, read_here)
        return [entry.duplicate for entry in taken]

    return work


def _due(_desk: People) -> Callable[[], object]:
    return lambda: list(due().filter(run_at__lte=now())[:25]) == []


def test_no_large_table_is_read_from_end_to_end(desk: People) -> None:
    bad = []
    for sees in ("all", "teams"):
        set_value("agents_see", sees, by=actor_for(desk.admin))
        for prepare in (_lists, _next_pages, _card, _people, _counters, _timeline, _intake, _due):
            work = prepare(desk)
            forget()
            with CaptureQueriesContext(connection) as captured:
                assert work(), prepare.__name__
            read = _of_large_tables(query["sql"] for query in captured.captured_queries)
            assert read, prepare.__name__
            plans = [(statement, _plan(statement)) for statement in read]
            bad += [f"{prepare.__name__}: {words}\n{plan}" for words, plan in plans if _whole_tables(words, plan)]
    assert not bad, "\n\n".join(dict.fromkeys(bad))


def _page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def _of_large_tables(statements: Iterable[str]) -> list[str]:
    read = [statement for statement in dict.fromkeys(statements) if statement.startswith(_READS)]
    return [statement for statement in read if any(f'"{table}"' in statement for table in LARGE)]


def _plan(statement: str) -> str:
    with connection.cursor() as cursor:
        # as a text of its own: signs of per cent in the statement stand for themselves
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{statement}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def _whole_tables(statement: str, plan: str) -> set[str]:
    """Return the large tables that a plan reads whole, or as good as whole."""
    if connection.vendor == "postgresql":
        return LARGE & set(re.findall(r"Seq Scan on (\w+)", plan))
    named = dict(_aliases(statement))
    whole = [
        line.split()[1]
        for line in plan.splitlines()
        if (line.startswith("SCAN ") and "USING" not in line) or line.endswith(_COARSE)
    ]
    return LARGE & {named.get(name, name) for name in whole}


def _aliases(statement: str) -> Iterator[tuple[str, str]]:
    """Yield the other names under which a statement speaks of tables; SQLite's plans know only these."""
    for table, name in re.findall(r'(?:FROM|JOIN) "(\w+)" (?:AS )?"?([A-Z]\w*)"?', statement):
        yield name, table
