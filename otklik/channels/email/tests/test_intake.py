"""Raw bytes in; tickets, messages and states out."""

from email import message_from_bytes, policy
from typing import Any

import pytest

from otklik.channels.actions import save_connection
from otklik.channels.email import mailbox
from otklik.channels.email.actions import finishing
from otklik.channels.email.intake import read, settle, take
from otklik.channels.email.keys import loop_id
from otklik.channels.email.loop import settle_now
from otklik.channels.email.mailbox import MailboxConfig
from otklik.channels.email.models import Delivery, EmailFact, Inbound
from otklik.channels.email.panels import facts_context
from otklik.channels.email.parse.sandbox import ParseFailed
from otklik.channels.email.queries import sums
from otklik.channels.email.store import RawMail, store_raw
from otklik.channels.email.tests.mails import CLARA, arrive, mail, read_here, support
from otklik.contacts.models import Contact
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.testing.tools import assert_statements
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
    fact = EmailFact.objects.get()
    assert (fact.mail_id, fact.sender["address"], fact.sender_state) == (row.mail_id, CLARA[11:-1], "unchecked")


def test_a_file_comes_along() -> None:
    """Number and bytes of the parts in are those of the files out."""
    raw = (
        b"From: a@b.example\r\nSubject: f\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n"
        b"--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nabc\r\n"
        b"--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nabcd\r\n"
        b"--x--\r\n"
    )
    arrive(raw)
    files = Ticket.objects.get().messages.get().attachments.order_by("pk")
    assert [(file.name.startswith("a"), file.blob.read()) for file in files] == [(True, b"abc"), (True, b"abcd")]


ENDS: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("our own mail comes back", {"X_Otklik_Loop": loop_id}, ("ignored", "loop_own_mail")),
    ("our own address", {"sender": "support@demo.otklik.test"}, ("ignored", "loop_own_address")),
    ("an absence note", {"Auto_Submitted": "auto-replied"}, ("ignored", "auto_reply")),
    ("a machine that reports a fault", {"Auto_Submitted": "auto-generated"}, ("ticket", "")),
    ("a newsletter", {"List_Id": "<n.x>", "List_Unsubscribe": "<https://x/u>"}, ("ignored", "newsletter")),
    ("a discussion list", {"List_Id": "<n.x>", "List_Post": "<mailto:n@x>", "List_Unsubscribe": "<u>"}, ("ticket", "")),
    ("another's control header", {"X_Otklik_State": "closed"}, ("ticket", "")),
    ("a form in our name", {"sender": "support@demo.otklik.test", "Reply_To": "visitor@x.example"}, ("ticket", "")),
]


@pytest.mark.parametrize(("_name", "given", "end"), ENDS, ids=[case[0] for case in ENDS])
def test_where_it_ends(_name: str, given: dict[str, Any], end: tuple[str, str]) -> None:
    """Each kind of mail has its end and its reason."""
    headers = {key: value() if callable(value) else value for key, value in given.items()}
    (row,) = arrive(mail(**headers))
    assert (row.state, row.reason) == end, row.steps
    assert Ticket.objects.count() == (row.state == "ticket")


def test_fifty_servers_are_a_loop() -> None:
    """The hops are counted."""
    (row,) = arrive(b"Received: from a by b; x\r\n" * 50 + mail())
    assert (row.state, row.reason) == ("ignored", "loop_hops")


def test_a_blocked_contact_opens_nothing() -> None:
    """The desk does not want to hear of him."""
    arrive(mail())
    Contact.objects.update(is_blocked=True)
    (row,) = arrive(mail(text="Ещё"))
    assert (row.state, row.reason) == ("ignored", "blocked")


def test_twice_the_same_is_one_and_counted() -> None:
    """A second delivery is recognised; the same Message-ID with other content is another mail (D-55)."""
    raw = mail(Message_ID="<same@x>")
    first, second = arrive(raw, raw)
    (third,) = arrive(raw.replace(b"\n", b"\r\n"))
    (other,) = arrive(mail(Message_ID="<same@x>", text="Совсем другое"))
    assert first.pk == second.pk == third.pk != other.pk
    assert Inbound.objects.get(pk=first.pk).copies == 2
    told = sums(Inbound.objects.all())
    assert (told["received"], told["ticket"], told["duplicates"]) == (2, 2, 2)


def test_one_mail_to_two_mailboxes_is_two() -> None:
    """Each mailbox has its own."""
    one, two = support(), support("sales@demo.otklik.test")
    raw = mail()
    store_raw([RawMail(one.pk, raw), RawMail(two.pk, raw)])
    settle_now(None, read_here)
    assert [row.state for row in Inbound.objects.all()] == ["ticket", "ticket"]


@pytest.mark.parametrize("place", [0, 7, 20])
def test_poison_stops_only_itself(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing one mail of a group fails: the group is undone, each goes alone, the bad one waits and then fails."""
    raws = [mail(text=f"Заявка {number}", subject=f"Заявка {number}") for number in range(21)]
    raws[place] = mail(text="poison", subject="poison")
    true_receive = finishing.receive

    def receive(items: Any, **named: Any) -> Any:
        if any(item.subject == "poison" for item in items):
            raise ZeroDivisionError
        return true_receive(items, **named)

    monkeypatch.setattr(finishing, "receive", receive)
    rows = arrive(*raws)
    assert [row.state for row in rows] == ["waiting" if number == place else "ticket" for number in range(21)]
    for _attempt in range(3):
        Inbound.objects.filter(state="waiting").update(run_at=now())
        settle_now(None, read_here)
    bad = Inbound.objects.get(pk=rows[place].pk)
    assert (bad.state, bad.reason, bad.last_error) == ("failed", "error", "ZeroDivisionError")
    assert Ticket.objects.count() == 20


def test_what_cannot_be_read_fails_alone() -> None:
    """The parser child died on it: its neighbours do not notice."""

    def reader(raws: Any) -> Any:
        return [ParseFailed("timeout") if b"bomb" in raw else read_here([raw])[0] for raw in raws]

    store_raw([RawMail(support().pk, raw) for raw in (mail(text="bomb"), mail(text="good"))])
    for _attempt in range(3):
        Inbound.objects.filter(state="waiting").update(run_at=now())
        settle_now(None, reader)
    assert sorted(Inbound.objects.values_list("state", "last_error")) == [("failed", "timeout"), ("ticket", "")]
    bad = Inbound.objects.get(state="failed")
    assert (bad.subject, bad.from_name, bad.from_address) == (
        "Не холодит витрина",
        "Клара Ким",
        "clara@berezka.example",
    )


def test_hostile_bytes_are_kept() -> None:
    """NUL bytes, quotes without end, a Message-ID of brackets among good ones (D-54)."""
    hostile = [
        b"\x00\x00\x00",
        b"From: a@b.example\r\nTo: " + b'"' * 16000 + b"\r\n\r\nhi\x00there",
        b"From: a@b.example\r\nMessage-ID: <<<<<<<<\r\nSubject: \xff\xfe\x00\r\n\r\n\xd0",
        b"",
    ]
    rows = arrive(*hostile, *(mail(text=str(number)) for number in range(3)))
    assert [row.state for row in rows[4:]] == ["ticket"] * 3
    assert {row.state for row in rows[:4]} <= {"ticket", "quarantined"}
    assert rows[1].state == "ticket"


def test_a_known_sender_costs_twelve_statements() -> None:
    """Alone, from the claimed row to its end; a new one with a file, twenty."""
    arrive(mail(text="warm"))
    store_raw([RawMail(support().pk, mail(text="Вторая"))])
    with assert_statements(12):
        settle_now(None, read_here)


def with_file() -> bytes:
    """Return a mail of a new sender with a file."""
    return (
        b"From: New <new@b.example>\r\nMessage-ID: <f@b.example>\r\nSubject: f\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n"
        b"--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nabc\r\n"
        b"--x--\r\n"
    )


def test_a_new_sender_with_a_file_costs_twenty_statements() -> None:
    """Contact, address, blob and attachment come on top."""
    arrive(mail(text="warm"))
    store_raw([RawMail(support().pk, with_file())])
    with assert_statements(20):
        settle_now(None, read_here)


def test_a_confirmation_fits_into_the_twenty() -> None:
    """A new sender with a file, confirmed: from the mail in hand, as the receiver gives it, to its end."""
    channel = support()
    config, secret = mailbox.dump(MailboxConfig(confirmation=True))
    save_connection(channel, config=config, secret=secret, by=Actor.system())
    forget()
    arrive(mail(text="warm"))
    store_raw([RawMail(channel.pk, with_file(), envelope={"from": "new@b.example", "to": [channel.address]})])
    mails = read(take("here"), read_here)
    with assert_statements(20):
        settle(mails)
    assert Delivery.objects.filter(recipient="new@b.example").count() == 1


def test_an_invitation_says_on_the_card_what_when_and_where() -> None:
    """Also beside a text that says nothing of it; a cancelled one says that it is."""
    event = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Осмотр\r\nDTSTART:20261105T100000Z\r\nLOCATION:Зал 2\r\nEND:VEVENT"
    )
    for method, words in (("REQUEST", "Приглашение: "), ("CANCEL", "Приглашение отменено: ")):
        letter = message_from_bytes(mail(subject=method, text="См. вложение"), policy=policy.SMTP)
        letter.add_attachment(event.encode(), "text", "calendar", params={"method": method, "charset": "utf-8"})
        (row,) = arrive(bytes(letter))
        context = facts_context(Actor.system(), row.ticket)
        assert context is not None
        assert context["hints"] == [f"{words}Осмотр, 2026-11-05 10:00 (UTC), Зал 2"]
