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


def test_late_form_of_an_organisation_is_refused_and_shows_what_is_now(company: People) -> None:
    browser, address = desk_client(company.anna), f"/organizations/{company.berezka.pk}/"
    shown = f'name="version" id="edit-version" value="{company.berezka.version}"'
    assert shown in browser.get(address).content.decode()
    first = {"name": "Берёзка-2", "domains": "berezka.example", "version": company.berezka.version}
    late = {"name": "Опоздавшая", "domains": "late.example", "version": company.berezka.version}
    for _again in range(2):  # the same form twice is no race
        assert browser.post(address, first).status_code == 302
    answer = desk_client(company.boris).post(address, late)
    text = answer.content.decode()
    assert (answer.status_code, 'value="Берёзка-2"' in text, "Опоздавшая" in text) == (409, True, False)
    found = Organization.objects.get(pk=company.berezka.pk)
    assert (found.name, found.domains.get().domain) == ("Берёзка-2", "berezka.example")
    assert f'name="version" id="edit-version" value="{found.version}"' in text
    assert desk_client(company.observer).post(address, late).status_code == 404
    assert desk_client(company.boris).post(address, late | {"version": found.version}).status_code == 302


def test_refused_form_keeps_what_its_author_saw(company: People) -> None:
    browser = desk_client(company.anna)
    person, firm = f"/contacts/{company.clara.pk}/", f"/organizations/{company.berezka.pk}/"
    seen = 'id="edit-version" value="1"'
    Contact.objects.filter(pk=company.clara.pk).update(version=2)
    Organization.objects.filter(pk=company.berezka.pk).update(version=2)
    wrong = browser.post(person, _form(company.clara, addresses="не адрес"))
    assert (wrong.status_code, seen in wrong.content.decode()) == (422, True)
    wrong = browser.post(firm, {"name": "", "version": 1})
    assert (wrong.status_code, seen in wrong.content.decode()) == (422, True)


def test_domain_of_another_organisation_keeps_the_form(company: People) -> None:
    company.romashka.domains.create(domain="taken.example")
    form = {"name": "Берёзка-3", "domains": "taken.example", "version": company.berezka.version}
    answer = desk_client(company.anna).post(f"/organizations/{company.berezka.pk}/", form)
    assert (answer.status_code, 'value="Берёзка-3"' in answer.content.decode()) == (409, True)


def test_saved_note_leaves_the_form_beside_it_fresh(company: People) -> None:
    browser = desk_client(company.anna)
    for address in (f"/contacts/{company.clara.pk}/", f"/organizations/{company.berezka.pk}/"):
        saved = browser.post(f"{address}note/", {"note": "Код 12", "version": 1}, headers={"HX-Request": "true"})
        assert 'id="edit-version" value="2" hx-swap-oob="true"' in saved.content.decode()
        late = browser.post(f"{address}note/", {"note": "Код 13", "version": 1}, headers={"HX-Request": "true"})
        assert (late.status_code, "edit-version" in late.content.decode()) == (409, False)


def test_unknown_fields_are_refused(company: People) -> None:
    browser = desk_client(company.anna)
    assert browser.post(f"/contacts/{company.clara.pk}/", _form(company.clara, role="admin")).status_code == 422
    assert browser.post(f"/organizations/{company.berezka.pk}/", {"name": "x", "id": 3}).status_code == 422
