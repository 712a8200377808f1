"""Delivery reports: the mail that came back says so, with code and reason; forgeries mark no address."""

from typing import Any

import pytest
from django.db import transaction

from otklik.channels.email import bounces
from otklik.channels.email.actions.delivering import due
from otklik.channels.email.bounces import BounceOutcome
from otklik.channels.email.models import Delivery, Outgoing
from otklik.channels.email.parse.model import Bounce, BounceRecipient
from otklik.channels.email.tests.outgoing import states
from otklik.contacts.models import ContactAddress
from otklik.core.clock import now
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions
from otklik.tickets.models import Ticket

pytestmark = pytest.mark.django_db
CLARA, EVA = "clara@berezka.example", "eva@elsewhere.example"


@pytest.fixture
def outgoing(company: People) -> Outgoing:
    """An answer to Clara with a copy to Eva that has gone out."""
    actions.reply(company.ticket(), body_text="Выезжаем.", cc=[EVA], by=company.actor(company.anna))
    Delivery.objects.update(state="sent", sent_at=now(), run_at=None)
    return Outgoing.objects.get()


def report(company: People, *fates: dict[str, str], message_id: str | None = None) -> BounceOutcome | None:
    bounce = Bounce(tuple(BounceRecipient(**fate) for fate in fates), message_id)
    with transaction.atomic():
        return bounces.apply(bounce, channel_id=company.mailbox.pk, at=now())


def failed(address: str = CLARA, status: str = "5.1.1", **more: str) -> dict[str, str]:
    return {"address": address, "status": status, "action": "failed", "reason": "550 User unknown", **more}


def test_a_report_reaches_the_mail_and_the_address(company: People, outgoing: Outgoing) -> None:
    hit = report(company, failed(), message_id=outgoing.message_id)
    assert hit == BounceOutcome(outgoing.pk, outgoing.ticket_id, outgoing.ticket_message_id, 1)
    assert states() == {CLARA: "bounced", EVA: "sent"}
    row = Delivery.objects.get(recipient=CLARA)
    assert (row.error_code, row.response) == ("unknown_recipient", "5.1.1 550 User unknown")
    address = ContactAddress.objects.get(address=CLARA)
    assert address.bounced_at is not None
    event = Event.objects.get(kind="mail.bounced")
    assert (event.subject_id, event.data["status"], event.data["message_id"]) == (
        outgoing.ticket_id,
        "5.1.1",
        outgoing.ticket_message_id,
    )


def test_a_second_report_changes_nothing(company: People, outgoing: Outgoing) -> None:
    report(company, failed(), message_id=outgoing.message_id)
    before = Event.objects.count()
    hit = report(company, failed(), message_id=outgoing.message_id)
    assert hit is not None
    assert (hit.changed, Event.objects.count()) == (0, before)


@pytest.mark.parametrize("written", ["{}", "  {}  ", "bare", "UPPER"])
def test_the_message_id_in_the_forms_it_comes_back_in(company: People, outgoing: Outgoing, written: str) -> None:
    forms = {"bare": outgoing.message_id.strip("<>"), "UPPER": outgoing.message_id.upper()}
    assert report(company, failed(), message_id=forms.get(written, written.format(outgoing.message_id))) is not None


def test_a_delay_is_no_failure(company: People, outgoing: Outgoing) -> None:
    report(company, failed(action="delayed", status="4.4.1"), message_id=outgoing.message_id)
    assert set(states().values()) == {"sent"}
    assert Event.objects.filter(kind="mail.delayed").exists()
    assert ContactAddress.objects.get(address=CLARA).bounced_at is None


@pytest.mark.parametrize(
    ("status", "code"),
    [("5.2.2", "mailbox_full"), ("4.4.7", "bounced_soft"), ("5.7.1", "policy"), ("5.0.0", "bounced")],
)
def test_not_every_bounce_condemns_the_address(company: People, outgoing: Outgoing, status: str, code: str) -> None:
    report(company, failed(status=status, reason="what"), message_id=outgoing.message_id)
    assert Delivery.objects.get(recipient=CLARA).error_code == code
    assert ContactAddress.objects.get(address=CLARA).bounced_at is None


def test_several_recipients_with_several_fates(company: People, outgoing: Outgoing) -> None:
    report(
        company, failed(), {"address": EVA, "status": "2.0.0", "action": "delivered", "reason": ""},
        failed("somebody@else.example"), message_id=outgoing.message_id,
    )  # fmt: skip
    assert states() == {CLARA: "bounced", EVA: "delivered"}


def test_a_forwarded_recipient_is_found_by_his_first_address(company: People, outgoing: Outgoing) -> None:
    report(company, failed("inner@corp.example", final_address=CLARA), message_id=outgoing.message_id)
    assert states()[CLARA] == "bounced"


def test_the_only_recipient_is_meant_whatever_the_report_calls_him(company: People) -> None:
    actions.reply(company.ticket(), body_text="Выезжаем.", by=company.actor(company.anna))
    Delivery.objects.update(state="sent", sent_at=now(), run_at=None)
    report(company, failed("inner@corp.example"), message_id=Outgoing.objects.get().message_id)
    assert states() == {CLARA: "bounced"}
    report(company, message_id=Outgoing.objects.get().message_id)


def test_a_report_that_proves_nothing_is_a_hint(company: People, outgoing: Outgoing) -> None:
    """Anybody can write a report; only who had the mail knows its id. The state stays, and it is told once."""
    hit = report(company, failed())
    assert hit is not None
    assert (hit.ticket_id, hit.message_id) == (outgoing.ticket_id, outgoing.ticket_message_id)
    assert states() == {CLARA: "sent", EVA: "sent"}
    assert ContactAddress.objects.get(address=CLARA).bounced_at is None
    report(company, failed(reason="another"))
    assert [event.data["recipient"] for event in Event.objects.filter(kind="mail.reported")] == [CLARA]
    assert not Event.objects.filter(kind="mail.bounced").exists()
    row = Delivery.objects.get(recipient=CLARA)
    assert (row.error_code, row.response) == ("reported", "5.1.1 550 User unknown")
    page = desk_client(company.anna).get(f"/tickets/{outgoing.ticket_id}/").content.decode()
    assert f"/outbox/{row.pk}/arrival/" in page
    assert "ничто этого не подтверждает" in page


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed"])
def test_an_unproven_report_of_anything_else_says_nothing(company: People, outgoing: Outgoing, action: str) -> None:
    before = Event.objects.count()
    report(company, failed(action=action))
    assert (states()[CLARA], Event.objects.count()) == ("sent", before)


def test_a_proven_report_after_a_hint_counts(company: People, outgoing: Outgoing) -> None:
    report(company, failed())
    report(company, failed(), message_id=outgoing.message_id)
    assert states()[CLARA] == "bounced"


@pytest.mark.parametrize(
    "message_id", [None, "<t-1.aaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaa@desk.example>", "<" + "x" * 5000 + ">", ""]
)
def test_reports_about_mail_that_is_not_ours(company: People, outgoing: Outgoing, message_id: str | None) -> None:
    assert report(company, failed("nobody@x.example"), message_id=message_id) is None
    assert set(states().values()) == {"sent"}


def test_a_report_ends_the_repeat_of_a_doubtful_mail(company: People, outgoing: Outgoing) -> None:
    Delivery.objects.filter(recipient=CLARA).update(state="uncertain", run_at=now(), doubts=1)
    report(company, failed(), message_id=outgoing.message_id)
    assert not due(now()).exists()


def test_a_bounce_changes_no_state_of_the_ticket(
    company: People, outgoing: Outgoing, django_assert_num_queries: Any
) -> None:
    before = Ticket.objects.values().get(pk=outgoing.ticket_id)
    report(company, failed(), message_id=outgoing.message_id)
    assert Ticket.objects.values().get(pk=outgoing.ticket_id) == before
