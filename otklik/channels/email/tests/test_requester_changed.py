"""After the requester changed, the new and the former one may write on the ticket, and each gets what is his."""

import pytest

from otklik.channels.email.ids import make_plus_address
from otklik.channels.email.keys import thread_key
from otklik.channels.email.models import Outgoing
from otklik.channels.email.tests.mails import CLARA, arrive, mail
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.models import Ticket

pytestmark = pytest.mark.django_db


def _answer(world: People, ticket: Ticket, sender: str, words: str) -> str:
    """Let somebody answer to the ticket and return where his mail ended."""
    to = make_plus_address(thread_key(), ticket.pk, world.mailbox.address)
    (row,) = arrive(mail(sender, subject="Re: x", text=words, To=to), channel=world.mailbox)
    return row.state


def test_both_join_until_the_former_is_taken_away(company: People) -> None:
    anna, dmitri = company.actor(company.anna), company.dmitri.addresses.get().address
    (row,) = arrive(mail(), channel=company.mailbox)
    ticket = Ticket.objects.get(pk=row.ticket_id)
    assert _answer(company, ticket, dmitri, "Пока чужой") == "quarantined"
    actions.change_requester(ticket, requester=company.dmitri, by=anna)
    assert _answer(company, ticket, dmitri, "Теперь заявитель") == "message"
    assert _answer(company, ticket, CLARA, "Всё ещё участник") == "message"
    actions.reply(ticket, body_text="Едем", by=anna)
    assert [address for _name, address in Outgoing.objects.latest("pk").to] == [dmitri]
    actions.remove_person(ticket, contact_id=company.clara.pk, by=anna)
    assert _answer(company, ticket, CLARA, "Уже не участник") == "quarantined"
