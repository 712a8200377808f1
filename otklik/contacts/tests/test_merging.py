"""Two contacts of one person: merged with everything of theirs, parted again, and who may not."""

import threading

import pytest
from django.db import connection, transaction
from django.test import Client

from otklik.accounts.actions import create_token
from otklik.contacts import actions, queries
from otklik.contacts.models import Contact, ContactAddress, ContactMerge
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import Event, dispatch_batch
from otklik.search.actions import read_pending
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions as tickets
from otklik.tickets.models import Participant, Ticket


@pytest.fixture
def second(company: People) -> Contact:
    """Clara again, by her own mailbox and with a phone."""
    return actions.add_contact(
        name="Клара М.", addresses=["clara@home.example"], phone="8 812 555-00-01", note="Звонить после обеда",
        position="технолог", by=company.actor(company.anna),
    )  # fmt: skip


def _merge(second: Contact, company: People) -> ContactMerge:
    return actions.merge_contacts(second, into=company.clara, by=company.actor(company.anna))


def test_all_of_the_one_goes_to_the_other_and_back(second: Contact, company: People) -> None:
    actions.change_contact(company.clara, note="Любит точность", by=company.actor(company.anna))
    own, asked, shared = company.ticket("Своя"), company.ticket("Чужая", requester=second), company.ticket("Общая")
    tickets.add_person(shared, address="clara@home.example", by=company.actor(company.anna))
    dmitris = company.ticket("Дмитрия", requester=company.dmitri)
    tickets.add_person(dmitris, address="clara@home.example", by=company.actor(company.anna))
    before = list(Ticket.objects.order_by("pk").values("requester_id", "organization_id", "people"))
    row = _merge(second, company)
    kept = Contact.objects.get(pk=company.clara.pk)
    assert (kept.phone, kept.position, kept.note) == (
        "+78125550001",
        "технолог",
        "Любит точность\n\nЗвонить после обеда",
    )
    assert sorted(kept.addresses.values_list("address", "is_primary")) == [
        ("clara@berezka.example", True), ("clara@home.example", False),
    ]  # fmt: skip
    asked.refresh_from_db()
    assert (asked.requester_id, asked.organization_id) == (kept.pk, company.berezka.pk)
    shared.refresh_from_db()
    assert shared.people == []
    dmitris.refresh_from_db()
    assert [(who["contact_id"], who["name"]) for who in dmitris.people] == [(kept.pk, "Клара Миронова")]
    assert not Participant.objects.filter(contact=second).exists()
    assert queries.contacts_by_address(["clara@home.example"])["clara@home.example"] == kept
    assert second not in queries.visible_to(company.actor(company.anna))
    assert Event.objects.filter(kind="person.merged").count() == 3
    assert own.requester_id == kept.pk

    assert actions.undo_contact_merge(row, by=company.actor(company.boris))
    assert list(Ticket.objects.order_by("pk").values("requester_id", "organization_id", "people")) == before
    kept.refresh_from_db()
    assert (kept.phone, kept.position, kept.note) == ("", "", "Любит точность")
    back = ContactAddress.objects.get(contact=second)
    assert (back.address, back.is_primary) == ("clara@home.example", True)
    assert set(Participant.objects.filter(contact=second).values_list("ticket_id", flat=True)) == {
        shared.pk,
        dmitris.pk,
    }
    assert not actions.undo_contact_merge(row, by=company.actor(company.boris))


def test_what_was_changed_since_stays_when_they_are_parted(second: Contact, company: People) -> None:
    asked = company.ticket("Чужая", requester=second)
    row = _merge(second, company)
    kept = Contact.objects.get(pk=company.clara.pk)
    actions.change_contact(kept, phone="8 812 555-00-02", by=company.actor(company.anna))
    ticket = Ticket.objects.get(pk=asked.pk)
    tickets.change_requester(ticket, requester=company.dmitri, by=company.actor(company.anna))
    later = company.ticket("После слияния")
    actions.undo_contact_merge(row, by=company.actor(company.anna))
    kept.refresh_from_db()
    ticket.refresh_from_db()
    later.refresh_from_db()
    assert (kept.phone, ticket.requester, later.requester) == ("+78125550002", company.dmitri, kept)


def test_a_second_phone_is_kept_in_the_note(second: Contact, company: People) -> None:
    actions.change_contact(company.clara, phone="8 812 555-00-02", by=company.actor(company.anna))
    _merge(second, company)
    kept = Contact.objects.get(pk=company.clara.pk)
    assert kept.phone == "+78125550002"
    assert "Ещё телефон: +78125550001" in kept.note


def test_repeat_self_and_merged_ones(second: Contact, company: People) -> None:
    row = _merge(second, company)
    events = Event.objects.count()
    assert _merge(second, company) == row
    assert Event.objects.count() == events
    with pytest.raises(Invalid) as caught:
        actions.merge_contacts(company.clara, into=company.clara, by=company.actor(company.anna))
    assert caught.value.field == "into"
    with pytest.raises(Conflict):
        actions.merge_contacts(second, into=company.dmitri, by=company.actor(company.anna))
    with pytest.raises(Conflict):
        actions.merge_contacts(company.dmitri, into=second, by=company.actor(company.anna))
    on = actions.merge_contacts(company.clara, into=company.dmitri, by=company.actor(company.anna))
    assert queries.kept_for(company.actor(company.anna), second.pk) == company.dmitri
    with pytest.raises(Conflict):
        actions.undo_contact_merge(row, by=company.actor(company.anna))
    assert actions.undo_contact_merge(on, by=company.actor(company.anna))
    assert actions.undo_contact_merge(row, by=company.actor(company.anna))


def test_strangers_merge_nobody(second: Contact, company: People) -> None:
    for stranger in (company.actor(company.observer), company.contact_actor(company.dmitri)):
        with pytest.raises(Forbidden):
            actions.merge_contacts(second, into=company.clara, by=stranger)
    row = _merge(second, company)
    with pytest.raises(Forbidden):
        actions.undo_contact_merge(row, by=company.actor(company.technician))


@pytest.mark.django_db(transaction=True)
def test_two_merges_at_once_make_one(second: Contact, company: People) -> None:
    company.ticket("Чужая", requester=second)
    ends: list[str] = []
    together = threading.Barrier(2)

    def merge(one: Contact, other: Contact) -> None:
        together.wait(10)
        try:
            actions.merge_contacts(one, into=other, by=Actor.system())
            ends.append("merged")
        except Conflict:
            ends.append("told")
        finally:
            connection.close()

    pairs = [(second, company.clara), (company.clara, second)]
    threads = [threading.Thread(target=merge, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(ends) == ["merged", "told"]
    assert ContactMerge.objects.count() == 1


def test_what_intake_opened_meanwhile_follows(second: Contact, company: People) -> None:
    asked = company.ticket("Чужая")
    _merge(second, company)
    Ticket.objects.filter(pk=asked.pk).update(requester=second)  # as by a mail that was being read
    with transaction.atomic():
        dispatch_batch(200)
    asked.refresh_from_db()
    assert asked.requester == company.clara


def test_search_follows(second: Contact, company: People) -> None:
    asked = company.ticket("Витрина", requester=second)
    _merge(second, company)
    with transaction.atomic():
        dispatch_batch(200)
    read_pending()
    found = desk_client(company.anna).get("/search/", {"q": "clara@berezka.example"}).content.decode()
    assert f"/tickets/{asked.pk}/" in found


def test_likely_duplicates_by_phone_and_by_name_in_one_organisation(second: Contact, company: People) -> None:
    anna = company.actor(company.anna)
    assert queries.likely_duplicates(anna, company.clara) == []
    same = actions.add_contact(name="клара миронова", organization=company.berezka, by=anna)
    actions.add_contact(name="Клара Миронова", organization=company.romashka, by=anna)
    company.clara.phone = second.phone
    company.clara.save(update_fields=["phone"])
    assert set(queries.likely_duplicates(anna, company.clara)) == {same, second}
    assert queries.likely_duplicates(company.contact_actor(company.dmitri), company.clara) == []


def test_pages_merge_and_part(second: Contact, company: People) -> None:
    company.ticket("Чужая", requester=second)
    browser = desk_client(company.anna)
    place = f"/contacts/{company.clara.pk}/merge/"
    assert "Клара М." in browser.get(place, {"q": "клара"}).content.decode()
    assert "Клара М." in browser.get(place, {"q": "clara@h"}, HTTP_HX_REQUEST="true").content.decode()
    page = browser.get(place, {"with": second.pk}).content.decode()
    assert "clara@berezka.example\nclara@home.example" in page
    assert "+78125550001" in page
    assert browser.post(place, {"other": second.pk, "keep": "7", "shoe": "1"}).status_code == 422
    assert browser.post(place, {"other": second.pk, "keep": "0"}).status_code == 422
    answer = browser.post(place, {"other": second.pk, "keep": company.clara.pk})
    assert answer.headers["Location"] == f"/contacts/{company.clara.pk}/"
    assert browser.get(f"/contacts/{second.pk}/").headers["Location"] == f"/contacts/{company.clara.pk}/"
    row = ContactMerge.objects.get()
    page = browser.get(f"/contacts/{company.clara.pk}/").content.decode()
    undo = f"/contacts/{company.clara.pk}/merges/{row.pk}/undo/"
    assert undo in page
    assert desk_client(company.observer).post(undo).status_code == 404
    assert browser.post(undo).headers["Location"] == f"/contacts/{second.pk}/"
    assert browser.get(f"/contacts/{second.pk}/").status_code == 200
    assert browser.get(place, {"with": company.clara.pk}).status_code == 404
    assert browser.get(place, {"with": "9" * 30}).status_code == 404


def test_api_merges_and_parts(second: Contact, company: People) -> None:
    _row, plain = create_token(company.anna, name="t", scopes=["write"], by=company.actor(company.anna))
    browser = Client(headers={"authorization": f"Bearer {plain}"})
    place = f"/api/v1/contacts/{second.pk}/merge"
    for _again in range(2):
        answer = browser.post(place, {"into": company.clara.pk}, content_type="application/json")
        assert answer.status_code == 200, answer.content
        assert answer.json()["id"] == company.clara.pk
    assert browser.get(f"/api/v1/contacts/{second.pk}").status_code == 404
    assert browser.post(place, {"into": 1, "shoe": 1}, content_type="application/json").status_code == 422
    assert browser.delete(place).json()["id"] == second.pk
    assert browser.delete(place).status_code == 404


def test_note_is_edited_in_place_and_seen_on_the_card(company: People) -> None:
    browser = desk_client(company.anna)
    ticket = company.ticket()
    place = f"/contacts/{company.clara.pk}/note/"
    answer = browser.post(place, {"note": "Код домофона 12", "version": 1}, HTTP_HX_REQUEST="true")
    assert "Код домофона 12" in answer.content.decode()
    late = browser.post(place, {"note": "Моё", "version": 1}, HTTP_HX_REQUEST="true")
    assert late.status_code == 409
    assert "Код домофона 12" in late.content.decode()
    assert ">Моё</textarea>" in late.content.decode()
    assert browser.post(place, {"note": "x", "version": 2, "shoe": 1}).status_code == 422
    firm = f"/organizations/{company.berezka.pk}/note/"
    assert browser.post(firm, {"note": "Платят в срок", "version": 1}).status_code == 302
    assert browser.post(firm, {"note": "Иначе", "version": 1}).status_code == 409
    card = browser.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Код домофона 12" in card
    assert "Платят в срок" in card
    assert desk_client(company.observer).post(place, {"note": "x", "version": 2}).status_code == 404
