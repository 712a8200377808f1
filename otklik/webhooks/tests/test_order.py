"""Calls about one ticket come in the order of its events, whoever wrote them down first."""

import json
import threading

import pytest
from django.db import connection

from otklik.core.events import Event, StoredEvent, dispatch_batch, subscriber, subscribers
from otklik.testing.people import People, people
from otklik.testing.server import wait_until
from otklik.tickets import actions as tickets
from otklik.webhooks import actions, sending
from otklik.webhooks.actions import Wanted, delivering
from otklik.webhooks.models import Delivery, Webhook
from otklik.webhooks.tests.receiver import Receiver

EVENTS = ["ticket.opened", "note.added"]


def hook(company: People, url: str) -> Webhook:
    return actions.add_webhook(Wanted("Учёт", url, EVENTS), by=company.actor(company.admin))[0]


def told(hearer: Receiver) -> list[str]:
    return [json.loads(body)["event"] for _headers, body in hearer.calls]


def test_the_age_of_the_event_counts_not_that_of_the_row(company: People, hearer: Receiver) -> None:
    """A subscriber that failed on the first event and not on the second writes them down the other way round."""
    made = hook(company, hearer.url)
    ticket = company.ticket()
    tickets.add_note(ticket, body_text="Позвонил", by=company.actor(company.anna))
    for event in Event.objects.filter(kind__in=EVENTS, subject_id=ticket.pk).order_by("-id"):
        delivering.queue_facts([delivering.Fact(event.pk, event.kind, event.subject_id, event.data)])
    assert list(Delivery.objects.order_by("id").values_list("name", flat=True)) == EVENTS[::-1]
    sending.drain(made.pk)
    assert told(hearer) == EVENTS


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_do_not_overtake_each_other(hearer: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one still tells of the first event nobody tells of the second, so it cannot be sent before."""
    company = people()
    made = hook(company, hearer.url)
    while dispatch_batch():
        pass
    monkeypatch.setattr(subscribers, "_items", dict(subscribers._items))
    telling, go_on = threading.Event(), threading.Event()

    @subscriber("slow.first", "ticket.opened", order=1)
    def slow(_events: list[StoredEvent]) -> None:
        telling.set()
        assert go_on.wait(60)

    backends: list[int] = []

    def work() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                backends.append(cursor.fetchone()[0])
            dispatch_batch()
        finally:
            connection.close()

    def waits(backend: int) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid = %s", [backend])
            return cursor.fetchone() is not None

    first, second = threading.Thread(target=work), threading.Thread(target=work)
    try:
        ticket = company.ticket()
        first.start()
        assert telling.wait(60)
        tickets.add_note(ticket, body_text="Позвонил", by=company.actor(company.anna))
        second.start()
        wait_until(lambda: len(backends) == 2 and (waits(backends[1]) or not second.is_alive()), what="the second")
        sending.drain(made.pk)
        assert told(hearer) == []
    finally:
        go_on.set()
        for thread in (first, second):
            if thread.ident is not None:
                thread.join(60)
    while sending.drain(made.pk):
        pass
    assert told(hearer) == EVENTS
