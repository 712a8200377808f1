"""People and organisations: joining by domain, changing with conflicts, references by template."""

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from otklik.contacts import actions, queries
from otklik.contacts.domains import FREE_MAIL, company_domain
from otklik.contacts.models import Contact, ContactAddress, Organization
from otklik.contacts.references import find_references
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import Event
from otklik.testing.people import People

SYSTEM = Actor.system()


def _ensure(*pairs: tuple[str, str]) -> dict[str, Contact]:
    with transaction.atomic():
        return actions.ensure_contacts(pairs, by=SYSTEM)


def test_new_sender_joins_the_owner_of_his_domain(company: People) -> None:
    found = _ensure(("Igor@Berezka.example", "Игорь"), ("igor@gmail.com", "Игорь"), ("i@unknown.example", ""))
    assert found["igor@berezka.example"].organization == company.berezka
    assert found["igor@gmail.com"].organization is None
    assert found["i@unknown.example"].name == "i"


def test_known_sender_is_not_made_twice(company: People, django_assert_num_queries: object) -> None:
    before = Contact.objects.count()
    with django_assert_num_queries(3):  # type: ignore[operator] - the block's savepoint and one look
        found = _ensure(("CLARA@berezka.example", "Кто-то другой"), ("clara@berezka.example", "x"))
    assert found["clara@berezka.example"] == company.clara
    assert (Contact.objects.count(), company.clara.name) == (before, "Клара Миронова")


@pytest.mark.parametrize("domain", sorted(FREE_MAIL)[:5])
def test_free_mail_domain_belongs_to_nobody(company: People, domain: str) -> None:
    assert company_domain(f"x@{domain}") == ""
    with pytest.raises(Invalid) as refused:
        actions.add_organization(name="Хитрая", domains=[domain], by=company.actor(company.anna))
    assert refused.value.field == "domains"


def test_domain_belongs_to_one_organisation(company: People) -> None:
    before = Event.objects.count()
    with pytest.raises(Conflict):
        actions.add_organization(name="Вторая", domains=["berezka.example"], by=company.actor(company.anna))
    assert (Organization.objects.count(), Event.objects.count()) == (2, before)


def test_address_belongs_to_one_person(company: People) -> None:
    anna = company.actor(company.anna)
    with pytest.raises(Conflict):
        actions.add_contact(name="Самозванка", addresses=["Clara@berezka.example"], by=anna)
    with pytest.raises(Conflict):
        actions.change_contact(company.dmitri, addresses=["clara@berezka.example"], by=anna)
    assert ContactAddress.objects.get(address="clara@berezka.example").contact == company.clara


def test_observer_and_customer_change_nobody(company: People) -> None:
    for stranger in (company.actor(company.observer), company.contact_actor(company.dmitri)):
        with pytest.raises(Forbidden):
            actions.change_contact(company.clara, name="Никто", by=stranger)
        with pytest.raises(Forbidden):
            actions.add_organization(name="Никто", by=stranger)


def test_two_editors_of_one_contact(company: People) -> None:
    first, second = Contact.objects.get(pk=company.clara.pk), Contact.objects.get(pk=company.clara.pk)
    actions.change_contact(first, phone="8 (912) 345-67-89", by=company.actor(company.anna))
    with pytest.raises(Conflict):
        actions.change_contact(second, name="Другая", by=company.actor(company.boris))
    row = Contact.objects.get(pk=company.clara.pk)
    assert (row.phone, row.name) == ("+79123456789", "Клара Миронова")
    assert actions.change_contact(row, phone="+7 912 345 67 89", by=company.actor(company.anna)) == []


def test_changing_addresses_keeps_what_is_known_of_bounces(company: People) -> None:
    actions.mark_bounced("clara@berezka.example", reason="550 no such user", by=SYSTEM)
    assert not actions.mark_bounced("clara@berezka.example", reason="again", by=SYSTEM)
    row = Contact.objects.get(pk=company.clara.pk)
    actions.change_contact(
        row, addresses=["new@berezka.example", "clara@berezka.example"], by=company.actor(company.anna)
    )
    addresses = {row.address: row for row in ContactAddress.objects.filter(contact=company.clara)}
    assert addresses["new@berezka.example"].is_primary
    assert addresses["clara@berezka.example"].bounce_reason == "550 no such user"


@pytest.mark.parametrize("phone", ["abc", "12", "+7" + "9" * 30])
def test_no_phone_is_refused_naming_the_field(company: People, phone: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.add_contact(name="Пётр", phone=phone, by=company.actor(company.anna))
    assert refused.value.field == "phone"


def test_autocomplete_finds_by_beginning_and_only_for_staff(company: People) -> None:
    anna = company.actor(company.anna)
    assert queries.find_people(anna, "клар") == [company.clara]
    assert queries.find_people(anna, "CLARA@ber") == [company.clara]
    assert queries.find_people(anna, "к") == []
    assert queries.find_people(company.contact_actor(company.dmitri), "клара") == []


PATTERNS = [{"system": "sd", "pattern": "RP#######", "url": "https://sd.example/{number}"}]


def test_reference_is_found_where_it_stands_alone() -> None:
    found = find_references(["Заявка rp8998173: витрина", "см. XRP8998173 и RP89981734"], PATTERNS)
    assert [(row.number, row.url) for row in found] == [("rp8998173", "https://sd.example/rp8998173")]


@given(st.text(max_size=3000))
def test_no_text_upsets_the_search_for_references(text: str) -> None:
    assert len(find_references([text], [*PATTERNS, {"system": "", "pattern": "SD-*"}])) <= 5


@pytest.mark.parametrize(
    "pattern", [{"pattern": "ab"}, {"pattern": "SD-"}, {"pattern": "SD**1"}, {"pattern": "A#", "evil": "1"}, {}]
)
def test_pattern_that_cannot_work_is_refused(company: People, pattern: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        actions.change_organization(company.berezka, reference_patterns=[pattern], by=company.actor(company.anna))
    assert refused.value.field == "reference_patterns"
