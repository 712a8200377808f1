"""Who is told of what: by rules, by rights, once."""

import threading
from typing import Any

import pytest
from django.db import connections

from otklik.accounts import actions as accounts
from otklik.accounts.queries import actor_for
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.deputies import deputies, register_deputies
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import Event
from otklik.core.settings_store import set_value
from otklik.notifications.actions import (
    change_wishes,
    make_notifications,
    mark_all_read,
    mark_read,
    mark_ticket_read,
    undo_read,
)
from otklik.notifications.actions.choosing import Wanted
from otklik.notifications.models import Box, Notification, Wishes
from otklik.notifications.queries import unread_of, visible_to
from otklik.notifications.tests.conftest import Told, again, whys
from otklik.testing.people import People, people
from otklik.testing.tools import assert_statements
from otklik.tickets import actions
from otklik.tickets.actions.following import follow
from otklik.tickets.actions.receiving import Incoming, receive
from otklik.tickets.models import Ticket

_SYSTEM = Actor.system()


def _writes(company: People, ticket: Ticket) -> None:
    receive([Incoming(author=company.clara, channel=company.mailbox, at=now(), ticket=ticket, visible_text="И ещё")])


def _unread(company: People, user: Any) -> int:
    from otklik.core.cached import forget

    forget("bell")
    return unread_of(company.actor(user))


def test_what_happens_to_a_ticket_of_mine_is_told_and_own_acts_are_not(company: People, told: Told) -> None:
    anna, boris = company.actor(company.anna), company.actor(company.boris)
    ticket = company.ticket()
    told()
    assert whys(company.anna) == whys(company.boris) == []  # nobody's ticket: it stands in the queue
    actions.assign(ticket, assignee=company.boris, by=anna)
    told()
    _writes(company, ticket)
    actions.add_note(ticket, body_text="Гляньте, пожалуйста", by=anna)
    actions.change_status(ticket, status="on_hold", by=anna)
    actions.add_note(ticket, body_text="Сам себе", by=boris)
    told()
    assert whys(company.boris) == ["assigned", "message_mine", "note_mine", "status"]
    assert whys(company.anna) == []
    assert _unread(company, company.boris) == 4


def test_followers_and_those_called_by_name_are_told_once(company: People, told: Told) -> None:
    anna = company.actor(company.anna)
    ticket = company.ticket(assignee=company.boris)
    told()
    assert whys(company.boris) == ["assigned"]  # given while it was opened: told once
    actions.add_note(ticket, body_text=f"@{company.boris.name}, @{company.vera.name}, это к вам", by=anna)
    told()
    assert whys(company.boris)[1:] == ["mention"]
    assert whys(company.vera) == ["mention"]
    _writes(company, ticket)
    told()
    assert whys(company.vera) == ["mention", "message_followed"]  # whoever is called follows


def test_followers_hear_what_colleagues_say(company: People, told: Told) -> None:
    anna, boris = company.actor(company.anna), company.actor(company.boris)
    ticket = company.ticket()
    follow(ticket, users=[company.boris, company.vera], by=anna)
    told()
    actions.change_status(ticket, status="open", by=anna)
    told()
    actions.reply(ticket, body_text="Едем", by=anna)
    actions.add_note(ticket, body_text="Запчасть заказана", by=boris)
    told()
    assert whys(company.boris) == ["status", "said_followed"]  # his own note is no news to him
    assert whys(company.vera) == ["status", "said_followed", "said_followed"]
    assert whys(company.anna) == []
    actions.add_note(ticket, body_text=f"@{company.vera.name}, посмотрите", by=anna)
    told()
    assert whys(company.vera)[3:] == ["mention"]  # called by name: told once


def test_a_team_hears_that_a_ticket_is_given_to_it(company: People, told: Told) -> None:
    admin = company.actor(company.admin)
    accounts.change_user(company.boris, teams=[company.field], by=admin)
    change_wishes(company.boris, Wanted(ways={"given_team": ["desk"]}, new={"desk": "teams"}), by=admin)
    ticket = company.ticket()
    told()
    actions.assign(ticket, team=company.field, by=company.actor(company.anna))
    told()
    assert whys(company.boris) == ["given_team"]
    assert whys(company.vera) == []  # whoever did not ask for it
    actions.assign(ticket, assignee=company.boris, by=admin)
    told()
    assert whys(company.boris) == ["given_team", "assigned"]
    company.ticket("Сразу бригаде", team=company.field)
    told()
    assert whys(company.boris)[2:] == ["new"]  # opened for the team and given to it: told once


def test_event_told_twice_is_heard_once(company: People, told: Told) -> None:
    company.ticket(assignee=company.boris)
    told()
    again()
    told()
    assert len(whys(company.boris)) == 1
    assert Box.objects.get(pk=company.boris.pk).unread == 1


def test_blocked_person_hears_nothing_and_what_waits_for_him_is_dropped(company: People, told: Told) -> None:
    ticket = company.ticket(assignee=company.boris)
    told()
    assert Notification.objects.get(user=company.boris).mail == "waiting"
    accounts.block_user(company.boris, by=company.actor(company.admin))
    _writes(company, ticket)
    told()
    assert whys(company.boris) == ["assigned"]
    assert Notification.objects.get(user=company.boris).mail == "dropped"
    assert Box.objects.get(pk=company.boris.pk).mail_at is None


def test_right_taken_away_takes_the_notification_along(company: People, told: Told) -> None:
    set_value("agents_see", "teams", by=_SYSTEM)
    other = company.ticket(team=company.field, assignee=company.boris)
    told()
    assert _unread(company, company.boris) == 1
    actions.assign(other, assignee=None, by=company.actor(company.vera))
    told()
    assert _unread(company, company.boris) == 0
    assert not visible_to(company.actor(company.boris)).exists()
    change_wishes(company.boris, Wanted(new={"desk": "all"}), by=company.actor(company.boris))
    company.ticket(team=company.field, by=company.actor(company.vera))
    told()
    assert whys(company.boris) == ["assigned"]  # "all" means all that he may see


def test_rules_decide_by_way_and_reach(company: People, told: Told) -> None:
    boris = company.actor(company.boris)
    wanted = Wanted(ways={"message_teams": ["desk"], "assigned": ["mail"]}, new={"desk": "teams", "mail": "none"})
    assert change_wishes(company.boris, wanted, by=boris).version == 2
    assert change_wishes(company.boris, wanted, by=boris).version == 2  # the same again changes nothing
    assert Event.objects.filter(kind="user.notification_rules_changed").count() == 1
    ticket = company.ticket()
    told()
    row = Notification.objects.get(user=company.boris)
    assert (row.why, row.in_desk, row.mail, row.push) == ("new", True, "", "")
    _writes(company, ticket)
    told()
    assert whys(company.boris) == ["new", "message_teams"]
    actions.assign(ticket, assignee=company.boris, by=company.actor(company.anna))
    told()
    row = Notification.objects.latest("id")
    assert (row.why, row.in_desk, row.mail) == ("assigned", False, "waiting")
    assert _unread(company, company.boris) == 2  # what comes by mail only is not counted on the bell


def test_wishes_are_refused_to_strangers_and_for_what_is_none(company: People) -> None:
    anna = company.actor(company.anna)
    with pytest.raises(Forbidden):
        change_wishes(company.boris, Wanted(digest="hour"), by=anna)
    for wanted in (Wanted(ways={"what": []}), Wanted(ways={"mention": ["pigeon"]}), Wanted(new={"desk": "some"}),
                   Wanted(digest="year")):  # fmt: skip
        with pytest.raises(Invalid):
            change_wishes(company.anna, wanted, by=anna)
    assert not Wishes.objects.exists()
    change_wishes(company.anna, Wanted(digest="hour"), by=company.actor(company.admin))
    with pytest.raises(Conflict):
        change_wishes(company.anna, Wanted(digest=""), version=1, by=anna)


def test_stand_in_hears_what_is_for_the_absent(company: People, told: Told) -> None:
    register_deputies("test.away", lambda ids: {company.boris.pk: [company.vera.pk]} if company.boris.pk in ids else {})
    try:
        company.ticket(assignee=company.boris)
        told()
        actions.assign(company.ticket(), assignee=company.boris, by=company.actor(company.boris))
        told()  # what he does himself is told to nobody in his place
    finally:
        deputies.unregister("test.away")
    assert whys(company.boris) == ["assigned"]
    assert Notification.objects.get(user=company.vera).in_place_of == company.boris


def test_reading_is_ones_own_and_can_be_taken_back(company: People, told: Told) -> None:
    boris, vera = company.actor(company.boris), company.actor(company.vera)
    first, second = company.ticket(assignee=company.boris), company.ticket(assignee=company.boris)
    told()
    newest = Notification.objects.latest("id").pk
    assert mark_ticket_read(first.pk, by=vera) == 0
    assert mark_read([newest], by=vera) == 0
    assert mark_ticket_read(first.pk, by=boris) == 1
    assert mark_ticket_read(first.pk, by=boris) == 0
    assert _unread(company, company.boris) == 1
    _writes(company, second)
    told()
    mark = mark_all_read(until=newest, by=boris)
    assert _unread(company, company.boris) == 1  # what came after the look is not read
    assert mark is not None
    assert undo_read(mark, by=vera) == 0
    assert undo_read(mark, by=boris) == 1
    assert undo_read(mark, by=boris) == 0
    assert _unread(company, company.boris) == 2
    with pytest.raises(Forbidden):
        mark_all_read(by=_SYSTEM)


def test_mail_that_concerns_nobody_costs_one_statement(company: People, told: Told) -> None:
    for number in range(5):
        company.ticket(f"Номер {number}")
    events = [row.stored() for row in Event.objects.filter(kind__in=["ticket.opened", "message.received"])]
    make_notifications([])  # the rules are in memory
    with assert_statements(1):
        assert make_notifications(events) == 0


@pytest.mark.django_db(transaction=True)
def test_race_of_reading_and_telling_keeps_the_number_right() -> None:
    company = people()
    tickets = [company.ticket(assignee=company.boris) for _ in range(6)]
    boris = actor_for(company.boris)
    rows = [row.stored() for row in Event.objects.filter(kind="ticket.assigned").order_by("id")]

    def work(number: int) -> None:
        try:
            if number % 3 == 2:
                mark_ticket_read(tickets[number - 1].pk, by=boris)
            else:
                from django.db import transaction

                with transaction.atomic():
                    make_notifications([rows[number]])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    unread = Notification.objects.filter(user=company.boris, read_at__isnull=True).count()
    assert Box.objects.get(pk=company.boris.pk).unread == unread > 0
