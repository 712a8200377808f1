"""Bulk work with one undo, the bin, spam and what it teaches, the page for the printer."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from otklik.accounts.models import CustomRole, User
from otklik.channels.email.case import Facts
from otklik.channels.email.standing import empty_facts
from otklik.contacts.models import Contact
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid, NotFound
from otklik.core.events import Event, timeline
from otklik.core.settings_store import set_value
from otklik.testing.api import Api
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.actions.bulk import run_bulk, undo_bulk
from otklik.tickets.actions.linking import link
from otklik.tickets.actions.shelving import mark_spam, purge, put_in_bin, restore
from otklik.tickets.actions.stepping import undo_step
from otklik.tickets.models import Message, SpamDomain, Step, Ticket
from otklik.tickets.queries import folder_by_key, in_folder
from otklik.tickets.views import shelves

TOMORROW = now() + timedelta(days=1)


def _in(actor: Actor, key: str) -> set[int]:
    return {row.pk for row in in_folder(actor, folder_by_key(key, {}))}


@pytest.mark.parametrize(
    ("act", "value"),
    [("assignee", "boris"), ("team", "field"), ("status", "pending"), ("priority", 4), ("tags", ["холод"]),
     ("snooze", TOMORROW), ("spam", None), ("bin", None)],
)  # fmt: skip
def test_run_changes_all_and_one_undo_brings_all_back(company: People, act: str, value: object) -> None:
    anna = company.actor(company.anna)
    tickets = [company.ticket(name) for name in "абв"]
    names = ("assignee", "team", "category", "priority", "tags_shown", "snoozed_until", "shelf", "is_open")
    before = list(Ticket.objects.order_by("pk").values(*names))
    given = getattr(company, value).pk if isinstance(value, str) and hasattr(company, value) else value
    numbers = [ticket.pk for ticket in tickets]
    result = run_bulk(numbers, act=act, value=given, by=anna)
    assert (result.changed, result.refused) == (3, [])
    assert result.step is not None
    assert run_bulk(numbers, act=act, value=given, by=anna).changed == 0
    undone = undo_bulk(result.step, by=anna)
    assert (undone.changed, undone.refused) == (3, [])
    assert list(Ticket.objects.order_by("pk").values(*names)) == before
    assert undo_bulk(result.step, by=anna).changed == 0


def test_run_names_who_refused_and_leaves_what_others_changed(company: People) -> None:
    anna = company.actor(company.anna)
    mine, foreign = company.ticket("а"), company.ticket("б", team=company.field)
    solved = company.ticket("в", status="solved")
    set_value("agents_see", "teams", by=Actor.system())
    result = run_bulk([mine.pk, foreign.pk, solved.pk], act="snooze", value=TOMORROW, by=anna)
    assert result.changed == 1
    assert [number for number, _why in result.refused] == [foreign.pk, solved.pk]
    assert result.step is not None
    actions.unsnooze(mine, by=company.actor(company.boris))
    assert undo_bulk(result.step, by=anna).refused[0][0] == mine.pk
    for bad in ([], list(range(1, 300))):
        with pytest.raises(Invalid):
            run_bulk(bad, act="bin", by=anna)
    with pytest.raises(Invalid):
        run_bulk([mine.pk], act="explode", by=anna)
    observer = run_bulk([mine.pk], act="bin", by=company.actor(company.observer))
    assert observer.changed == 0


def test_list_offers_bulk_work_and_undo(company: People) -> None:
    ticket, other = company.ticket("а"), company.ticket("б")
    client = Client(headers={"HX-Request": "true"})
    client.force_login(company.anna)
    assert "bulk-more" in client.get("/tickets/?folder=open").content.decode()
    for menu in ("assignee", "status", "more"):
        assert client.get(f"/tickets/bulk/?menu={menu}").status_code == 200
    answer = client.post("/tickets/bulk/", {"ids": f"{ticket.pk},{other.pk}", "tags": "срочно, холод"})
    step = Step.objects.get()
    assert f"/tickets/undo/{step.pk}/" in answer["HX-Trigger"]
    assert Ticket.objects.get(pk=other.pk).tags_shown == ["срочно", "холод"]
    assert "page-old" in client.post(f"/tickets/undo/{step.pk}/")["HX-Trigger"]
    assert Ticket.objects.get(pk=other.pk).tags_shown == []
    assert client.post("/tickets/bulk/", {"ids": "1", "tags": "a", "bin": "1"}).status_code == 422
    assert client.post("/tickets/bulk/", {"ids": "1", "colour": "red"}).status_code == 422
    boris = Client(headers={"HX-Request": "true"})
    boris.force_login(company.boris)
    assert boris.post(f"/tickets/undo/{step.pk}/").status_code == 404


def test_binned_ticket_leaves_the_lists_and_comes_back_as_it_was(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    actions.change_status(ticket, status="pending", by=anna)
    for stranger in (company.contact_actor(company.dmitri), company.actor(company.technician)):
        with pytest.raises((NotFound, Forbidden)):
            put_in_bin(ticket, by=stranger)
    assert put_in_bin(ticket, by=anna)
    assert not put_in_bin(ticket, by=anna)
    assert _in(anna, "bin") == {ticket.pk}
    assert not _in(anna, "open") | _in(anna, "all") | _in(anna, "solved") | _in(anna, "spam")
    client = Client()
    client.force_login(company.anna)
    assert "bin/" in client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert restore(ticket, by=anna)
    assert not restore(ticket, by=anna)
    assert ticket.category == "pending"
    assert _in(anna, "open") == {ticket.pk}


def test_bin_is_emptied_after_thirty_days(company: People) -> None:
    anna, system = company.actor(company.anna), Actor.system()
    ticket, kept = company.ticket("а"), company.ticket("б")
    link(ticket, other=kept, kind="related", by=anna)
    actions.reply(ticket, body_text="Ответ", by=anna)
    put_in_bin(ticket, by=anna)
    assert purge(by=system) == 0
    with time_machine.travel(now() + timedelta(days=31), tick=False):
        assert purge(by=system) == 1
        assert purge(by=system) == 0
    assert not Message.objects.filter(ticket_id=ticket.pk).exists()
    assert Event.objects.filter(kind="ticket.purged", subject_id=ticket.pk).count() == 1
    assert Ticket.objects.get().link_count == 0


def test_spam_teaches_address_and_domain_and_forgets_on_undo(company: People) -> None:
    anna = company.actor(company.anna)
    first, second = company.ticket(requester=company.dmitri), company.ticket(requester=company.dmitri)
    step = mark_spam(first, learn="address", by=anna)
    company.dmitri.refresh_from_db()
    assert company.dmitri.is_blocked
    assert step is not None
    assert mark_spam(first, by=anna) is None
    undo_step(step, by=anna)
    company.dmitri.refresh_from_db()
    assert not company.dmitri.is_blocked
    step = mark_spam(second, learn="domain", by=anna)
    facts: Facts = empty_facts()
    assert facts.spam_domains == {"elsewhere.example"}
    assert step is not None
    undo_step(step, by=anna)
    assert not SpamDomain.objects.exists()
    assert empty_facts().spam_domains == frozenset()
    assert [row.kind for row in timeline(1, second.pk)][-2:] == ["ticket.marked_spam", "ticket.restored"]


@pytest.mark.parametrize("way", ["card", "api", "list"])
def test_a_ticket_that_is_restored_forgets_what_it_taught_by_every_way(company: People, way: str) -> None:
    anna, ticket = company.actor(company.anna), company.ticket(requester=company.dmitri)
    other, hand = company.ticket(), SpamDomain.objects.create(domain="hand.example", added_at=now())
    mark_spam(other, learn="domain", by=anna)
    step = mark_spam(ticket, learn="address", by=anna)
    assert step is not None
    for _time in range(2):
        if way == "card":
            assert desk_client(company.anna).delete(f"/tickets/{ticket.pk}/bin/").status_code == 302
        elif way == "api":
            assert Api(company.anna)("delete", f"/tickets/{ticket.pk}/spam")[1]["shelf"] is None
        else:
            run_bulk([ticket.pk], act="restore", by=anna)
        company.dmitri.refresh_from_db()
        assert not company.dmitri.is_blocked
        assert set(SpamDomain.objects.values_list("domain", flat=True)) == {"berezka.example", hand.domain}
        assert empty_facts().spam_domains == {"berezka.example", hand.domain}
    Contact.objects.filter(pk=company.dmitri.pk).update(is_blocked=True)  # by hand, since
    undo_step(step, by=anna)
    company.dmitri.refresh_from_db()
    assert company.dmitri.is_blocked


def test_who_may_not_change_people_restores_a_ticket_and_leaves_its_sender_on_the_list(company: People) -> None:
    ticket = company.ticket(requester=company.dmitri)
    mark_spam(ticket, learn="address", by=company.actor(company.anna))
    role = CustomRole.objects.create(name="Особая", base="agent", rights=["tickets.view", "tickets.edit"])
    User.objects.filter(pk=company.boris.pk).update(custom_role=role)
    company.boris.refresh_from_db()
    assert restore(ticket, by=company.actor(company.boris))
    assert SpamDomain.objects.get().domain == "dmitri@elsewhere.example"
    company.dmitri.refresh_from_db()
    assert company.dmitri.is_blocked


def test_nothing_is_learnt_from_people_we_answered_or_public_domains(company: People) -> None:
    from otklik.contacts import actions as contacts

    anna = company.actor(company.anna)
    answered = company.ticket()
    actions.reply(answered, body_text="Да", by=anna)
    with pytest.raises(Invalid):
        mark_spam(answered, learn="address", by=anna)
    public = contacts.add_contact(name="Кто-то", addresses=["x@gmail.com"], by=anna)
    with pytest.raises(Invalid):
        mark_spam(company.ticket(requester=public), learn="domain", by=anna)
    assert not Ticket.objects.exclude(shelf=None).exists()


def test_pages_bin_spam_and_paper(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    actions.add_note(ticket, body_text="Секрет для своих", by=anna)
    client = Client(headers={"HX-Request": "true"})
    client.force_login(company.anna)
    base = f"/tickets/{ticket.pk}/"
    page = client.get(f"{base}print/").content.decode()
    assert "Витрина с утра" in page
    assert "Секрет" not in page
    assert "Секрет" in client.get(f"{base}print/?notes=1").content.decode()
    assert "/tickets/undo/" in client.post(f"{base}bin/")["HX-Trigger"]
    assert client.delete(f"{base}bin/").status_code == 204
    assert "/tickets/undo/" in client.post(f"{base}spam/", {"learn": "address"})["HX-Trigger"]
    assert client.post(f"{base}spam/", {"learn": "planet"}).status_code == 422


def test_paper_says_what_it_leaves_out(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "_ON_PAPER", 2)
    ticket, anna = company.ticket(), company.actor(company.anna)
    actions.add_note(ticket, body_text="Вторая", by=anna)
    client, path = desk_client(company.anna), f"/tickets/{ticket.pk}/print/?notes=1"
    words = "Здесь только последние сообщения: 2."
    assert words not in client.get(path).content.decode()
    actions.add_note(ticket, body_text="Третья", by=anna)
    page = client.get(path).content.decode()
    assert words in page
    assert "Третья" in page
    assert "Витрина с утра" not in page


def test_binned_tickets_are_in_no_history_and_no_plain_list_of_programs(company: People) -> None:
    from otklik.accounts import actions as accounts
    from otklik.tickets.queries import history_of

    anna = company.actor(company.anna)
    ticket, kept = company.ticket("а"), company.ticket("б")
    put_in_bin(ticket, by=anna)
    assert list(history_of(anna, contact=company.clara)) == [kept]
    _row, token = accounts.create_token(company.anna, name="t", scopes=["read"], by=anna)
    client = Client(headers={"authorization": f"Bearer {token}"})
    assert [row["number"] for row in client.get("/api/v1/tickets").json()["items"]] == [kept.pk]
    assert [row["number"] for row in client.get("/api/v1/tickets?view=bin").json()["items"]] == [ticket.pk]
    assert client.get(f"/api/v1/tickets/{ticket.pk}").json()["number"] == ticket.pk
