"""Another person turns out to be who asks: what follows him, who stays, who was faster."""

import threading
from typing import Any

import pytest
from django.db import connections

from otklik.accounts.models import User
from otklik.contacts import actions as contacts
from otklik.contacts.models import Contact
from otklik.core.errors import Invalid
from otklik.core.events import Event, timeline
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.models import Participant, Ticket
from otklik.tickets.tests.test_api import Api


def _people(ticket: Ticket) -> set[int]:
    held = {row["contact_id"] for row in Ticket.objects.get(pk=ticket.pk).people}
    assert held == set(Participant.objects.filter(ticket=ticket).values_list("contact_id", flat=True))
    return held


def _post(user: User, ticket: Ticket, form: dict[str, Any]) -> Any:
    return desk_client(user).post(f"/tickets/{ticket.pk}/requester/", form, headers={"HX-Request": "true"})


def test_former_requester_takes_part_and_numbers_follow(company: People) -> None:
    anna = company.actor(company.anna)
    ticket = company.ticket(foreign_refs=[("sd", "RP1", None)])
    actions.add_person(ticket, address=_address(company.dmitri), by=anna)
    version = ticket.version
    assert actions.change_requester(ticket, requester=company.dmitri, by=anna)
    row = Ticket.objects.get(pk=ticket.pk)
    assert (row.requester, row.organization) == (company.dmitri, company.dmitri.organization)
    assert row.references.get().organization == company.dmitri.organization
    assert row.version == version + 1
    assert _people(ticket) == {company.clara.pk}
    words = " ".join(str(event.event.describe()) for event in timeline(1, ticket.pk))
    for said in (company.clara.name, company.dmitri.name, "заявитель"):
        assert said in words
    assert actions.change_requester(ticket, requester=company.clara, by=anna)  # and back again
    assert _people(ticket) == {company.dmitri.pk}


def _address(contact: Contact) -> str:
    return contact.addresses.get(is_primary=True).address


def test_who_has_no_address_does_not_take_part(company: People) -> None:
    anna = company.actor(company.anna)
    caller = contacts.add_contact(name="Звонивший", phone="8 812 555-00-09", by=anna)
    ticket = company.ticket(requester=caller)
    actions.change_requester(ticket, requester=company.clara, by=anna)
    assert _people(ticket) == set()


def test_unknown_person_becomes_a_contact(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    assert actions.change_requester(ticket, email="new@berezka.example", name="Новый", by=anna)
    assert Ticket.objects.get(pk=ticket.pk).requester.name == "Новый"
    assert not actions.change_requester(ticket, email="NEW@berezka.example", by=anna)
    with pytest.raises(Invalid):
        actions.change_requester(ticket, by=anna)
    with pytest.raises(Invalid):
        actions.change_requester(ticket, email="не адрес", by=anna)


def test_merged_contact_is_refused(company: People) -> None:
    anna = company.actor(company.anna)
    double = contacts.add_contact(name="Двойник", phone="8 812 555-00-10", by=anna)
    ticket = company.ticket()
    contacts.merge_contacts(double, into=company.dmitri, by=anna)
    with pytest.raises(Invalid):
        actions.change_requester(ticket, requester=double, by=anna)


def test_page_changes_it_and_shows_who_was_faster(company: People) -> None:
    ticket = company.ticket()
    was = company.clara.pk
    html = desk_client(company.anna).get(f"/tickets/{ticket.pk}/").content.decode()
    assert f'name="was" value="{was}"' in html
    assert _post(company.boris, ticket, {"requester_id": company.dmitri.pk, "was": was}).status_code == 204
    other = contacts.add_contact(name="Третий", phone="8 812 555-00-11", by=company.actor(company.anna))
    refused = _post(company.anna, ticket, {"requester_id": other.pk, "was": was})
    text = refused.content.decode()
    assert refused.status_code == 409
    for words in (company.clara.name, company.dmitri.name, "Третий", f'name="requester" value="{other.pk}"'):
        assert words in text
    again = _post(company.anna, ticket, {"requester": other.pk, "was": company.dmitri.pk})
    assert again.status_code == 204
    assert Ticket.objects.get(pk=ticket.pk).requester == other
    assert _post(company.anna, ticket, {"requester_id": 10**9}).status_code == 422
    assert _post(company.anna, ticket, {"requester_email": "x@y.example", "admin": "1"}).status_code == 422
    assert _post(company.observer, ticket, {"requester_id": company.clara.pk}).status_code == 404


def test_api_changes_it(company: People) -> None:
    ticket, api = company.ticket(), Api(company.anna)
    status, body = api("patch", f"/tickets/{ticket.pk}", {"requester": {"id": company.dmitri.pk}})
    assert (status, body["requester"]["id"]) == (200, company.dmitri.pk)
    assert [person["id"] for person in body["people"]] == [company.clara.pk]
    status, body = api("patch", f"/tickets/{ticket.pk}", {"requester": {"email": "sub@berezka.example"}})
    assert (status, body["requester"]["email"]) == (200, "sub@berezka.example")
    assert api("patch", f"/tickets/{ticket.pk}", {"requester": {"id": 10**9}})[0] == 422
    assert api("patch", f"/tickets/{ticket.pk}", {"requester": {}})[0] == 422
    assert api("patch", f"/tickets/{ticket.pk}", {"requester": {"name": "x", "role": "admin"}})[0] == 422
    count = Event.objects.count()
    assert api("patch", f"/tickets/{ticket.pk}", {"requester": {"email": "sub@berezka.example"}})[0] == 200
    assert Event.objects.count() == count


@pytest.mark.django_db(transaction=True)
def test_two_who_change_it_at_once_leave_one_and_no_double() -> None:
    company = people()
    ticket = company.ticket()
    both, ends = threading.Barrier(2), []

    def change(user: User, requester: Contact) -> None:
        try:
            both.wait(10)
            row = Ticket.objects.get(pk=ticket.pk)
            seen, by = company.clara.pk, company.actor(user)
            ends.append(actions.change_requester(row, requester=requester, seen=seen, by=by))
        except actions.Clash:
            ends.append(False)
        finally:
            connections.close_all()

    third = contacts.add_contact(name="Третий", phone="8 812 555-00-12", by=company.actor(company.anna))
    wishes = ((company.anna, company.dmitri), (company.boris, third))
    threads = [threading.Thread(target=change, args=wish) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(ends) == [False, True]
    assert _people(ticket) == {company.clara.pk}
