"""What customers say becomes tickets and messages, and what follows from it."""

from datetime import timedelta

import pytest
from django.db import transaction

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.events import OutsideTransaction, timeline
from otklik.core.moments import Moment
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.actions import Incoming, Received
from otklik.tickets.models import ForeignReference, Message, Ticket


def _receive(company: People, **more: object) -> Received:
    values: dict[str, object] = {
        "author": company.clara, "channel": company.mailbox, "at": now(), "subject": "Камера № 2", "body_text": "Текст",
    } | more  # fmt: skip
    with transaction.atomic():
        return actions.receive([Incoming(**values)])[0]  # type: ignore[arg-type]


def _kinds(ticket: Ticket) -> list[str]:
    return [event.kind for event in timeline(1, ticket.pk)]


def test_new_ticket_has_everything_lists_show(company: People) -> None:
    received = _receive(company, body_text="Первая строка\nвторая")
    ticket = Ticket.objects.get(pk=received.ticket.pk)
    assert received.opened
    assert ticket.pk >= 1001
    assert (ticket.category, ticket.is_open, ticket.awaits_us) == ("new", True, True)
    assert ticket.organization == company.berezka
    assert ticket.team == company.desk
    assert ticket.preview == "Первая строка вторая"
    assert ticket.message_count == 1
    assert _kinds(ticket) == ["ticket.opened", "message.received"]


@pytest.mark.django_db(transaction=True)
def test_receiving_outside_a_transaction_is_refused(company: People) -> None:
    item = Incoming(author=company.clara, channel=company.mailbox, at=now(), subject="x", body_text="y")
    with pytest.raises(OutsideTransaction):
        actions.receive([item, item])
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("status", ["pending", "on_hold", "solved"])
def test_answer_brings_a_waiting_ticket_back(company: People, status: str) -> None:
    ticket = company.ticket()
    actions.change_status(ticket, status=status, by=company.actor(company.anna))
    _receive(company, ticket=ticket)
    ticket.refresh_from_db()
    assert ticket.category == "open"
    assert ticket.awaits_us
    assert ("ticket.reopened" in _kinds(ticket)) is (status == "solved")
    assert not Moment.objects.filter(kind="ticket.close").exists()


def test_quiet_message_changes_no_state(company: People) -> None:
    ticket = company.ticket()
    actions.change_status(ticket, status="solved", by=company.actor(company.anna))
    before = Ticket.objects.get(pk=ticket.pk)
    _receive(company, ticket=ticket, quiet=True, body_text="Я в отпуске")
    after = Ticket.objects.get(pk=ticket.pk)
    assert (after.category, after.activity_at, after.preview) == ("solved", before.activity_at, before.preview)
    assert after.message_count == before.message_count + 1


def test_answer_ends_a_snooze(company: People) -> None:
    ticket = company.ticket()
    actions.snooze(ticket, until=now() + timedelta(days=1), by=company.actor(company.anna))
    _receive(company, ticket=ticket)
    ticket.refresh_from_db()
    assert ticket.snoozed_until is None
    assert not Moment.objects.filter(kind="ticket.wake").exists()
    assert "ticket.woken" in _kinds(ticket)


def test_group_is_written_in_a_handful_of_statements(company: People, django_assert_max_num_queries: object) -> None:
    items = [
        Incoming(author=company.clara, channel=company.mailbox, at=now(), subject=f"Заявка {n}", body_text="x")
        for n in range(25)
    ]
    actions.receive([])
    with transaction.atomic(), django_assert_max_num_queries(6):  # type: ignore[operator]
        received = actions.receive(items)
    assert [row.ticket.subject for row in received] == [f"Заявка {n}" for n in range(25)]
    assert Message.objects.filter(ticket__in=[row.ticket for row in received]).count() == 25


def test_people_and_references_come_along_once(company: People) -> None:
    references = [("sd", "RP8998173", "https://sd.example/RP8998173")]
    people = [(company.dmitri, "dmitri@elsewhere.example"), (company.clara, "clara@berezka.example")]
    ticket = _receive(company, people=people, foreign_refs=references).ticket
    _receive(company, ticket=ticket, people=people, foreign_refs=references)
    ticket.refresh_from_db()
    assert [person["name"] for person in ticket.people] == ["Дмитрий Чужой"]
    assert ForeignReference.objects.get(ticket=ticket).number_key == "rp8998173"


def test_nameless_subject_takes_the_first_words(company: People) -> None:
    assert _receive(company, subject=" \r\n\t", body_text="Течёт вода").ticket.subject == "Течёт вода"
    assert _receive(company, subject="", body_text="").ticket.subject == "—"


def test_line_breaks_never_stay_in_a_subject(company: People) -> None:
    subject = _receive(company, subject="Вода\r\nBcc: x@y\u2028z\x00").ticket.subject
    assert subject == "Вода Bcc: x@y z"


def test_forward_names_who_brought_it(company: People) -> None:
    anna = company.actor(company.anna)
    ticket = _receive(company, created_by=anna).ticket
    event = timeline(1, ticket.pk)[0]
    assert (event.kind, event.actor.kind, event.actor.name) == ("ticket.opened", "user", "Анна Лебедева")
    assert Message.objects.get(ticket=ticket).author_id == company.clara.pk


def test_time_wakes_a_snoozed_ticket_once(company: People) -> None:
    ticket = company.ticket()
    actions.snooze(ticket, until=now() + timedelta(seconds=30), by=company.actor(company.anna))
    Ticket.objects.filter(pk=ticket.pk).update(snoozed_until=now() - timedelta(seconds=1))
    assert actions.wake_by_time(ticket.pk, by=Actor.system())
    assert not actions.wake_by_time(ticket.pk, by=Actor.system())
    ticket.refresh_from_db()
    assert ticket.woke_at is not None
    assert _kinds(ticket).count("ticket.woken") == 1
