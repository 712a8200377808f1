"""Bulk data: as many rows as asked for, the same each time, and true to the rules of tickets."""

import pytest

from otklik.accounts.models import User
from otklik.channels.email.models import Delivery
from otklik.contacts.models import Contact
from otklik.core.events import Outbox
from otklik.demo import seed
from otklik.demo.seeding import _counts
from otklik.demo.tests.facts import differences
from otklik.tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


def test_writes_exactly_what_was_asked_for():
    assert seed(tickets=120, messages=500) == (120, 500)
    assert (Ticket.objects.count(), Message.objects.count()) == (120, 500)
    assert differences() == []
    assert not Outbox.objects.exists()
    assert not Delivery.objects.filter(run_at__isnull=False).exists()


def test_three_messages_a_ticket_by_default_and_more_comes_on_top():
    assert seed(tickets=20) == (20, 60)
    assert seed(tickets=10, messages=10) == (10, 10)
    assert (Ticket.objects.count(), Message.objects.count()) == (30, 70)


def test_nobody_it_enters_can_sign_in():
    seed(tickets=2)
    assert User.objects.count() == 12
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_people_of_the_desk_are_used_as_they_are(company: object):
    before = User.objects.count()
    seed(tickets=400)
    assert User.objects.count() == before
    assert Contact.objects.count() >= 10


def test_fewer_messages_than_tickets_are_refused():
    with pytest.raises(ValueError, match="at least one message"):
        seed(tickets=5, messages=4)


def test_the_same_numbers_give_the_same_words():
    import random

    assert _counts(random.Random("a"), 50, 300) == _counts(random.Random("a"), 50, 300)
    assert sum(_counts(random.Random("b"), 50, 300)) == 300
