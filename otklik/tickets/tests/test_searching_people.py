"""Finding tickets by whom their messages went to and came from: suppliers, copies, a chosen address; and who may."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import transaction

from otklik.contacts.queries import contacts_by_address
from otklik.core.clock import now
from otklik.search.models import Pending
from otklik.search.queries import differences
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.side_answers import SideIncoming, receive_side
from otklik.tickets.actions.sides import Letter, open_side
from otklik.tickets.documents import of_messages
from otklik.tickets.models import Ticket
from otklik.tickets.tests.test_searching import find, read_all

PAVEL = "pavel@parts.example"


@pytest.fixture
def ticket(company: People) -> Ticket:
    """A ticket about which Anna wrote to Pavel, who answered; and another one."""
    ticket, anna = company.ticket("Ларь"), company.actor(company.anna)
    company.ticket("Ларь")
    side = open_side(ticket, Letter(body_text="Есть компрессор?"), subject="Деталь", to=[PAVEL], by=anna).side
    author = contacts_by_address([PAVEL])[PAVEL]
    author.name = "Павел Запчастин"
    with transaction.atomic():
        receive_side(SideIncoming(side=side, author=author, channel=company.mailbox, at=now(), body_text="Найдём"))
    read_all()
    return ticket


@pytest.mark.parametrize(
    "line", [PAVEL, "pavel@par", "«pavel@parts.example»", f"{PAVEL} компрессор", "запчастин", "Павел найдём"]
)
def test_third_party_is_found_by_staff(company: People, ticket: Ticket, line: str) -> None:
    assert find(company.actor(company.anna), line) == [ticket.pk]
    assert list(differences("tickets")) == []


@pytest.mark.parametrize("line", [PAVEL, "запчастин"])
def test_third_party_is_not_found_without_the_right_to_notes(company: People, ticket: Ticket, line: str) -> None:
    clara = company.contact_actor(company.clara)
    assert ticket.pk in find(clara, "ларь")
    assert find(clara, line) == []
    assert find(company.contact_actor(company.dmitri), line) == []
    assert find(company.actor(company.technician), line) == []


def test_chosen_address_and_copy_of_a_reply_are_found(company: People) -> None:
    anna = company.actor(company.anna)
    ticket = company.ticket("Ларь")
    company.ticket("Ларь")
    actions.reply(ticket, body_text="Едем", to=["dacha@home.example"], cc=["nina@berezka.example"], by=anna)
    actions.remove_person(ticket, contact_id=ticket.participants.get().contact_id, by=anna)
    read_all()
    for actor in (anna, company.contact_actor(company.clara)):
        assert find(actor, "dacha@home.example") == [ticket.pk]
        assert find(actor, "едем nina@berezka.example") == [ticket.pk]
    assert find(company.contact_actor(company.dmitri), "dacha@home.example") == []
    assert list(differences("tickets")) == []


def test_colleague_is_no_name_of_his_answers(company: People) -> None:
    anna = company.actor(company.anna)
    ticket = company.ticket("Ларь")
    message = actions.reply(ticket, body_text="Едем", by=anna)
    (draft,) = of_messages([message.pk])
    assert draft.names == ("clara@berezka.example",)


def test_tickets_read_before_are_read_anew_once(company: People, ticket: Ticket) -> None:
    read_anew = import_module("otklik.search.migrations.0003_people_of_messages").read_anew
    Pending.objects.create(room="tickets", topic="all", after=ticket.pk, at=now(), run_at=now())
    for _again in range(2):
        read_anew(apps, None)
        assert list(Pending.objects.values_list("room", "topic", "after")) == [("tickets", "all", 0)]
