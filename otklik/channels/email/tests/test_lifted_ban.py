"""A ban that another process lifted a moment ago stops nobody, though this one still has it in memory."""

import pytest

from otklik.channels.email.tests.mails import arrive, mail
from otklik.core.clock import now
from otklik.tickets.models import SpamDomain
from otklik.tickets.queries.directories import spam_domains

pytestmark = pytest.mark.django_db


def test_who_is_welcome_again_is_heard_at_once() -> None:
    SpamDomain.objects.create(domain="spam@loud.example", added_at=now())
    assert "spam@loud.example" in spam_domains()[0]
    (row,) = arrive(mail(sender="spam@loud.example", subject="Миллион"))
    assert (row.state, row.reason) == ("ignored", "blocked")
    SpamDomain.objects.all().delete()
    assert "spam@loud.example" in spam_domains()[0], "still in the memory of this process"
    (row,) = arrive(mail(sender="spam@loud.example", subject="Честно"))
    assert (row.state, row.reason) == ("ticket", "")
