"""Mail for a ticket that lies in the bin or in spam: it is never lost with it."""

from datetime import timedelta

import pytest

from otklik.channels.email.actions.inbound import join_held
from otklik.channels.email.models import InboundState
from otklik.channels.email.tests.mails import CLARA, DMITRI, arrive, mail
from otklik.channels.email.tests.test_sides import ask, side_mail
from otklik.channels.email.tests.test_threads import PASS, answer, trust
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.testing.people import People, people
from otklik.tickets.actions.shelving import KEPT_FOR, mark_spam, purge, put_in_bin
from otklik.tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> People:
    """People, and a mailbox whose receiving server is named as trusted."""
    made = people()
    trust(made.mailbox)
    return made


def _shelved(world: People, shelf: str = "bin", *, learn: str = "") -> Ticket:
    (row,) = arrive(mail(CLARA), channel=world.mailbox)
    assert row.ticket is not None
    if shelf == "bin":
        put_in_bin(row.ticket, by=world.actor(world.vera))
    else:
        mark_spam(row.ticket, learn=learn, by=world.actor(world.vera))
    Ticket.objects.update(shelved_at=now() - KEPT_FOR - timedelta(days=1))
    return row.ticket


@pytest.mark.parametrize("shelf", ["bin", "spam"])
def test_answer_of_the_customer_brings_it_out(world: People, shelf: str) -> None:
    ticket = _shelved(world, shelf)
    (row,) = arrive(answer(ticket, "plus"), channel=world.mailbox)
    assert (row.state, row.ticket_id) == (InboundState.MESSAGE, ticket.pk)
    ticket.refresh_from_db()
    assert (ticket.shelf, ticket.is_open) == (None, True)
    assert purge(by=Actor.system()) == 0


def test_blocked_sender_and_absence_note_bring_nothing_out(world: People) -> None:
    ticket = _shelved(world)
    away = answer(ticket, "plus", text="Меня нет", **{"Auto-Submitted": "auto-replied"})
    arrive(away, channel=world.mailbox)
    ticket.refresh_from_db()
    assert ticket.shelf == "bin"
    spam = _shelved_again(world)
    (row,) = arrive(answer(spam, "plus", text="Ещё раз"), channel=world.mailbox)
    spam.refresh_from_db()
    assert (row.state, row.reason, spam.shelf) == (InboundState.IGNORED, "blocked", "spam")


def _shelved_again(world: People) -> Ticket:
    (row,) = arrive(mail(CLARA, subject="Другое", text="Реклама"), channel=world.mailbox)
    assert row.ticket is not None
    mark_spam(row.ticket, learn="address", by=world.actor(world.vera))
    return row.ticket


def test_held_mail_that_is_let_in_brings_it_out(world: People) -> None:
    ticket = _shelved(world)
    (row,) = arrive(answer(ticket, "plus", DMITRI), channel=world.mailbox)
    assert row.state == InboundState.QUARANTINED
    assert join_held(row.pk, by=world.actor(world.vera)).pk == ticket.pk
    ticket.refresh_from_db()
    assert (ticket.shelf, ticket.is_open) == (None, True)


def test_note_of_a_colleague_is_held_with_the_reason(world: People) -> None:
    ticket = _shelved(world)
    told = {"Authentication-Results": PASS.format("desk.example")}
    (row,) = arrive(answer(ticket, "plus", "Анна <anna@desk.example>", **told), channel=world.mailbox)
    assert (row.state, row.reason, row.ticket_id) == (InboundState.QUARANTINED, "shelved", ticket.pk)
    assert not Message.objects.filter(ticket=ticket, kind="note").exists()


def test_letter_of_a_third_party_brings_it_out_as_it_was(world: People) -> None:
    side = ask(world).side
    ticket = side.ticket
    put_in_bin(ticket, by=world.actor(world.vera))
    Ticket.objects.update(shelved_at=now() - KEPT_FOR - timedelta(days=1))
    arrive(side_mail(side), channel=world.mailbox)
    ticket.refresh_from_db()
    assert (ticket.shelf, ticket.status.key, ticket.side_unread) == (None, "new", 1)
    assert purge(by=Actor.system()) == 0
