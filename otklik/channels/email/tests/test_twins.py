"""One mail to several of our mailboxes: a ticket in each, linked once, and each line of the ledger knows the others."""

import threading

import pytest
from django.db import connection
from django.urls import reverse

from otklik.channels.email.actions import finishing
from otklik.channels.email.intake import begin, judge
from otklik.channels.email.loop import settle_now
from otklik.channels.email.models import Inbound, Source
from otklik.channels.email.reading import read_mail
from otklik.channels.email.store import LEASE, RawMail, store_raw
from otklik.channels.email.tests.mails import arrive, mail, read_here, support
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.claims import claim
from otklik.core.clock import now
from otklik.core.settings_store import set_value
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets import actions as tickets
from otklik.tickets.models import Channel, Ticket, TicketLink


def boxes(world: People) -> list[Channel]:
    """Return three mailboxes of the desk."""
    made = [world.mailbox, support("sales@desk.example", name="Продажи"), support("info@desk.example", name="Инфо")]
    forget()
    return made


def links() -> set[tuple[int, int, str]]:
    """Return all links."""
    return set(TicketLink.objects.values_list("ticket", "other", "kind"))


@pytest.mark.django_db
@pytest.mark.parametrize("at_once", [True, False])
def test_three_records_one_linked_group(company: People, at_once: bool) -> None:
    """Whether they are written together or one after the other; a second delivery adds nothing."""
    raw, places = mail(), boxes(company)
    if at_once:
        store_raw([RawMail(place.pk, raw, Source.SMTP, {"from": "c@x.example", "peer": ""}) for place in places])
        settle_now(None, read_here)
    else:
        for place in places:
            arrive(raw, channel=place)
    first, second, third = Ticket.objects.order_by("pk")
    assert links() == {(first.pk, second.pk, "related"), (first.pk, third.pk, "related")}
    arrive(raw, channel=places[1])
    assert len(links()) == 2
    rows = {row.channel_id: row for row in Inbound.objects.all()}
    last = rows[places[2].pk]
    told = [facts for code, facts, _at in last.steps if code == "related"]
    assert told == [{"tickets": [first.pk, second.pk]}]
    page = desk_client(company.anna).get(reverse("email:mail", args=[rows[places[0].pk].pk])).content.decode()
    assert all(reverse("email:mail", args=[rows[place.pk].pk]) in page for place in places[1:])
    assert "Продажи" in page


@pytest.mark.django_db
def test_other_mails_are_not_linked(company: People) -> None:
    """The same Message-ID with other words, and the same mail on the same ticket."""
    one, two, _three = boxes(company)
    arrive(mail(Message_ID="<one@x.example>"), channel=one)
    arrive(mail(text="Другое.", Message_ID="<one@x.example>"), channel=two)
    assert not links()


@pytest.mark.django_db
def test_a_merged_ticket_stands_for_what_it_was_taken_into(company: People) -> None:
    """And one in the bin is linked with nothing."""
    from otklik.tickets.actions.merging import merge
    from otklik.tickets.actions.shelving import put_in_bin

    one, two, three = boxes(company)
    (first,) = arrive(mail(), channel=one)
    (other,) = arrive(mail(text="Другое."), channel=one)
    assert first.ticket is not None
    assert other.ticket is not None
    merge(first.ticket, into=other.ticket, by=company.actor(company.anna))
    (second,) = arrive(mail(), channel=two)
    assert second.ticket is not None
    assert links() == {(other.ticket.pk, second.ticket.pk, "related")}
    TicketLink.objects.all().delete()
    for ticket in (other.ticket, second.ticket):
        put_in_bin(Ticket.objects.get(pk=ticket.pk), by=Actor.system())
    arrive(mail(), channel=three)
    assert not links()


@pytest.mark.django_db
def test_a_stranger_sees_nothing_of_the_other_mailbox(company: People) -> None:
    """The ticket of another team is not named on his page."""
    one, two, _three = boxes(company)
    (here,) = arrive(mail(), channel=one)
    (there,) = arrive(mail(), channel=two)
    assert here.ticket is not None
    assert there.ticket is not None
    tickets.assign(here.ticket, team=company.desk, by=Actor.system())
    tickets.assign(there.ticket, team=company.field, by=Actor.system())
    set_value("agents_see", "teams", by=Actor.system())
    limited = next(
        user
        for user in (company.anna, company.boris, company.vera)
        if company.actor(user).team_ids == {company.desk.pk}
    )
    page = desk_client(limited).get(reverse("email:mail", args=[here.pk])).content.decode()
    assert reverse("email:mail", args=[there.pk]) not in page


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_link_once(db: None) -> None:
    """Each has one of the two: the later waits for the earlier, and sees its ticket."""
    world = people()
    one, two, _three = boxes(world)
    raw = mail()
    store_raw([RawMail(place.pk, raw, Source.SMTP, {"from": "c@x.example", "peer": ""}) for place in (one, two)])
    rows = [claim(Inbound.objects.filter(channel=place), now(), LEASE, 1, f"w{place.pk}")[0] for place in (one, two)]
    cases = [begin(row, read_mail(raw), []) for row in rows]
    facts = [judge([case]) for case in cases]
    started, may_end = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def slow(_ends: object) -> None:
        started.set()
        may_end.wait(20)

    def work(number: int, then: object = None) -> None:
        try:
            finishing.write([cases[number]], facts[number], then=then)  # type: ignore[arg-type]
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    first = threading.Thread(target=work, args=(0, slow))
    second = threading.Thread(target=work, args=(1,))
    first.start()
    assert started.wait(20)
    second.start()
    may_end.set()
    first.join(30)
    second.join(30)
    assert not failures
    older, newer = Ticket.objects.order_by("pk")
    assert links() == {(older.pk, newer.pk, "related")}
