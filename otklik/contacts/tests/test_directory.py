"""Lists of people and organisations and the forms that add one."""

import pytest
from django.test import Client

from otklik.accounts.models import User
from otklik.contacts.models import Contact, Organization
from otklik.testing.people import People


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("path", ["/contacts/", "/organizations/"])
def test_stranger_is_sent_to_sign_in(company: People, path: str) -> None:
    assert Client().get(path).status_code == 302


def test_people_are_found_by_the_beginning_of_name_or_address(company: People) -> None:
    client = _client(company.anna)
    assert "Клара Миронова" in client.get("/contacts/?q=кла").content.decode()
    assert "Клара Миронова" in client.get("/contacts/?q=clara@b").content.decode()
    assert "Клара Миронова" not in client.get("/contacts/?q=дмит").content.decode()
    assert "Берёзка" in client.get("/organizations/?q=берез").content.decode()


def test_person_and_organisation_are_added_once(company: People) -> None:
    client = _client(company.anna)
    form = {"name": "Пётр Ильин", "addresses": "petr@romashka.example", "phone": "8 912 345-67-89"}
    answer = client.post("/contacts/", form)
    person = Contact.objects.get(name="Пётр Ильин")
    assert answer["Location"] == f"/contacts/{person.pk}/"
    assert (person.organization, person.phone) == (company.romashka, "+79123456789")
    again = client.post("/contacts/", form)
    assert again.status_code == 409
    assert Contact.objects.filter(name="Пётр Ильин").count() == 1
    assert client.post("/organizations/", {"name": "Липа", "domains": "lipa.example"}).status_code == 302
    assert client.post("/organizations/", {"name": "Липа-2", "domains": "lipa.example"}).status_code == 409
    assert Organization.objects.count() == 3


def test_what_was_typed_stays_when_it_cannot_be_used(company: People) -> None:
    answer = _client(company.anna).post("/contacts/", {"name": "Пётр", "phone": "не телефон", "addresses": ""})
    assert answer.status_code == 422
    assert 'value="не телефон"' in answer.content.decode()
    assert _client(company.anna).post("/contacts/", {"name": "x", "evil": "1"}).status_code == 422


def test_observer_reads_and_adds_nobody(company: People) -> None:
    client = _client(company.observer)
    assert client.get("/contacts/").status_code == 200
    assert client.post("/contacts/", {"name": "Кто-то"}).status_code == 404
    assert not Contact.objects.filter(name="Кто-то").exists()


def test_list_goes_on_by_cursor(company: People) -> None:
    Contact.objects.bulk_create(
        [
            Contact(name=f"Человек {n:03}", name_key=f"человек {n:03}", created_at=company.clara.created_at)
            for n in range(60)
        ]
    )
    client = _client(company.anna)
    first = client.get("/contacts/").content.decode()
    assert "Человек 040" in first
    assert "Человек 059" not in first
    following = first.partition('href="?q=&amp;cursor=')[2].partition('"')[0]
    assert "Человек 059" in client.get(f"/contacts/?q=&cursor={following}").content.decode()
    assert client.get("/contacts/?cursor=nonsense").status_code == 422
