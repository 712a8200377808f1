"""Notification mails keep no text once they are out, and erasing a person takes him out of what was told."""

from datetime import timedelta

import time_machine

from otklik.channels.email.actions.delivering import forget_account_mail
from otklik.channels.email.models import Delivery, Outgoing
from otklik.contacts.actions.personal import erase_contact
from otklik.core.clock import now
from otklik.core.jobs import run_due_jobs
from otklik.core.moments import run_due_moments
from otklik.notifications.models import Notification
from otklik.notifications.tests.conftest import Told
from otklik.notifications.tests.test_making import _writes
from otklik.testing.people import People


def _mailed(company: People, told: Told) -> Outgoing:
    _writes(company, company.ticket(assignee=company.boris))
    told()
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        run_due_moments()
    return Outgoing.objects.get(kind="notice")


def test_text_goes_when_the_mail_is_out(company: People, told: Told) -> None:
    letter = _mailed(company, told)
    delivery = Delivery.objects.get(outgoing=letter)
    forget_account_mail(delivery)
    assert Outgoing.objects.get(pk=letter.pk).text  # it waits still
    Delivery.objects.filter(pk=delivery.pk).update(run_at=None, state="sent")
    forget_account_mail(delivery)
    assert (Outgoing.objects.get(pk=letter.pk).text, Outgoing.objects.get(pk=letter.pk).html) == ("", "")


def test_erased_person_is_named_nowhere(company: People, told: Told) -> None:
    letter = _mailed(company, told)
    Notification.objects.update(who=company.clara.name)
    assert "И ещё" in letter.text
    erase_contact(company.clara, typed=company.clara.name, by=company.actor(company.vera))
    run_due_jobs(10, "test")
    letter.refresh_from_db()
    assert "Клара" not in letter.text + letter.html + letter.subject
    assert "И ещё" not in letter.text + letter.html
    assert not Notification.objects.filter(who__contains="Клара").exists()
