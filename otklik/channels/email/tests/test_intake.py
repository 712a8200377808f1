"""Raw bytes in; tickets, messages and states out."""

import pytest

from otklik.channels.email.models import Inbound
from otklik.channels.email.tests.mails import arrive, mail
from otklik.tickets.models import Ticket

pytestmark = pytest.mark.django_db


def test_a_mail_opens_a_ticket() -> None:
    """A first mail of an unknown person becomes a ticket of a new contact."""
    (row,) = arrive(mail())
    assert row.state == "ticket", (row.reason, row.last_error, row.steps)
    ticket = Ticket.objects.get()
    assert (row.ticket_id, ticket.subject, ticket.requester.name) == (ticket.pk, "Не холодит витрина", "Клара Ким")
    assert "не холодит" in ticket.messages.get().visible_text
    assert Inbound.objects.get().from_address == "clara@berezka.example"
