"""Two agents answer one ticket at the same moment: neither loses a word."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from otklik.accounts.models import User
from otklik.channels.email.models import Outgoing
from otklik.testing.people import people
from otklik.tickets import actions
from otklik.tickets.models import Ticket


@pytest.mark.django_db(transaction=True)
def test_both_answers_are_kept_and_sent() -> None:
    company = people()
    ticket = company.ticket()
    both = Barrier(2)

    def answer(user: User) -> None:
        try:
            stale = Ticket.objects.get(pk=ticket.pk)
            both.wait(120)  # a busy machine may let the other thread come late
            actions.reply(stale, body_text=f"Отвечает {user.name}", status="pending", by=company.actor(user))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(answer, (company.anna, company.boris)))
    said = {message.body_text for message in ticket.messages.filter(kind="reply")}
    assert said == {f"Отвечает {company.anna.name}", f"Отвечает {company.boris.name}"}
    assert {text.split("\n")[0] for text in Outgoing.objects.values_list("text", flat=True)} >= said
    ticket.refresh_from_db()
    assert (ticket.message_count, ticket.category) == (3, "pending")
