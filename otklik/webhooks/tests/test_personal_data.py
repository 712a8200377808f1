"""Erasing a person blanks the copies of his tickets that webhooks keep."""

from datetime import timedelta

from otklik.contacts.actions.personal import erase_contact
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.jobs import run_due_jobs
from otklik.testing.people import People
from otklik.tickets.actions.shelving import purge, put_in_bin
from otklik.tickets.models import Ticket
from otklik.webhooks.models import Attempt, Delivery, Webhook


def test_copies_of_an_erased_person_go(company: People) -> None:
    at = now()
    hook = Webhook.objects.create(name="CRM", url="https://crm.example/", secret="", created_at=at)
    own, other = company.ticket("Своя"), company.ticket("Чужая", requester=company.dmitri)
    for ticket in (own, other):
        row = Delivery.objects.create(
            webhook=hook, name="ticket.opened", ticket_id=ticket.pk, state="sent", body="Клара Миронова",
            created_at=at, tries_until=at + timedelta(days=1),
        )  # fmt: skip
        Attempt.objects.create(delivery=row, at=at, answer="Клара Миронова", milliseconds=1)
    erase_contact(company.clara, typed="Клара Миронова", by=company.actor(company.vera))
    run_due_jobs(10, "test")
    assert list(Delivery.objects.order_by("pk").values_list("body", "tries__answer")) == [
        ("", ""), ("Клара Миронова", "Клара Миронова"),
    ]  # fmt: skip


def test_copies_of_a_ticket_that_is_deleted_for_ever_go(company: People) -> None:
    at, anna = now(), company.actor(company.anna)
    hook = Webhook.objects.create(name="CRM", url="https://crm.example/", secret="", created_at=at)
    for ticket in (gone := company.ticket("Своя"), company.ticket("Чужая")):
        row = Delivery.objects.create(
            webhook=hook, name="ticket.opened", ticket_id=ticket.pk, state="sent", body=ticket.subject,
            created_at=at, tries_until=at + timedelta(days=1),
        )  # fmt: skip
        Attempt.objects.create(delivery=row, at=at, answer=ticket.subject, milliseconds=1)
    put_in_bin(gone, by=anna)
    Ticket.objects.filter(pk=gone.pk).update(shelved_at=at - timedelta(days=31))
    assert purge(by=Actor.system()) == 1
    assert list(Delivery.objects.order_by("pk").values_list("body", "tries__answer")) == [("", ""), ("Чужая", "Чужая")]
