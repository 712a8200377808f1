"""Merged tickets and their snoozes, and that nothing in the bin or in spam is merged, split or parted."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from otklik.core.clock import now
from otklik.core.moments import Moment, run_due_moments
from otklik.testing.api import Api
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.base import Shelved
from otklik.tickets.actions.merging import merge, split_message, undo_merge
from otklik.tickets.actions.shelving import mark_spam, put_in_bin, restore
from otklik.tickets.models import Ticket


def test_parted_again_it_is_put_off_as_it_was(company: People) -> None:
    anna, until = company.actor(company.anna), now() + timedelta(days=2)
    ticket, other = company.ticket("а"), company.ticket("б")
    actions.snooze(ticket, until=until, by=anna)
    row, _step = merge(ticket, into=other, by=anna)
    assert not Moment.objects.filter(kind="ticket.wake").exists()
    assert undo_merge(row, by=anna)
    ticket.refresh_from_db()
    assert (ticket.snoozed_until, ticket.is_open) == (until, True)
    with time_machine.travel(until - timedelta(minutes=1), tick=False):
        run_due_moments()
        assert Ticket.objects.get(pk=ticket.pk).snoozed_until == until
    with time_machine.travel(until + timedelta(minutes=1), tick=False):
        run_due_moments()
        woken = Ticket.objects.get(pk=ticket.pk)
    assert (woken.snoozed_until, woken.woke_at is not None) == (None, True)


def test_parted_after_its_snooze_was_over_it_wakes_at_once(company: People) -> None:
    anna, until = company.actor(company.anna), now() + timedelta(hours=2)
    ticket, other = company.ticket("а"), company.ticket("б")
    actions.snooze(ticket, until=until, by=anna)
    row, _step = merge(ticket, into=other, by=anna)
    with time_machine.travel(until + timedelta(hours=1), tick=False):
        assert undo_merge(row, by=anna)
        run_due_moments()
        woken = Ticket.objects.get(pk=ticket.pk)
    assert (woken.snoozed_until, woken.woke_at is not None) == (None, True)


@pytest.mark.parametrize("shelve", [put_in_bin, mark_spam])
def test_what_lies_in_the_bin_or_in_spam_is_neither_merged_nor_split(
    company: People, shelve: Callable[..., object]
) -> None:
    anna = company.actor(company.anna)
    ticket, other = company.ticket("а"), company.ticket("б")
    message = actions.add_incoming(ticket, body_text="И второе", by=anna)
    shelve(ticket, by=anna)
    for one, into in ((ticket, other), (other, ticket)):
        with pytest.raises(Shelved):
            merge(one, into=into, by=anna)
    with pytest.raises(Shelved):
        split_message(message, by=anna)
    assert Api(company.anna)("POST", f"/tickets/{ticket.pk}/merge", {"into": other.pk})[0] == 409
    ticket.refresh_from_db()
    assert (ticket.merged_into, Ticket.objects.count()) == (None, 2)


def test_tickets_are_not_parted_while_one_lies_in_the_bin(company: People) -> None:
    anna, ticket, other = company.actor(company.anna), company.ticket("а"), company.ticket("б")
    row, _step = merge(ticket, into=other, by=anna)
    put_in_bin(other, by=anna)
    with pytest.raises(Shelved):
        undo_merge(row, by=anna)
    assert restore(other, by=anna)
    assert undo_merge(row, by=anna)
