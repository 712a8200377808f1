"""Names, addresses, tags and numbers are found by how they begin, in whatever language the database compares."""

import pytest
from django.db import connection

from otklik.contacts.actions import add_contact, add_organization
from otklik.contacts.queries import find_organizations, find_people
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.queries.searching import search
from otklik.tickets.queries.understanding import understand


@pytest.mark.postgres
@pytest.mark.django_db
def test_keys_are_compared_by_their_characters() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE collation_name = 'C'"
        )
        found = {name for (name,) in cursor.fetchall()}
    assert found >= {
        "contacts_contact.name_key", "contacts_contact.phone", "contacts_organization.name_key",
        "contacts_contactaddress.address", "tickets_tag.name_key", "tickets_foreignreference.number_key",
    }  # fmt: skip


def test_what_begins_so_is_found(company: People) -> None:
    anna = company.actor(company.anna)
    person = add_contact(name="Анна Лебёдкина", addresses=["an.leb@pekar.example"], by=anna)
    smiling = add_contact(name="Анна 😀", by=anna)
    maple = add_organization(name="Клён-сервис", by=company.actor(company.admin))
    assert set(find_people(anna, "анна")) == {person, smiling}
    assert find_people(anna, "анна леб") == [person]
    assert find_people(anna, "an.leb") == [person]
    assert list(find_organizations(anna, "клен")) == [maple]
    ticket = company.ticket()
    actions.set_tags(ticket, tags=["Срочно выехать"], by=anna)
    actions.set_references(ticket, references=[("1С", "RP-8998173", None)], by=anna)
    assert search(anna, understand(anna, "tag:срочно")).numbers == (ticket.pk,)
    assert search(anna, understand(anna, "RP-8998")).numbers == (ticket.pk,)
