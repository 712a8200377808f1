"""Forgers who go round the sender check: other headers, several senders, our own name, and answers to the forged."""

import pytest

from otklik.channels.actions import save_connection
from otklik.channels.email import mailbox
from otklik.channels.email.actions.inbound import join_held
from otklik.channels.email.mailbox import MailboxConfig
from otklik.channels.email.models import Delivery, Inbound, SenderState, Source
from otklik.channels.email.tests.mails import CLARA, DMITRI, arrive, mail
from otklik.channels.email.tests.test_sides import ask, side_mail
from otklik.channels.email.tests.test_threads import FAIL, PASS, answer, first, trust
from otklik.contacts.models import Contact
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.events import timeline
from otklik.core.settings_store import set_value
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets import actions as tickets
from otklik.tickets.models import Participant, Ticket

pytestmark = pytest.mark.django_db
EVE = "Eve <e@evil.example>"


@pytest.fixture
def world() -> People:
    """People, and a mailbox whose receiving server is named as trusted."""
    made = people()
    trust(made.mailbox)
    return made


def solved(world: People) -> Ticket:
    """Let Clara's ticket be solved, so that a reopening would show."""
    ticket = first(world)
    tickets.change_status(ticket, status="solved", by=world.actor(world.anna))
    return ticket


def claims(world: People, ticket: Ticket, way: str) -> bytes:
    """Return a mail of Eve that says in one way that Clara wrote it."""
    ours = world.mailbox.address
    match way:
        case "reply_to":
            return answer(ticket, "subject", f"Desk <{ours}>", Reply_To="clara@berezka.example")
        case "reply_to_failed":
            verdict = FAIL.format("desk.example")
            return answer(
                ticket, "subject", f"Desk <{ours}>", Reply_To="clara@berezka.example", Authentication_Results=verdict
            )
        case "original_from":
            return answer(
                ticket, "plus", EVE, X_Original_From=CLARA, List_Id="<l.evil.example>",
                List_Post="<mailto:l@evil.example>", Authentication_Results=PASS.format("evil.example"),
            )  # fmt: skip
        case "two_from_failed":
            raw = answer(ticket, "our_id", Authentication_Results=FAIL.format("berezka.example"))
            return raw.replace(b"Subject:", b"From: e@evil.example\nSubject:", 1)
        case "two_from_passed":
            raw = answer(ticket, "our_id", Authentication_Results=PASS.format("berezka.example"))
            return raw.replace(b"Subject:", b"From: e@evil.example\nSubject:", 1)
        case "no_from":
            return answer(ticket, "plus").replace(b"From: ", b"X-Nobody: ", 1)
    raise AssertionError(way)


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("reply_to", "claimed"),
        ("reply_to_failed", "sender_failed"),
        ("original_from", "claimed"),
        ("two_from_failed", "sender_failed"),
        ("two_from_passed", "claimed"),
        ("no_from", "claimed"),
    ],
)
def test_an_author_who_is_only_claimed_is_held(world: People, way: str, reason: str) -> None:
    """The server's verdict is about From: who is named elsewhere, or beside others, joins and reopens nothing."""
    ticket = solved(world)
    (row,) = arrive(claims(world, ticket, way), channel=world.mailbox, **{"from": "clara@berezka.example"})
    assert (row.state, row.reason, row.ticket_id) == ("quarantined", reason, ticket.pk), row.steps
    ticket.refresh_from_db()
    assert (ticket.category, ticket.messages.count()) == ("solved", 1)
    assert "mail.held" in [event.kind for event in timeline(1, ticket.pk)]
    assert not Participant.objects.exists()
    page = desk_client(world.anna).get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Ещё одно." in page


def test_who_is_claimed_stands_at_the_held_mail(world: People) -> None:
    """From says our own mailbox; the card names the one who is said to have written, and a person may let it in."""
    ticket = solved(world)
    (row,) = arrive(claims(world, ticket, "reply_to"), channel=world.mailbox)
    page = desk_client(world.anna).get(f"/tickets/{ticket.pk}/").content.decode()
    assert "от имени clara@berezka.example" in page
    assert join_held(row.pk, by=world.actor(world.anna)) == ticket
    assert ticket.messages.count() == 2


def test_the_form_of_our_own_site_still_opens_tickets(world: People) -> None:
    """It writes in our name with the visitor in Reply-To, and names no ticket."""
    raw = mail(f"Desk <{world.mailbox.address}>", Reply_To="clara@berezka.example")
    (row,) = arrive(raw, channel=world.mailbox)
    assert row.state == "ticket"
    assert row.ticket is not None
    assert row.ticket.requester.addresses.get().address == "clara@berezka.example"


def test_nobody_acts_as_a_colleague_by_a_second_sender(world: People) -> None:
    """A source that is fed by hand trusts From, not one of two."""
    set_value("mail_trusted_sources", "file", by=Actor.system())
    forget()
    raw = answer(first(world), "our_id", f"A <{world.anna.email}>")
    raw = raw.replace(b"Subject:", b"From: e@evil.example\nSubject:", 1)
    (row,) = arrive(raw, channel=world.mailbox, source=Source.FILE)
    assert (row.state, row.reason) == ("quarantined", "stranger"), row.steps


def test_a_claimed_third_party_is_held(world: People) -> None:
    """In a side conversation too."""
    side = ask(world).side
    raw = side_mail(side, EVE, X_Original_From="pavel@parts.example", List_Id="<l.evil.example>")
    (row,) = arrive(raw, channel=world.mailbox)
    assert (row.state, row.reason, row.ticket_id) == ("quarantined", "claimed", side.ticket_id), row.steps


@pytest.fixture
def confirming(world: People) -> People:
    """The same with confirmations on."""
    config, secret = mailbox.dump(MailboxConfig(trusted_authserv=("mx.desk.example",), confirmation=True))
    save_connection(world.mailbox, config=config, secret=secret, by=Actor.system())
    forget()
    return world


@pytest.mark.parametrize("sender", [CLARA, "Новый <new@berezka.example>", DMITRI])
def test_nobody_is_answered_for_a_forger(confirming: People, sender: str) -> None:
    """The ticket is opened and marked; the one in whose name it was written gets nothing."""
    verdict = FAIL.format(sender.partition("@")[2].rstrip(">"))
    (row,) = arrive(mail(sender, Authentication_Results=verdict), channel=confirming.mailbox)
    assert row.state == "ticket"
    assert not Delivery.objects.exists()
    assert row.message is not None
    assert row.message.email_fact.sender_state == SenderState.FAILED
    arrive(mail(sender, text="Это я."), channel=confirming.mailbox)
    assert Delivery.objects.get().kind == "confirmation"


def test_a_forged_sender_belongs_to_no_organisation(world: People) -> None:
    """Only the domain would say so, and that is what is forged. A genuine mail that comes with it decides."""
    domain = world.berezka.domains.get().domain
    verdict = FAIL.format(domain)
    (row,) = arrive(mail(f"Новый <new@{domain}>", Authentication_Results=verdict), channel=world.mailbox)
    assert row.ticket is not None
    assert (row.ticket.organization, row.ticket.requester.organization) == (None, None)
    both = [
        mail(f"Ева <eva@{domain}>", text="раз", Authentication_Results=verdict),
        mail(f"Ева <eva@{domain}>", text="два"),
    ]
    arrive(*both, channel=world.mailbox)
    assert Contact.objects.get(addresses__address=f"eva@{domain}").organization == world.berezka
    assert Inbound.objects.filter(state="ticket").count() == 3
