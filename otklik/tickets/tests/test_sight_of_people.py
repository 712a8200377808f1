"""Who sees a part of the tickets sees the people of that part, by every door (D-28), and merges no others (D-26)."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from otklik.accounts.actions import create_token
from otklik.accounts.models import User
from otklik.contacts import actions as contacts
from otklik.contacts import queries
from otklik.contacts.models import Contact, ContactMerge
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Forbidden
from otklik.core.events import Event
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.models import Follower, Ticket
from otklik.tickets.queries.people import find_requesters

PHONE = "+78125550044"
ADDRESS = "igor@hidden.example"


@pytest.fixture
def igor(company: People) -> Contact:
    """Somebody whom only a ticket of the field team knows; agents see their teams."""
    firm = contacts.add_organization(name="Скрытая", domains=["hidden.example"], by=Actor.system())
    igor = contacts.add_contact(
        name="Игорь Скрытный", addresses=[ADDRESS], phone=PHONE, organization=firm, note="Сейф 77", by=Actor.system()
    )
    company.ticket("Чужая", requester=igor, team=company.field, by=Actor.system())
    company.ticket("Своя")
    set_value("agents_see", "teams", by=Actor.system())
    return igor


def _sees(user: User, person: Contact, company: People) -> bool:
    return queries.visible_to(company.actor(user)).filter(pk=person.pk).exists()


def _api(user: User, *scopes: str) -> Client:
    _row, plain = create_token(user, name="t", scopes=scopes or ("write",), by=Actor.system())
    return Client(headers={"authorization": f"Bearer {plain}"})


def test_people_come_and_go_with_tickets(igor: Contact, company: People) -> None:
    assert not _sees(company.anna, igor, company)
    assert _sees(company.anna, company.clara, company)
    assert _sees(company.vera, igor, company)
    ticket = Ticket.objects.get(subject="Чужая")
    follower = Follower.objects.create(ticket=ticket, user=company.anna)
    assert _sees(company.anna, igor, company)
    follower.delete()
    actions.assign(ticket, team=company.desk, by=company.actor(company.vera))
    assert _sees(company.anna, igor, company)
    actions.assign(ticket, team=company.field, by=company.actor(company.vera))
    assert not _sees(company.anna, igor, company)


def test_who_takes_part_and_who_works_there_is_seen(igor: Contact, company: People) -> None:
    system = Actor.system()
    colleague = contacts.add_contact(name="Коллега", addresses=["co@hidden.example"], by=system)
    other = contacts.add_contact(name="Ещё чужой", organization=colleague.organization, by=system)
    mine = company.ticket("Ещё своя")
    actions.add_person(mine, address="co@hidden.example", by=company.actor(company.vera))
    assert _sees(company.anna, colleague, company)
    assert not _sees(company.anna, other, company)  # the ticket is no ticket of their firm
    company.ticket("Их заявка", requester=colleague, by=company.actor(company.vera))
    assert _sees(company.anna, other, company)
    assert _sees(company.anna, igor, company)


def test_whom_one_added_one_sees(igor: Contact, company: People) -> None:
    own = contacts.add_contact(name="Записанный", by=company.actor(company.anna))
    assert _sees(company.anna, own, company)
    assert not _sees(company.observer, own, company)
    Contact.objects.filter(pk=own.pk).update(merged_into=company.clara)
    assert not _sees(company.anna, own, company)


def test_technicians_see_the_people_of_their_tickets_whatever_is_set(igor: Contact, company: People) -> None:
    set_value("agents_see", "all", by=Actor.system())
    assert _sees(company.anna, igor, company)
    assert not _sees(company.technician, igor, company)
    actions.assign(
        Ticket.objects.get(subject="Чужая"), assignee=company.technician, by=company.actor(company.vera)
    )  # fmt: skip
    assert _sees(company.technician, igor, company)


def test_scopes_of_a_token_hide_nobody_more(igor: Contact, company: People) -> None:
    def names(user: User) -> set[str]:
        return {row["name"] for row in _api(user, "contacts:read").get("/api/v1/contacts").json()["items"]}

    assert {igor.name, company.clara.name} <= names(company.vera)
    assert company.clara.name in names(company.anna)
    assert igor.name not in names(company.anna)


@pytest.mark.parametrize("who", ["anna", "observer", "technician"])
def test_no_door_tells_of_hidden_people(igor: Contact, company: People, who: str) -> None:
    user: User = getattr(company, who)
    browser, program = desk_client(user), _api(user)
    firm = igor.organization_id
    doors = (
        "/contacts/", "/contacts/?q=игорь", "/contacts/?q=igor", f"/organizations/{firm}/",
        "/palette/?q=игорь", "/tickets/new/people/?q=игорь", "/tickets/new/requesters/?q=игорь",
        "/tickets/new/requesters/?q=81255500", "/search/?q=from:игорь", "/contacts/?q=igor@hidden",
    )  # fmt: skip
    for door in doors:
        shown = browser.get(door).content.decode()
        assert igor.name not in shown, door
        assert PHONE not in shown, door
        assert "Сейф" not in shown, door
    assert browser.get(f"/contacts/{igor.pk}/").status_code == 404
    assert browser.get(f"/search/history/?person={igor.pk}").status_code == 404
    assert program.get(f"/api/v1/contacts/{igor.pk}").status_code == 404
    assert program.get("/api/v1/contacts", {"query": "игорь"}).json()["items"] == []
    assert igor.name not in program.get("/api/v1/contacts").content.decode()
    seen = desk_client(company.vera).get("/contacts/?q=игорь").content.decode()
    assert igor.name in seen  # the words would have found him


def test_those_who_see_are_not_crowded_out_by_hidden_ones(igor: Contact, company: People) -> None:
    for number in range(12):
        contacts.add_contact(name=f"Ч{number}", addresses=[f"c{number:02}@crowd.example"], by=Actor.system())
    last = contacts.add_contact(name="Последний", addresses=["c99@crowd.example"], by=company.actor(company.anna))
    assert queries.find_people(company.actor(company.anna), "c") == []  # one letter finds nobody
    contacts.change_contact(last, addresses=["crowd@crowd.example"], by=Actor.system())
    for number in range(12):
        contacts.add_contact(name=f"Я{number}", addresses=[f"cro{number:02}@crowd.example"], by=Actor.system())
    assert queries.find_people(company.actor(company.anna), "cro") == [last]


def test_duplicates_and_taken_addresses_name_nobody(igor: Contact, company: People) -> None:
    anna = company.actor(company.anna)
    twin = contacts.add_contact(name="Игорь Скрытный", phone=PHONE, by=anna)
    assert queries.likely_duplicates(anna, twin) == []
    assert queries.likely_duplicates(company.actor(company.vera), twin) == [igor]
    with pytest.raises(Conflict) as caught:
        contacts.add_contact(name="Кто-то", addresses=[ADDRESS], by=anna)
    assert igor.name not in str(caught.value)


def test_files_of_people_are_for_those_who_see_everybody(igor: Contact, company: People) -> None:
    file = SimpleUploadedFile("p.csv", f"Имя;Почта\nИ. С.;{ADDRESS}\n".encode())
    browser = desk_client(company.anna)
    assert "contacts/import" not in browser.get("/contacts/").content.decode()
    assert browser.post("/contacts/import/", {"file": file}).status_code == 404
    assert _api(company.anna).get("/api/v1/imports").status_code == 403
    set_value("agents_see", "all", by=Actor.system())
    assert "contacts/import" in browser.get("/contacts/").content.decode()
    assert browser.get("/contacts/import/").status_code == 200


@pytest.mark.parametrize("words", [ADDRESS, "IGOR@hidden.example", "8 812 555-00-44", PHONE])
def test_who_is_named_exactly_may_be_taken_and_shows_only_his_name(igor: Contact, company: People, words: str) -> None:
    (found,) = find_requesters(company.actor(company.anna), words)
    assert (found.id, found.name, found.hint) == (igor.pk, igor.name, "")
    assert {found.email, found.phone} == {words, ""}
    assert find_requesters(company.actor(company.technician), words) == []
    assert [row.hint for row in find_requesters(company.actor(company.vera), words)] == ["Скрытая"]


def test_a_call_of_somebody_hidden_is_taken_down(igor: Contact, company: People) -> None:
    browser = desk_client(company.anna)
    form: dict[str, Any] = {
        "way": "record", "requester_id": igor.pk, "subject": "Звонок", "text": "Звонит", "priority": "2",
        "channel": company.mailbox.pk,
    }  # fmt: skip
    assert browser.post("/tickets/new/", form).status_code == 422  # his number alone proves nothing
    assert browser.post("/tickets/new/", form | {"requester_phone": "8 812 555-00-45"}).status_code == 422
    assert browser.post("/tickets/new/", form | {"requester_phone": "8 812 555-00-44"}).status_code == 302
    assert Ticket.objects.get(subject="Звонок").requester == igor
    assert _sees(company.anna, igor, company)


def test_programs_take_somebody_hidden_by_what_they_know_of_him(igor: Contact, company: People) -> None:
    program = _api(company.anna)
    ticket = {"subject": "Звонок", "body_text": "Звонит"}
    who: dict[str, Any] = {"id": igor.pk}
    kind = "application/json"
    answer = program.post("/api/v1/tickets", ticket | {"requester": who}, content_type=kind)
    assert answer.status_code == 422
    answer = program.post("/api/v1/tickets", ticket | {"requester": who | {"phone": PHONE}}, content_type=kind)
    assert answer.status_code == 201, answer.content
    assert answer.json()["requester"]["id"] == igor.pk


def test_merging_leaves_hidden_tickets_alone(igor: Contact, company: People) -> None:
    anna, vera = company.actor(company.anna), company.actor(company.vera)
    company.ticket("Его своя", requester=igor, by=vera)  # now she sees him, not his other ticket
    hidden = Ticket.objects.get(subject="Чужая")
    before = (Ticket.objects.filter(pk=hidden.pk).values()[0], Event.objects.count())
    with pytest.raises(Forbidden) as caught:
        contacts.merge_contacts(igor, into=company.clara, by=anna)
    assert "не видите" in str(caught.value)
    place = f"/contacts/{igor.pk}/merge/"
    answer = desk_client(company.anna).post(place, {"other": company.clara.pk, "keep": company.clara.pk})
    assert answer.status_code == 403
    assert "не видите" in answer.content.decode()
    body = {"into": company.clara.pk}
    answer = _api(company.anna).post(f"/api/v1/contacts/{igor.pk}/merge", body, content_type="application/json")
    assert answer.status_code == 403
    events = Event.objects.filter(subject_id=hidden.pk, subject_kind=1).count()
    assert Ticket.objects.filter(pk=hidden.pk).values()[0] == before[0]
    assert not ContactMerge.objects.exists()
    row = contacts.merge_contacts(igor, into=company.clara, by=vera)
    assert Event.objects.filter(subject_id=hidden.pk, subject_kind=1).count() == events + 1
    with pytest.raises(Forbidden):
        contacts.undo_contact_merge(row, by=anna)
    undo = f"/contacts/{company.clara.pk}/merges/{row.pk}/undo/"
    assert "не видите" in desk_client(company.anna).post(undo, follow=True).content.decode()
    assert _api(company.anna).delete(f"/api/v1/contacts/{igor.pk}/merge").status_code == 403
    row.refresh_from_db()
    assert row.undone_at is None
    assert contacts.undo_contact_merge(row, by=vera)


def test_whoever_sees_all_of_his_tickets_merges_him(igor: Contact, company: People) -> None:
    twin = contacts.add_contact(name="Двойник", by=company.actor(company.anna))
    company.ticket("Двойника", requester=twin)
    row = contacts.merge_contacts(twin, into=company.clara, by=company.actor(company.anna))
    assert contacts.undo_contact_merge(row, by=company.actor(company.anna))


def test_sight_is_asked_by_indexes(igor: Contact, company: People) -> None:
    rows = queries.visible_to(company.actor(company.anna)).filter(pk=igor.pk)
    plan = rows.explain()
    if connection.vendor == "sqlite":
        assert "SCAN" not in plan, plan
