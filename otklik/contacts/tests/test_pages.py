"""The pages of a person and of an organisation: who sees and who changes them, the race, and the history."""

from otklik.contacts.models import Contact, Organization
from otklik.testing.people import People
from otklik.testing.tools import desk_client


def _form(person: Contact, **more: object) -> dict[str, object]:
    return {
        "name": person.name, "position": "", "phone": "", "note": "", "language": "", "organization": "Берёзка",
        "addresses": "clara@berezka.example", "version": person.version,
    } | more  # fmt: skip


def test_person_page_shows_addresses_and_all_requests(company: People) -> None:
    first, second = company.ticket("Первая беда"), company.ticket("Вторая беда")
    page = desk_client(company.anna).get(f"/contacts/{company.clara.pk}/").content.decode()
    assert "clara@berezka.example" in page
    assert f"/tickets/{first.pk}/" in page
    assert f"/tickets/{second.pk}/" in page
    assert f"/organizations/{company.berezka.pk}/" in page


def test_technician_sees_no_foreign_requests_of_a_person(company: People) -> None:
    company.ticket("Чужая беда")
    page = desk_client(company.technician).get(f"/contacts/{company.clara.pk}/").content.decode()
    assert "Чужая беда" not in page


def test_anonymous_goes_to_sign_in_and_unknown_is_404(company: People) -> None:
    assert desk_client().get(f"/contacts/{company.clara.pk}/").status_code == 302
    browser = desk_client(company.anna)
    assert browser.get("/contacts/99999/").status_code == 404
    assert browser.get("/organizations/99999/").status_code == 404


def test_person_is_changed_and_a_late_form_is_refused(company: People) -> None:
    browser = desk_client(company.anna)
    address = f"/contacts/{company.clara.pk}/"
    late = _form(company.clara, name="Клара Опоздавшая")
    changed = browser.post(address, _form(company.clara, name="Клара Новая", phone="8 900 000-41-12"))
    assert changed.status_code == 302
    person = Contact.objects.get(pk=company.clara.pk)
    assert (person.name, person.phone) == ("Клара Новая", "+79000004112")
    answer = browser.post(address, late)
    assert answer.status_code == 409
    assert "Клара Новая" in answer.content.decode()
    assert Contact.objects.get(pk=person.pk).name == "Клара Новая"


def test_wrong_values_are_told_and_kept_in_the_form(company: People) -> None:
    answer = desk_client(company.anna).post(
        f"/contacts/{company.clara.pk}/", _form(company.clara, addresses="не адрес", name="Клара Проба")
    )
    assert answer.status_code == 422
    assert "не адрес электронной почты" in answer.content.decode()
    assert "Клара Проба" in answer.content.decode()
    taken = desk_client(company.anna).post(
        f"/contacts/{company.clara.pk}/", _form(company.clara, addresses="dmitri@elsewhere.example")
    )
    assert taken.status_code == 409


def test_observer_reads_but_does_not_write(company: People) -> None:
    browser = desk_client(company.observer)
    page = browser.get(f"/contacts/{company.clara.pk}/").content.decode()
    assert 'name="addresses"' not in page
    assert browser.post(f"/contacts/{company.clara.pk}/", _form(company.clara)).status_code == 404
    assert browser.post(f"/organizations/{company.berezka.pk}/", {"name": "x"}).status_code == 404


def test_organisation_keeps_domains_and_number_patterns(company: People) -> None:
    browser = desk_client(company.anna)
    address = f"/organizations/{company.berezka.pk}/"
    form = {
        "name": "Берёзка", "note": "", "domains": "berezka.example\nberezka.test", "system": ["sd", ""],
        "pattern": ["RP#######", ""], "url": ["https://sd.example/{number}", ""],
    }  # fmt: skip
    assert browser.post(address, form).status_code == 302
    found = Organization.objects.get(pk=company.berezka.pk)
    assert found.reference_patterns[0]["pattern"] == "RP#######"
    assert set(found.domains.values_list("domain", flat=True)) == {"berezka.example", "berezka.test"}
    page = browser.get(address).content.decode()
    assert "RP#######" in page
    assert "Клара Миронова" in page
    refused = browser.post(address, form | {"domains": "gmail.com"})
    assert refused.status_code == 422
    assert "бесплатной почте" in refused.content.decode()


def test_unknown_fields_are_refused(company: People) -> None:
    browser = desk_client(company.anna)
    assert browser.post(f"/contacts/{company.clara.pk}/", _form(company.clara, role="admin")).status_code == 422
    assert browser.post(f"/organizations/{company.berezka.pk}/", {"name": "x", "id": 3}).status_code == 422
