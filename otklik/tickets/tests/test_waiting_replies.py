"""Answers that wait: overtaken by the customer, and on tickets that go into the bin or spam."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from otklik.channels.email.models import Outgoing
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.events import timeline
from otklik.core.moments import Moment, run_due_moments
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions.receiving import Incoming, receive
from otklik.tickets.actions.sending import schedule_reply, send_scheduled, send_scheduled_now
from otklik.tickets.actions.shelving import mark_spam, put_in_bin, restore
from otklik.tickets.models import Draft, Message, ScheduledReply, Ticket


def _waits(company: People, ticket: Ticket, text: str = "Утром", **more: Any) -> ScheduledReply:
    by = more.pop("by", company.actor(company.anna))
    return schedule_reply(ticket, send_at=now() + timedelta(hours=1), body_text=text, by=by, **more)


def _says(company: People, ticket: Ticket, **more: Any) -> None:
    item = Incoming(author=company.clara, channel=company.mailbox, ticket=ticket, body_text="Уже не надо",
                    **{"at": now(), **more})  # fmt: skip
    with transaction.atomic():
        receive([item])


def _not_sent(ticket: Ticket) -> list[tuple[int, bool]]:
    rows = [event for event in timeline(1, ticket.pk) if event.kind == "reply.not_sent"]
    return [(row.data["user_id"], row.data["overtaken"]) for row in rows]


def test_overtaken_by_the_customer_it_is_held_back(company: People) -> None:
    ticket = company.ticket()
    row = _waits(company, ticket, status="pending")
    _says(company, ticket)
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        assert run_due_moments() == 1
        assert not send_scheduled(row.pk)
    assert not Message.objects.filter(kind="reply").exists()
    assert not Outgoing.objects.exists()
    draft = Draft.objects.get()
    assert ("Утром" in draft.text, draft.user_id, draft.ticket_id) == (True, company.anna.pk, ticket.pk)
    assert _not_sent(ticket) == [(company.anna.pk, True)]
    ticket.refresh_from_db()
    assert (ticket.reply_due_at, ticket.status.key) == (None, "new")


def test_mail_that_arrived_earlier_but_came_in_later_overtakes_too(company: People) -> None:
    ticket = company.ticket()
    row = _waits(company, ticket)
    _says(company, ticket, at=now() - timedelta(hours=3))
    assert send_scheduled(row.pk)
    assert _not_sent(ticket) == [(company.anna.pk, True)]


def test_what_colleagues_machines_and_forgers_say_overtakes_nothing(company: People) -> None:
    ticket, boris = company.ticket(), company.actor(company.boris)
    row = _waits(company, ticket)
    actions.add_note(ticket, body_text="Заметка", by=boris)
    actions.reply(ticket, body_text="Уже едем", by=boris)
    _says(company, ticket, quiet=True)
    _says(company, ticket, sender_checked=False)
    assert send_scheduled(row.pk)
    assert Message.objects.filter(kind="reply", body_text="Утром").exists()


def test_scheduled_after_he_wrote_it_leaves(company: People) -> None:
    ticket = company.ticket()
    _says(company, ticket)
    assert send_scheduled(_waits(company, ticket).pk)
    assert Message.objects.filter(kind="reply").exists()


def test_setting_and_send_now_let_it_leave(company: People) -> None:
    ticket = company.ticket()
    first, second = _waits(company, ticket, "Первый"), _waits(company, ticket, "Второй")
    _says(company, ticket)
    assert send_scheduled_now(first, by=company.actor(company.boris))
    set_value("hold_overtaken", value=False, by=Actor.system())
    assert send_scheduled(second.pk)
    said = Message.objects.filter(kind="reply").order_by("pk").values_list("body_text", flat=True)
    assert list(said) == ["Первый", "Второй"]


def test_one_from_before_the_mark_is_judged_by_time(company: People) -> None:
    ticket = company.ticket()
    row = _waits(company, ticket)
    ScheduledReply.objects.update(newest_id=None)
    _says(company, ticket)
    assert send_scheduled(row.pk)
    assert _not_sent(ticket) == [(company.anna.pk, True)]


@pytest.mark.parametrize("shelve", [put_in_bin, mark_spam])
def test_nothing_leaves_from_the_bin_or_spam(company: People, shelve: Callable[..., object]) -> None:
    ticket, boris = company.ticket(), company.actor(company.boris)
    rows = [_waits(company, ticket, "Анна"), _waits(company, ticket, "Борис", by=boris)]
    shelve(ticket, by=boris)
    assert not ScheduledReply.objects.exists()
    assert not Moment.objects.filter(kind="reply.send").exists()
    assert _not_sent(ticket) == [(company.anna.pk, False), (company.boris.pk, False)]
    assert {row.user_id: row.text for row in Draft.objects.all()} == {
        company.anna.pk: "<p>Анна</p>", company.boris.pk: "<p>Борис</p>",
    }  # fmt: skip
    assert not shelve(ticket, by=boris)
    assert restore(ticket, by=boris)
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        run_due_moments()
        assert not [row for row in rows if send_scheduled(row.pk)]
    assert not Message.objects.filter(kind="reply").exists()
    ticket.refresh_from_db()
    assert ticket.reply_due_at is None
    assert len(_not_sent(ticket)) == 2
