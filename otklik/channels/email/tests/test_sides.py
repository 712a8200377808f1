"""Side conversations by mail: names of their own, who may write, and that nothing of them reaches the customer."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from otklik.channels.email import ids
from otklik.channels.email.actions.inbound import join_held, open_held
from otklik.channels.email.dossier import collect as mails_of
from otklik.channels.email.keys import thread_key
from otklik.channels.email.models import Delivery, EmailFact, Outgoing, Source
from otklik.channels.email.outbox.assemble import bytes_of
from otklik.channels.email.tests.mails import CLARA, DMITRI, arrive, mail
from otklik.channels.email.tests.test_reports import report
from otklik.channels.email.tests.test_threads import FAIL, PASS, answer, trust
from otklik.contacts.dossiers import Subject
from otklik.core.events import timeline
from otklik.testing.people import People, people
from otklik.tickets.actions import reply
from otklik.tickets.actions.sides import Letter, SideSent, open_side, write_side
from otklik.tickets.actions.stepping import undo_step
from otklik.tickets.models import Message, SideConversation, SidePerson, Ticket
from otklik.tickets.queries import messages_visible_to

pytestmark = pytest.mark.django_db

SUPPLIER = "Павел Снабженец <pavel@parts.example>"


@pytest.fixture
def world() -> People:
    """People, and a mailbox whose receiving server is named as trusted."""
    made = people()
    trust(made.mailbox)
    return made


def ask(world: People, **words: object) -> SideSent:
    """Let Anna ask the supplier about Clara's ticket."""
    (row,) = arrive(mail(CLARA), channel=world.mailbox)
    assert row.ticket is not None
    values = {
        "subject": "Нужен компрессор [#1001]",
        "to": ["pavel@parts.example"],
        "by": world.actor(world.anna),
    } | words
    return open_side(row.ticket, Letter(body_text="Есть ли в наличии?"), **values)  # type: ignore[arg-type]


def side_mail(side: SideConversation, sender: str = SUPPLIER, text: str = "Есть, два дня.", **headers: str) -> bytes:
    """Return a letter to the address of a side conversation."""
    to = ids.make_side_address(thread_key(), side.pk, "support@desk.example")
    return mail(sender, **{"subject": "Re: Нужен компрессор", "text": text, "To": to, **headers})


def test_a_letter_leaves_under_names_of_its_own(world: People) -> None:
    sent = ask(world, cc=["lab@parts.example"])
    key = thread_key()
    frozen = Outgoing.objects.get(ticket_message=sent.message)
    assert (frozen.kind, frozen.subject, frozen.ticket_id) == ("side", "Нужен компрессор", sent.side.ticket_id)
    assert ids.read_side_message_id(key, frozen.message_id) == sent.side.pk
    assert ids.read_side_address(key, frozen.reply_to) == sent.side.pk
    assert ids.read_message_id(key, frozen.message_id) is None
    assert ids.read_plus_address(key, frozen.reply_to) is None
    assert {row.recipient for row in frozen.deliveries.all()} == {"pavel@parts.example", "lab@parts.example"}
    wire = bytes_of(frozen)
    assert b"[#" not in wire
    assert b"clara" not in wire.lower()
    assert (frozen.in_reply_to, frozen.references) == ("", [])
    arrive(side_mail(sent.side), channel=world.mailbox)
    again = write_side(sent.side, Letter(body_text="Берём."), by=world.actor(world.anna))
    second = Outgoing.objects.get(ticket_message=again.message)
    theirs = EmailFact.objects.get(message__side=sent.side)
    assert (second.in_reply_to, second.subject) == (theirs.mail_id, "Re: Нужен компрессор")


def test_names_of_one_kind_never_read_as_the_other(world: People) -> None:
    key = thread_key()
    for number in (1, 1042, 2**40):
        side, main = ids.make_side_address(key, number, "a@b.c"), ids.make_plus_address(key, number, "a@b.c")
        assert (ids.read_plus_address(key, side), ids.read_side_address(key, main)) == (None, None)
        assert ids.read_plus_address(key, side.replace("+s-", "+t-")) is None
        assert ids.read_side_address(key, main.replace("+t-", "+s-")) is None
        side_id = ids.make_side_message_id(key, number, "token", "b.c")
        main_id = ids.make_message_id(key, number, "token", "b.c")
        assert ids.read_message_id(key, side_id.replace("<s-", "<t-")) is None
        assert ids.read_side_message_id(key, main_id.replace("<t-", "<s-")) is None
        assert ids.read_side_message_id(key, side_id.upper()) == number
        assert ids.read_side_address(b"another key", side) is None


def test_the_answer_lands_beside_the_ticket(world: People) -> None:
    sent = ask(world, status="on_hold")
    ticket = Ticket.objects.get(pk=sent.side.ticket_id)
    before = Ticket.objects.filter(pk=ticket.pk).values(
        "category", "activity_at", "preview", "message_count", "version"
    )[0]
    (row,) = arrive(side_mail(sent.side), channel=world.mailbox)
    assert (row.state, row.reason, row.ticket_id) == ("message", "side", ticket.pk), row.steps
    assert row.message is not None
    assert (row.message.kind, row.message.side_id, row.message.author_name) == (
        "side_in",
        sent.side.pk,
        "Павел Снабженец",
    )
    after = Ticket.objects.filter(pk=ticket.pk).values(
        "category", "activity_at", "preview", "message_count", "version"
    )[0]
    assert after == before
    assert before["category"] == "on_hold"
    ticket.refresh_from_db()
    assert (ticket.side_count, ticket.side_unread) == (1, 1)
    told = [event.kind for event in timeline(1, ticket.pk)]
    assert "side.received" in told
    assert "message.received" not in told[2:]
    (copy,) = arrive(side_mail(sent.side), channel=world.mailbox)
    assert copy.copies == 1
    assert Message.objects.filter(side=sent.side).count() == 2


def _with_both(side: SideConversation, ticket: Ticket) -> dict[str, str]:
    return {"In-Reply-To": ids.make_message_id(thread_key(), ticket.pk, "any", "desk.example")}


@pytest.mark.parametrize("sender", [CLARA, DMITRI])
def test_whoever_takes_no_part_is_held_and_joins_nothing(world: People, sender: str) -> None:
    """The customer in copy and a stranger who got the letter: even with names of both kinds in it."""
    sent = ask(world)
    ticket = sent.side.ticket
    (row,) = arrive(side_mail(sent.side, sender, **_with_both(sent.side, ticket)), channel=world.mailbox)
    assert (row.state, row.reason, row.ticket_id) == ("quarantined", "stranger", ticket.pk)
    assert Message.objects.filter(ticket=ticket, kind="incoming").count() == 1
    assert Message.objects.filter(side=sent.side).count() == 1
    if sender == CLARA:
        opened = open_held(row.pk, by=world.actor(world.anna))
        assert opened.pk != ticket.pk
        assert opened.messages.get().side_id is None
    else:
        join_held(row.pk, by=world.actor(world.anna))
        assert Message.objects.filter(side=sent.side, kind="side_in").count() == 1
        assert Message.objects.filter(ticket=ticket, kind="incoming").count() == 1
        (more,) = arrive(side_mail(sent.side, sender, "И ещё."), channel=world.mailbox)
        assert (more.state, more.reason) == ("message", "side")


def test_a_third_party_does_not_reach_the_customers_conversation(world: People) -> None:
    sent = ask(world)
    ticket = sent.side.ticket
    (row,) = arrive(answer(ticket, "plus", SUPPLIER), channel=world.mailbox)
    assert (row.state, row.reason) == ("quarantined", "stranger")
    (own,) = arrive(side_mail(sent.side), channel=world.mailbox)
    # the customer answers the supplier's letter that he was shown, without any name of ours
    stray = mail(CLARA, subject="Re: Нужен компрессор", text="А сколько стоит?", In_Reply_To=own.mail_id)
    (loose,) = arrive(stray, channel=world.mailbox)
    assert (loose.state, loose.ticket_id) != ("message", ticket.pk)
    assert loose.state == "ticket"


def test_the_forged_are_held_and_machines_wake_nobody(world: People) -> None:
    sent = ask(world)
    forged = side_mail(sent.side, Authentication_Results=FAIL.format("parts.example"))
    (row,) = arrive(forged, channel=world.mailbox, source=Source.IMAP)
    assert (row.state, row.reason) == ("quarantined", "sender_failed")
    away = side_mail(sent.side, text="Я в отпуске.", Auto_Submitted="auto-replied")
    (quiet,) = arrive(away, channel=world.mailbox)
    assert quiet.message is not None
    assert (quiet.message.is_automatic, quiet.reason) == (True, "side")
    stranger = side_mail(sent.side, DMITRI, text="Меня нет.", Auto_Submitted="auto-replied")
    (ignored,) = arrive(stranger, channel=world.mailbox)
    assert ignored.state == "ignored"
    side = SideConversation.objects.get()
    assert (side.is_unread, side.message_count) == (False, 2)


def test_a_colleague_writes_from_his_own_mailbox(world: People) -> None:
    sent = ask(world)
    letter = side_mail(sent.side, "Борис <boris@desk.example>", Authentication_Results=PASS.format("desk.example"))
    (row,) = arrive(letter, channel=world.mailbox, source=Source.IMAP)
    assert row.message is not None, row.steps
    assert (row.message.kind, row.message.author_kind, row.message.author_id) == ("side_in", "user", world.boris.pk)
    assert not SidePerson.objects.filter(address_key="boris@desk.example").exists()


def test_a_bounce_marks_the_letter_that_came_back(world: People) -> None:
    sent = ask(world)
    frozen = Outgoing.objects.get(ticket_message=sent.message)
    Delivery.objects.filter(outgoing=frozen).update(state="sent", run_at=None)
    back = report(frozen.message_id).replace(b"clara@berezka.example", b"pavel@parts.example")
    (row,) = arrive(back, channel=world.mailbox, **{"from": ""})
    assert (row.state, row.message_id, row.ticket_id) == ("message", sent.message.pk, sent.side.ticket_id)
    assert Delivery.objects.get(outgoing=frozen).state == "bounced"
    assert Message.objects.filter(side=sent.side).count() == 1


def test_taking_a_letter_back_takes_its_mail_back(world: People) -> None:
    sent = ask(world, hold=True)
    assert sent.step is not None
    anna = world.actor(world.anna)
    undo_step(sent.step, by=anna)
    undo_step(sent.step, by=anna)
    assert not Outgoing.objects.filter(kind="side").exists()
    assert Message.objects.filter(side=sent.side).count() == 0
    assert SideConversation.objects.get().message_count == 0
    late = write_side(sent.side, Letter(body_text="Снова"), hold=True, by=anna)
    assert late.step is not None
    Delivery.objects.update(state="sending")
    with pytest.raises(Exception, match=r"on its way|уже ушло|Поздно"):
        undo_step(late.step, by=anna)
    assert Message.objects.filter(pk=late.message.pk).exists()


def test_nothing_leaks_to_the_customer_by_mail_or_export(world: People) -> None:
    sent = ask(world)
    arrive(side_mail(sent.side, text="Закупка 12 000, вам наценка."), channel=world.mailbox)
    ticket = sent.side.ticket
    clara = ticket.requester
    message = reply(ticket, body_text="Заказали деталь.", by=world.actor(world.anna))
    frozen = Outgoing.objects.get(ticket_message=message)
    wire = bytes_of(frozen).decode()
    assert "Закупка" not in frozen.text + frozen.html
    assert "pavel" not in wire
    assert "parts.example" not in " ".join([*frozen.references, frozen.in_reply_to])
    seen = messages_visible_to(world.contact_actor(clara)).filter(ticket=ticket)
    assert {row.kind for row in seen} == {"incoming", "reply"}
    subject = Subject(ids=(clara.pk,), addresses=("clara@berezka.example",))
    assert not any("Нужен" in str(piece.facts) or "Закупка" in str(piece.facts) for piece in mails_of(subject))


def test_other_mail_pays_nothing_for_side_conversations(world: People) -> None:
    """A mail without such a name asks no table of side conversations."""
    ask(world)
    with CaptureQueriesContext(connection) as asked:
        arrive(mail(CLARA, text="Другое дело."), channel=world.mailbox)
    assert len(asked.captured_queries) > 3
    assert not [query["sql"] for query in asked.captured_queries if "sideconversation" in query["sql"].lower()]
