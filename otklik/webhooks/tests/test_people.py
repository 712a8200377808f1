"""Webhooks hear of people and organisations, in their order, and of who was erased nothing but his number."""

import json
import threading
from typing import Any

import pytest
from django.db import connections

from otklik.contacts import actions as contacts
from otklik.contacts.actions.merging import merge_contacts, undo_contact_merge
from otklik.contacts.actions.personal import erase_contact
from otklik.core.events import Event, dispatch_batch
from otklik.core.jobs import run_due_jobs
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets import actions as tickets
from otklik.tickets.actions.following import follow, unfollow
from otklik.tickets.actions.linking import link, unlink
from otklik.tickets.actions.rewriting import edit_note, remove_note, restore_note
from otklik.tickets.models import Message, TicketLink
from otklik.webhooks import actions, sending
from otklik.webhooks.actions import Wanted, delivering
from otklik.webhooks.catalog import NAMES
from otklik.webhooks.models import Delivery, Webhook
from otklik.webhooks.tests.receiver import Receiver

PEOPLE = [
    "contact.added", "contact.changed", "contact.merged", "contact.merge_undone", "contact.erased",
    "organization.added", "organization.changed",
]  # fmt: skip


def _hook(company: People, url: str, events: list[str], **more: Any) -> Webhook:
    return actions.add_webhook(Wanted("Учёт", url, events, **more), by=company.actor(company.admin))[0]


def _told(hook: Webhook, hearer: Receiver) -> list[dict[str, Any]]:
    while dispatch_batch():
        pass
    sending.drain(hook.pk)
    return [json.loads(body) for _headers, body in hearer.calls]


def test_customers_and_organisations_are_told_as_the_api_gives_them(company: People, hearer: Receiver) -> None:
    while dispatch_batch():
        pass
    hook, vera = _hook(company, hearer.url, PEOPLE), company.actor(company.vera)
    added = contacts.add_contact(name="Сергей", addresses=["sergey@berezka.example"], note="VIP", by=vera)
    contacts.change_contact(added, phone="+79990000000", by=vera)
    row = merge_contacts(added, into=company.clara, by=vera)
    undo_contact_merge(row, by=vera)
    made = contacts.add_organization(name="Ива", domains=[], by=vera)
    contacts.change_organization(made, name="Ивушка", by=vera)
    bodies = _told(hook, hearer)
    of_person = [body["event"] for body in bodies if body.get("contact", {}).get("id") == added.pk]
    assert of_person == ["contact.added", "contact.changed", "contact.merged", "contact.merge_undone"]
    first = bodies[0]
    assert (first["ticket"], first["contact"]["addresses"][0]["address"]) == (None, "sergey@berezka.example")
    assert "note" not in first["contact"]
    assert bodies[1]["data"]["fields"] == ["phone"]
    assert [(b["event"], b["organization"]["name"]) for b in bodies if "organization" in b] == [
        ("organization.added", "Ивушка"), ("organization.changed", "Ивушка"),
    ]  # fmt: skip
    page = desk_client(company.admin).get(f"/settings/webhooks/{hook.pk}/").content.decode()
    assert f'href="/contacts/{added.pk}/"' in page


def test_notes_on_a_person_go_along_only_when_asked(company: People, hearer: Receiver) -> None:
    hook = _hook(company, hearer.url, ["contact.changed"], with_bodies=True)
    contacts.change_contact(company.clara, note="Ключ у охраны", by=company.actor(company.vera))
    assert _told(hook, hearer)[-1]["contact"]["note"] == "Ключ у охраны"


def test_of_an_erased_person_nothing_but_the_number_is_told(company: People, hearer: Receiver) -> None:
    hook = _hook(company, hearer.url, PEOPLE)
    contacts.change_contact(company.clara, phone="+79991112233", by=company.actor(company.vera))
    _told(hook, hearer)
    kept = Delivery.objects.filter(name="contact.changed").latest("pk")
    assert "Клара" in kept.body
    contacts.change_contact(company.clara, position="Директор", by=company.actor(company.vera))  # not told yet
    erase_contact(company.clara, typed="Клара Миронова", by=company.actor(company.vera))
    while run_due_jobs(10, "test"):
        pass
    kept.refresh_from_db()
    assert kept.body == ""
    before = len(hearer.calls)
    bodies = _told(hook, hearer)[before:]
    mine = [body for body in bodies if (body.get("contact") or {}).get("id") == company.clara.pk]
    assert [body["event"] for body in mine] == ["contact.changed", "contact.erased"]
    assert all(set(body["contact"]) == {"id", "erased_at"} for body in mine)
    assert "Клара" not in json.dumps(bodies, ensure_ascii=False)
    assert "Директор" not in json.dumps(bodies, ensure_ascii=False)


def test_what_happens_around_a_ticket_is_told(company: People, hearer: Receiver) -> None:
    wanted = [
        "ticket.linked", "ticket.unlinked", "ticket.followed", "ticket.unfollowed", "foreign_reference.changed",
        "person.added", "person.removed", "note.edited", "note.removed", "note.restored",
    ]  # fmt: skip
    assert set(wanted) <= NAMES
    hook, anna = _hook(company, hearer.url, wanted, with_bodies=True), company.actor(company.anna)
    ticket, other = company.ticket(), company.ticket()
    link(ticket, other=other, kind="related", by=anna)
    unlink(ticket, link_id=TicketLink.objects.get().pk, by=anna)
    follow(ticket, users=[company.boris], by=anna)
    unfollow(ticket, user_id=company.boris.pk, by=anna)
    tickets.set_references(ticket, references=[("sd", "RP7", None)], by=anna)
    tickets.add_person(ticket, address="sergey@berezka.example", name="Сергей", by=anna)
    tickets.remove_person(ticket, contact_id=ticket.people[0]["contact_id"], by=anna)
    note = tickets.add_note(ticket, body_text="Секрет", by=anna)
    edit_note(note, body_text="Иначе", by=anna)
    remove_note(Message.objects.select_related("ticket").get(pk=note.pk), by=anna)
    restore_note(Message.objects.select_related("ticket").get(pk=note.pk), by=anna)
    bodies = [body for body in _told(hook, hearer) if body["ticket"]["number"] == ticket.pk]
    assert [body["event"] for body in bodies] == wanted
    assert bodies[0]["data"]["number"] == other.pk
    assert (bodies[4]["data"]["added"], bodies[5]["data"]["name"]) == (["RP7"], "Сергей")
    assert bodies[7]["data"]["message"]["body_text"] == "Иначе"


def test_person_and_ticket_of_one_number_do_not_wait_for_each_other(company: People, hearer: Receiver) -> None:
    hook = _hook(company, hearer.url, PEOPLE)
    for event, kind in ((1, 1), (2, 2)):
        fact = delivering.Fact(event, "contact.added", 7, {}, subject_kind=kind)
        assert delivering.queue_facts([fact]) == 1
    assert delivering.due(Delivery.objects.latest("pk").run_at).filter(webhook=hook).count() == 2  # type: ignore[arg-type]


def test_told_twice_is_queued_once_and_a_stranger_hears_of_no_webhook(company: People, hearer: Receiver) -> None:
    hook = _hook(company, hearer.url, PEOPLE)
    contacts.change_contact(company.clara, position="Завхоз", by=company.actor(company.vera))
    while dispatch_batch():
        pass
    event = Event.objects.filter(kind="contact.changed").latest("pk")
    count = Delivery.objects.count()
    delivering.queue_facts([delivering.Fact(event.pk, event.kind, event.subject_id, event.data, subject_kind=2)])
    assert Delivery.objects.count() == count
    assert desk_client(company.anna).get(f"/settings/webhooks/{hook.pk}/").status_code == 404
    calls = desk_client(company.anna).get(f"/api/v1/webhooks/{hook.pk}/calls")
    assert calls.status_code == 401


@pytest.mark.django_db(transaction=True)
def test_two_tellers_at_once_queue_one_delivery(hearer: Receiver) -> None:
    company = people()
    _hook(company, hearer.url, PEOPLE)
    gate = threading.Barrier(2)

    def tell() -> None:
        gate.wait()
        delivering.queue_facts([delivering.Fact(1, "contact.added", company.clara.pk, {}, subject_kind=2)])
        connections.close_all()

    threads = [threading.Thread(target=tell) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Delivery.objects.filter(event_id=1).count() == 1
