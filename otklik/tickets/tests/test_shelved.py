"""A ticket in the bin or in spam: what brings it out, what is refused, and that nothing living is deleted."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, NotFound
from otklik.core.events import timeline
from otklik.testing.api import Api
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions import shelving
from otklik.tickets.actions.base import Shelved
from otklik.tickets.actions.linking import link
from otklik.tickets.actions.merging import merge
from otklik.tickets.actions.receiving import Incoming, receive
from otklik.tickets.actions.rewriting import edit_note
from otklik.tickets.actions.sending import send_reply
from otklik.tickets.actions.shelving import KEPT_FOR, mark_spam, purge, put_in_bin, restore
from otklik.tickets.actions.status import change_status
from otklik.tickets.models import SpamDomain, Ticket
from otklik.tickets.queries import folder_by_key, in_folder

SYSTEM = Actor.system()
Act = Callable[[Ticket, Ticket, Actor], object]


def _long_ago() -> None:
    Ticket.objects.update(shelved_at=now() - KEPT_FOR - timedelta(days=1))


def _in(actor: Actor, key: str) -> set[int]:
    return {row.pk for row in in_folder(actor, folder_by_key(key, {}))}


def _says(company: People, ticket: Ticket, **more: object) -> Ticket:
    item = Incoming(
        author=company.clara, channel=company.mailbox, at=now(), ticket=ticket, body_text="Всё ещё греет", **more
    )  # type: ignore[arg-type]
    with transaction.atomic():
        return receive([item])[0].ticket


@pytest.mark.parametrize("shelve", [put_in_bin, mark_spam])
def test_opened_by_a_colleague_it_is_restored_and_never_deleted(company: People, shelve: Callable[..., object]) -> None:
    anna, ticket = company.actor(company.anna), company.ticket()
    shelve(ticket, by=anna)
    _long_ago()
    assert change_status(ticket, status="open", by=anna)
    ticket.refresh_from_db()
    assert (ticket.shelf, ticket.shelved_at, ticket.status.key) == (None, None, "open")
    assert not _in(anna, "bin") | _in(anna, "spam")
    assert purge(by=SYSTEM) == 0
    assert "ticket.restored" in [event.kind for event in timeline(1, ticket.pk)]


def test_opening_spam_takes_mail_from_there_again(company: People) -> None:
    anna, ticket = company.actor(company.anna), company.ticket()
    mark_spam(ticket, learn="domain", by=anna)
    change_status(ticket, status="open", by=anna)
    assert not SpamDomain.objects.exists()


def test_who_may_not_restore_does_not_open(company: People) -> None:
    ticket = company.ticket()
    put_in_bin(ticket, by=company.actor(company.anna))
    with pytest.raises(NotFound):
        change_status(ticket, status="open", by=company.contact_actor(company.dmitri))
    for status in ("solved", "closed"):
        with pytest.raises(Shelved):
            change_status(ticket, status=status, by=company.actor(company.anna))


ACTS: list[Act] = [
    lambda ticket, other, by: actions.reply(ticket, body_text="Едем", by=by),
    lambda ticket, other, by: actions.reply(ticket, body_text="Едем", status="open", by=by),
    lambda ticket, other, by: actions.add_note(ticket, body_text="Заметка", by=by),
    lambda ticket, other, by: actions.add_incoming(ticket, body_text="Звонил", by=by),
    lambda ticket, other, by: actions.assign(ticket, assignee=None, team=None, by=by),
    lambda ticket, other, by: actions.edit_properties(ticket, subject="Другая", by=by),
    lambda ticket, other, by: actions.set_tags(ticket, tags=["а"], by=by),
    lambda ticket, other, by: actions.snooze(ticket, until=now() + timedelta(days=1), by=by),
    lambda ticket, other, by: link(ticket, other=other, kind="related", by=by),
    lambda ticket, other, by: link(other, other=ticket, kind="related", by=by),
    lambda ticket, other, by: edit_note(ticket.messages.get(kind="note"), body_text="Иначе", by=by),
]


@pytest.mark.parametrize("act", ACTS)
def test_everything_else_is_refused_with_plain_words(company: People, act: Act) -> None:
    anna, ticket, other = company.actor(company.anna), company.ticket(), company.ticket("Другая")
    actions.add_note(ticket, body_text="Было", by=anna)
    put_in_bin(ticket, by=anna)
    before = Ticket.objects.filter(pk=ticket.pk).values().get()
    with pytest.raises(Shelved) as refused:
        act(ticket, other, anna)
    assert "в корзине" in str(refused.value)
    assert Ticket.objects.filter(pk=ticket.pk).values().get() == before


@pytest.mark.parametrize("status", ["new", "open", "pending", "solved", "closed"])
@pytest.mark.parametrize("shelve", [put_in_bin, mark_spam])
def test_what_the_customer_says_brings_it_out(company: People, shelve: Callable[..., object], status: str) -> None:
    anna, ticket = company.actor(company.anna), company.ticket()
    change_status(ticket, status=status, by=anna)
    shelve(ticket, by=anna)
    _long_ago()
    _says(company, ticket)
    ticket.refresh_from_db()
    assert (ticket.shelf, ticket.is_open, ticket.awaits_us) == (None, True, True)
    assert ticket.status.key == ("new" if status == "new" else "open")
    assert purge(by=SYSTEM) == 0
    assert _in(anna, "open") == {ticket.pk}


@pytest.mark.parametrize("silent", [{"quiet": True}, {"sender_checked": False}])
def test_what_moves_nothing_brings_nothing_out(company: People, silent: dict[str, object]) -> None:
    ticket = company.ticket()
    put_in_bin(ticket, by=company.actor(company.anna))
    _says(company, ticket, **silent)
    ticket.refresh_from_db()
    assert (ticket.shelf, ticket.is_open) == ("bin", False)


def test_purge_spares_what_is_open_or_merged(company: People) -> None:
    ticket, other = company.ticket("а"), company.ticket("б")
    for one in (ticket, other):
        put_in_bin(one, by=company.actor(company.anna))
    Ticket.objects.filter(pk=ticket.pk).update(category="open", is_open=True)
    Ticket.objects.filter(pk=other.pk).update(merged_into=company.ticket("в"))
    _long_ago()
    assert purge(by=SYSTEM) == 0
    assert Ticket.objects.count() == 3


def test_card_offers_nothing_but_to_restore(company: People) -> None:
    anna, ticket = company.actor(company.anna), company.ticket()
    actions.add_note(ticket, body_text="Было", by=anna)
    client = Client()
    client.force_login(company.anna)
    page = client.get(f"/tickets/{ticket.pk}/").content.decode()
    offers = ("ok-composer", f"/tickets/{ticket.pk}/status/", f"/tickets/{ticket.pk}/assignment/", "edit-subject")
    assert all(offer in page for offer in offers)
    put_in_bin(ticket, by=anna)
    page = client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert not [offer for offer in offers if offer in page]
    assert f'hx-delete="/tickets/{ticket.pk}/bin/"' in page
    assert "/merge/" not in client.get(f"/tickets/{ticket.pk}/more/").content.decode()
    answer = client.delete(f"/tickets/{ticket.pk}/bin/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/tickets/{ticket.pk}/")
    page = client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert all(offer in page for offer in offers)


def test_programs_are_told_409_and_open_it(company: People) -> None:
    ticket, api = company.ticket(), Api(company.anna)
    put_in_bin(ticket, by=company.actor(company.anna))
    status, problem = api("POST", f"/tickets/{ticket.pk}/messages", {"kind": "reply", "body_text": "Едем"})
    assert (status, problem["type"]) == (409, "urn:otklik:problem:shelved")
    status, opened = api("PATCH", f"/tickets/{ticket.pk}", {"status": "open"})
    assert (status, opened["shelf"], opened["status"]["key"]) == (200, None, "open")


def test_merged_one_is_not_shelved(company: People) -> None:
    anna, ticket, other = company.actor(company.anna), company.ticket("а"), company.ticket("б")
    merge(ticket, into=other, by=anna)
    for act in (put_in_bin, mark_spam):
        with pytest.raises(Conflict):
            act(ticket, by=anna)
    Ticket.objects.filter(pk=ticket.pk).update(shelf="bin", shelved_at=now())
    with pytest.raises(Conflict):
        restore(ticket, by=anna)


def _gone(ticket: Ticket) -> None:
    put_in_bin(ticket, by=SYSTEM)
    _long_ago()
    assert purge(by=SYSTEM) == 1


@pytest.mark.parametrize("act", [*ACTS[:8], lambda t, _o, by: change_status(t, status="open", by=by),
                                 lambda t, _o, by: restore(t, by=by), lambda t, _o, by: put_in_bin(t, by=by),
                                 lambda t, other, by: merge(t, into=other, by=by),
                                 lambda t, other, by: link(t, other=other, kind="related", by=by),
                                 lambda t, _o, by: send_reply(t, body_text="Едем", by=by)])  # fmt: skip
def test_act_on_what_was_deleted_meanwhile_finds_nothing(company: People, act: Act) -> None:
    """The ticket was looked up, and then the bin was emptied."""
    anna, ticket, other = company.actor(company.anna), company.ticket(), company.ticket("Другая")
    _gone(Ticket.objects.get(pk=ticket.pk))
    with pytest.raises(NotFound):
        act(ticket, other, anna)


def test_words_for_what_was_deleted_meanwhile_find_nothing(company: People) -> None:
    ticket = company.ticket()
    _gone(Ticket.objects.get(pk=ticket.pk))
    with pytest.raises(NotFound):
        _says(company, ticket)


def test_what_comes_out_while_the_bin_is_emptied_stays(company: People, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket, gone = company.ticket("а"), company.ticket("б")
    for one in (ticket, gone):
        put_in_bin(one, by=SYSTEM)
    _long_ago()
    real = shelving.hold

    def hold(numbers: list[int]) -> None:
        """Let the customer be faster than the lock."""
        if Ticket.objects.filter(pk=ticket.pk, shelf="bin").exists():
            _says(company, ticket)
        real(numbers)

    monkeypatch.setattr(shelving, "hold", hold)
    assert purge(by=SYSTEM) == 1
    assert Ticket.objects.get().pk == ticket.pk
