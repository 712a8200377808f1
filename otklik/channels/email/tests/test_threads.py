"""Where an answer goes, and who may join: the table of threads, with forgers."""

import pytest
from django.db import transaction

from otklik.channels.actions import save_connection
from otklik.channels.email import mailbox
from otklik.channels.email.actions.inbound import join_held
from otklik.channels.email.ids import make_message_id, make_plus_address, subject_token
from otklik.channels.email.keys import thread_key
from otklik.channels.email.mailbox import MailboxConfig
from otklik.channels.email.models import Inbound, Outgoing, Source
from otklik.channels.email.tests.mails import CLARA, DMITRI, arrive, mail, support
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.events import timeline
from otklik.testing.people import People, people
from otklik.testing.tools import desk_client
from otklik.tickets import actions as tickets
from otklik.tickets.models import Channel, Participant, Ticket

pytestmark = pytest.mark.django_db

PASS = "mx.desk.example; dmarc=pass header.from={}"
FAIL = "mx.desk.example; dmarc=fail header.from={}"


@pytest.fixture
def world() -> People:
    """People, and a mailbox whose receiving server is named as trusted."""
    made = people()
    trust(made.mailbox)
    return made


def trust(channel: Channel, *servers: str) -> None:
    """Name the servers whose verdicts count for a channel."""
    config, secret = mailbox.dump(MailboxConfig(trusted_authserv=servers or ("mx.desk.example",)))
    save_connection(channel, config=config, secret=secret, by=Actor.system())
    forget()


def first(world: People, sender: str = CLARA, **headers: str) -> Ticket:
    """Let a customer open a ticket by mail."""
    (row,) = arrive(mail(sender, **headers), channel=world.mailbox)
    assert row.ticket is not None
    return row.ticket


def answer(ticket: Ticket, by: str, sender: str = CLARA, text: str = "Ещё одно.", **headers: str) -> bytes:
    """Return an answer to a ticket that names it in one way."""
    key, address = thread_key(), ticket.channel.address
    named = {
        "plus": {"To": make_plus_address(key, ticket.pk, address)},
        "our_id": {"In-Reply-To": make_message_id(key, ticket.pk, "any-token", "desk.example")},
        "references": {"References": f"<a@b> {make_message_id(key, ticket.pk, 'any-token', 'desk.example')} <c@d>"},
        "lower_case": {"In-Reply-To": make_message_id(key, ticket.pk, "any-token", "desk.example").lower()},
        "their_id": {"In-Reply-To": Inbound.objects.filter(ticket=ticket).earliest("pk").mail_id},
        "subject": {"Subject": f"Re: {subject_token(ticket.pk)} Не холодит"},
    }[by]
    headers = {key.replace("_", "-"): value for key, value in headers.items()}
    return mail(sender, **{"subject": "Re: Не холодит", "text": text, **_lower(named), **headers})


def _lower(headers: dict[str, str]) -> dict[str, str]:
    return {("subject" if key == "Subject" else key.replace("-", "_")): value for key, value in headers.items()}


WAYS = ["plus", "our_id", "references", "lower_case", "their_id", "subject"]


@pytest.mark.parametrize("way", WAYS)
def test_the_requester_continues_his_ticket(world: People, way: str) -> None:
    """Nobody has checked him, and still he may go on with his own request."""
    ticket = first(world)
    (row,) = arrive(answer(ticket, way), channel=world.mailbox)
    assert (row.state, row.ticket_id) == ("message", ticket.pk), row.steps
    assert ticket.messages.count() == 2


@pytest.mark.parametrize("way", WAYS)
def test_a_stranger_is_held(world: People, way: str) -> None:
    """He knows a name of the ticket (D-39): it reopens nothing, he gets nothing, the card shows it."""
    ticket = first(world)
    with transaction.atomic():
        tickets.change_status(ticket, status="solved", by=Actor.system())
    (row,) = arrive(answer(ticket, way, DMITRI), channel=world.mailbox)
    assert (row.state, row.reason, row.ticket_id) == ("quarantined", "stranger", ticket.pk), row.steps
    ticket.refresh_from_db()
    assert (ticket.category, ticket.messages.count()) == ("solved", 1)
    assert "mail.held" in [event.kind for event in timeline(1, ticket.pk)]
    assert not Ticket.objects.exclude(pk=ticket.pk).exists()


def test_an_id_made_by_hand_opens_a_new_ticket(world: People) -> None:
    """The form of our Message-ID without our signature leads nowhere (D-37)."""
    ticket = first(world)
    forged = make_message_id(b"another key", ticket.pk, "token", "desk.example")
    (row,) = arrive(mail(DMITRI, subject="Re: x", In_Reply_To=forged), channel=world.mailbox)
    assert row.state == "ticket"
    assert row.ticket_id != ticket.pk


def test_a_forged_requester_is_held(world: People) -> None:
    """A trusted server says the sender is forged (D-35): stored, shown, and nothing moves."""
    ticket = first(world)
    raw = answer(ticket, "plus", Authentication_Results=FAIL.format("berezka.example"), Cc="spy@evil.example")
    (row,) = arrive(raw, channel=world.mailbox)
    assert (row.state, row.reason) == ("quarantined", "sender_failed"), row.steps
    assert not Participant.objects.exists()


def test_a_forged_mail_that_is_shown_moves_nothing(world: People) -> None:
    """A person puts it into the thread (D-35): it stands there marked, and the request is as it was."""
    ticket = first(world)
    anna = world.actor(world.anna)
    tickets.change_status(ticket, status="solved", by=anna)
    raw = answer(ticket, "plus", Authentication_Results=FAIL.format("berezka.example"), Cc="spy@evil.example")
    (row,) = arrive(raw, channel=world.mailbox)
    page = desk_client(world.anna).get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Показать в переписке" in page
    assert join_held(row.pk, by=anna) == ticket
    ticket.refresh_from_db()
    shown = ticket.messages.latest("pk")
    assert (ticket.category, shown.kind, shown.sender_checked) == ("solved", "incoming", False)
    assert not Participant.objects.exists()
    assert not Outgoing.objects.filter(kind="confirmation").exists()


def test_a_forged_verdict_counts_for_nothing(world: People) -> None:
    """A header in the name of another server, or below the receiving one, is the sender's own claim."""
    ticket = first(world)
    for verdict in ("evil.example; dmarc=pass header.from=berezka.example",):
        raw = answer(ticket, "plus", "eve@berezka.example", text=verdict, Authentication_Results=verdict)
        (row,) = arrive(raw, channel=world.mailbox)
        assert row.state == "quarantined"


def test_a_verdict_from_the_open_net_counts_for_nothing(world: People) -> None:
    """The receiver took it from a stranger's server: a header in our server's name is forged."""
    ticket = first(world)
    raw = answer(ticket, "plus", "eve@berezka.example", Authentication_Results=PASS.format("berezka.example"))
    (row,) = arrive(raw, channel=world.mailbox, peer="203.0.113.9")
    assert row.state == "quarantined"


def test_a_verified_colleague_of_the_requester_joins(world: People) -> None:
    """The same organisation, verified by the named server: he joins and takes part from now on."""
    ticket = first(world, f"Clara <clara@{domain(world)}>")
    raw = answer(ticket, "plus", f"Eva <eva@{domain(world)}>", Authentication_Results=PASS.format(domain(world)))
    (row,) = arrive(raw, channel=world.mailbox)
    assert (row.state, row.ticket_id) == ("message", ticket.pk), row.steps
    assert Participant.objects.get().address == f"eva@{domain(world)}"
    (row,) = arrive(answer(ticket, "plus", f"Eva <eva@{domain(world)}>", text="Без проверки"), channel=world.mailbox)
    assert row.state == "message"


def test_an_unchecked_colleague_of_the_requester_is_held(world: People) -> None:
    """The same domain in From proves nothing."""
    ticket = first(world, f"Clara <clara@{domain(world)}>")
    (row,) = arrive(answer(ticket, "plus", f"Eva <eva@{domain(world)}>"), channel=world.mailbox)
    assert (row.state, row.reason) == ("quarantined", "stranger")


def test_copies_join_only_for_the_verified(world: People) -> None:
    """CC of an unchecked sender stays outside (D-36); of a verified requester it takes part."""
    ticket = first(world)
    arrive(answer(ticket, "plus", Cc="eva@berezka.example"), channel=world.mailbox)
    assert not Participant.objects.exists()
    raw = answer(
        ticket, "plus", text="Теперь проверено", Cc="eva@berezka.example, support@desk.example, noreply@x.example",
        Authentication_Results=PASS.format("berezka.example"),
    )  # fmt: skip
    arrive(raw, channel=world.mailbox)
    assert [row.address for row in Participant.objects.all()] == ["eva@berezka.example"]


def test_a_colleague_of_ours_is_believed_only_when_verified(world: People) -> None:
    """Forged, he is a stranger; verified, his mail is a note that no customer gets."""
    ticket = first(world)
    sender = f"{world.anna.name} <{world.anna.email}>"
    (row,) = arrive(answer(ticket, "plus", sender), channel=world.mailbox)
    assert (row.state, row.reason) == ("quarantined", "stranger")
    verdict = PASS.format(world.anna.email.partition("@")[2])
    (row,) = arrive(
        answer(ticket, "plus", sender, "Съезжу завтра", Authentication_Results=verdict), channel=world.mailbox
    )
    assert (row.state, row.reason) == ("message", "colleague"), row.steps
    assert ticket.messages.last().kind == "note"


def test_a_dismissed_colleague_is_a_stranger(world: People) -> None:
    """Whoever left answers an old mail (D-31): held, and nothing goes to the customer."""
    ticket = first(world)
    world.anna.is_active = False
    world.anna.save()
    verdict = PASS.format(world.anna.email.partition("@")[2])
    raw = answer(ticket, "plus", world.anna.email, Authentication_Results=verdict)
    (row,) = arrive(raw, channel=world.mailbox)
    assert (row.state, row.reason) == ("quarantined", "stranger")


def test_solved_reopens_and_closed_opens_a_new_one(world: People) -> None:
    """An answer to a closed ticket names the old one."""
    ticket = first(world)
    tickets.change_status(ticket, status="solved", by=Actor.system())
    arrive(answer(ticket, "plus"), channel=world.mailbox)
    ticket.refresh_from_db()
    assert ticket.category == "open"
    tickets.change_status(ticket, status="closed", by=Actor.system())
    (row,) = arrive(answer(ticket, "plus", text="И ещё"), channel=world.mailbox)
    assert row.state == "ticket"
    assert row.ticket is not None
    assert row.ticket.previous_id == ticket.pk


def test_an_absence_note_changes_no_state(world: People) -> None:
    """It is kept on the ticket, which stays solved."""
    ticket = first(world)
    tickets.change_status(ticket, status="solved", by=Actor.system())
    (row,) = arrive(answer(ticket, "our_id", Auto_Submitted="auto-replied"), channel=world.mailbox)
    ticket.refresh_from_db()
    assert (row.state, ticket.category, ticket.messages.count()) == ("message", "solved", 2)


def test_a_chain_that_arrives_at_once_is_one_ticket(world: People) -> None:
    """A mail, the answer to it and the answer to that, in one group."""
    one = mail(Message_ID="<one@berezka.example>")
    two = mail(subject="Re: 1", text="второе", Message_ID="<two@berezka.example>", In_Reply_To="<one@berezka.example>")
    three = mail(subject="Re: 2", text="третье", Message_ID="<3@berezka.example>", References="<two@berezka.example>")
    rows = arrive(one, two, three, channel=world.mailbox)
    assert [row.state for row in rows] == ["ticket", "message", "message"]
    assert len({row.ticket_id for row in rows}) == 1


def test_a_chain_in_reverse_is_one_ticket(world: People) -> None:
    """The answer came before the question."""
    two = mail(subject="Re: 1", text="второе", Message_ID="<two@berezka.example>", In_Reply_To="<one@berezka.example>")
    (later,) = arrive(two, channel=world.mailbox)
    (earlier,) = arrive(mail(Message_ID="<one@berezka.example>"), channel=world.mailbox)
    assert (later.state, earlier.state) == ("ticket", "message")
    assert later.ticket_id == earlier.ticket_id


def test_threads_do_not_cross_mailboxes(world: People) -> None:
    """Another mailbox knows nothing of the Message-IDs of this one."""
    ticket = first(world)
    (row,) = arrive(answer(ticket, "their_id"), channel=support("other@desk.example"))
    assert row.state == "ticket"


def test_the_customers_own_number_is_a_thread_key(world: People) -> None:
    """Their desk writes again under its number, from the same address: one ticket; a stranger with it is held."""
    world.berezka.reference_patterns = [{"system": "sd", "pattern": "RP#######", "url": "https://sd.example/{number}"}]
    world.berezka.save()
    forget()
    robot = f"Service desk <sd@{domain(world)}>"
    (row,) = arrive(mail(robot, subject="Заявка RP8998173 создана"), channel=world.mailbox)
    assert row.ticket is not None
    assert row.ticket.references.get().number == "RP8998173"
    (again,) = arrive(mail(robot, subject="Комментарий к RP8998173", text="Ждём"), channel=world.mailbox)
    assert (again.state, again.ticket_id) == ("message", row.ticket_id), again.steps
    (other,) = arrive(mail(DMITRI, subject="RP8998173"), channel=world.mailbox)
    assert other.state == "ticket"
    (colleague,) = arrive(mail(f"Eva <eva@{domain(world)}>", subject="RP8998173?"), channel=world.mailbox)
    assert (colleague.state, colleague.reason) == ("quarantined", "stranger")


def domain(world: People) -> str:
    """Return the mail domain of the customers' company."""
    return world.berezka.domains.get().domain


FORWARD = """Анна, это к вам.

---------- Forwarded message ---------
От: Ольга Белова <olga@romashka.example>
Date: пн, 2 нояб. 2026 г. в 09:00
Subject: Сломался шкаф
To: <info@desk.example>

Шкаф не морозит со вчера.
"""


def test_a_forward_of_a_believed_colleague_is_the_customers(world: People) -> None:
    """By a file the colleague is believed: the requester is who wrote, the words on top are a note."""
    raw = mail(f"{world.anna.name} <{world.anna.email}>", subject="Fwd: Сломался шкаф", text=FORWARD)
    (row,) = arrive(raw, channel=world.mailbox, source=Source.FILE)
    assert row.state == "ticket", row.steps
    ticket = Ticket.objects.get(pk=row.ticket_id)
    assert ticket.requester.addresses.get().address == "olga@romashka.example"
    assert ticket.subject == "Сломался шкаф"
    assert [message.kind for message in ticket.messages.all()] == ["incoming", "note"]
    assert "Шкаф не морозит" in ticket.messages.first().body_text


def test_a_forward_of_a_customer_stays_his(world: People) -> None:
    """Nobody opens tickets in another's name; neither does a forged colleague."""
    for sender, source in ((CLARA, Source.FILE), (f"A <{world.anna.email}>", Source.SMTP)):
        (row,) = arrive(mail(sender, subject="Fwd: Сломался шкаф", text=FORWARD), channel=world.mailbox, source=source)
        assert row.ticket is not None
        assert row.ticket.requester.addresses.get().address == sender.partition("<")[2].rstrip(">")


OUTLOOK = """Пусть Борис съездит завтра.

От: Клара Ким <clara@berezka.example>
Отправлено: 2 ноября 2026 г. 10:00
Кому: support@demo.otklik.test
Тема: Не холодит витрина

Витрина в зале не холодит.
"""


def test_outlooks_quote_in_a_thread_is_an_answer(world: People) -> None:
    """A colleague answers from Outlook, which quotes as if it forwarded: a note, and no second ticket for Clara."""
    ticket = first(world)
    verdict = PASS.format(world.anna.email.partition("@")[2])
    for way in WAYS:
        raw = answer(ticket, way, f"Anna <{world.anna.email}>", f"{way}. {OUTLOOK}", Authentication_Results=verdict)
        (row,) = arrive(raw, channel=world.mailbox)
        assert (row.reason, row.ticket_id) == ("colleague", ticket.pk), row.steps
        assert row.message is not None
        assert (row.message.kind, row.message.body_text) == ("note", f"{way}. Пусть Борис съездит завтра.")
        assert [code for code, _facts, _at in row.steps].count("answers") == 1
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("names", ["", "<unknown@berezka.example>"])
def test_outlooks_quote_without_a_thread_is_a_forward(world: People, names: str) -> None:
    """Nothing of ours is named, or only what never came here: the request is that of who wrote it."""
    verdict = PASS.format(world.anna.email.partition("@")[2])
    named = {"In_Reply_To": names} if names else {}
    raw = mail(
        f"Anna <{world.anna.email}>", subject="FW: Не холодит", text=OUTLOOK, Authentication_Results=verdict, **named
    )
    (row,) = arrive(raw, channel=world.mailbox)
    assert row.state == "ticket", row.steps
    assert row.ticket is not None
    assert row.ticket.requester.addresses.get().address == "clara@berezka.example"
    assert [message.kind for message in row.ticket.messages.all()] == ["incoming", "note"]


def test_an_uncertain_forward_finds_the_customers_number(world: People) -> None:
    """The number of his own desk leads to his ticket, though it was a colleague who sent it on."""
    world.berezka.reference_patterns = [{"system": "sd", "pattern": "RP#######", "url": ""}]
    world.berezka.save()
    forget()
    clara = f"Клара Ким <clara@{domain(world)}>"
    (row,) = arrive(mail(clara, subject="Заявка RP8998173 создана"), channel=world.mailbox)
    text = OUTLOOK.replace("clara@berezka.example", f"clara@{domain(world)}").replace("витрина", "витрина RP8998173")
    verdict = PASS.format(world.anna.email.partition("@")[2])
    raw = mail(f"Anna <{world.anna.email}>", subject="FW", text=text, Authentication_Results=verdict)
    (again,) = arrive(raw, channel=world.mailbox)
    assert (again.state, again.ticket_id) == ("message", row.ticket_id), again.steps
