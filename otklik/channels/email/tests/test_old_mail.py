"""Mail of archives is history: it stands where its date puts it, ends as one chose, and nobody is told or answered."""

import io
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from otklik.channels.email.actions import archives as actions
from otklik.channels.email.loop import settle_now
from otklik.channels.email.mailbox import MailboxConfig, dump
from otklik.channels.email.models import Delivery, Inbound, MailArchive, Source
from otklik.channels.email.tests.mails import arrive, read_here
from otklik.channels.models import Connection
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.core.events import Event, dispatch_batch
from otklik.notifications.models import Notification
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets import actions as tickets
from otklik.tickets.models import Message, Ticket
from otklik.webhooks.models import Delivery as Called
from otklik.webhooks.models import Webhook

PAGE = "/settings/mailboxes/archives/"
YEAR = timedelta(days=365)


def mail(number: int, at: datetime | None, *, answers: int = 0, sender: str = "clara@berezka.example") -> bytes:
    date = f"Date: {format_datetime(at)}\r\n" if at else ""
    reference = f"In-Reply-To: <{answers}@berezka.example>\r\n" if answers else ""
    return (
        f"From: {sender}\r\nTo: support@desk.example\r\nSubject: Fridge {number}\r\n"
        f"Message-ID: <{number}@berezka.example>\r\n{reference}{date}\r\nhello {number}\r\n"
    ).encode()


def take_in(company: People, *mails: bytes, ends: str = "auto") -> None:
    content = b"".join(b"From clara@berezka.example Fri Jun  5 12:10:00 2026\n" + one + b"\n" for one in mails)
    row = actions.add_archive(
        io.BytesIO(content), name="old.mbox", size=len(content), channel=company.mailbox, ends=ends,
        by=company.actor(company.admin),
    )  # fmt: skip
    actions.count_archive(row.pk)
    row.refresh_from_db()
    assert actions.start_archive(row, by=company.actor(company.admin))
    actions.take_archive(row.pk)
    settle_now(None, read_here)


@pytest.fixture
def confirming(company: People) -> People:
    config, secret = dump(MailboxConfig(confirmation=True))
    Connection.objects.update_or_create(channel=company.mailbox, defaults={"config": config, "secret": secret})
    forget()
    Webhook.objects.create(
        name="CRM", url="https://crm.example/", events=["ticket.opened", "message.received", "contact.added"],
        enabled=True, created_at=now(),
    )  # fmt: skip
    return company


def tell_all() -> None:
    while dispatch_batch():
        pass


def test_old_mail_tells_and_answers_nobody(confirming: People) -> None:
    mine = confirming.ticket()
    tickets.assign(mine, assignee=confirming.anna, by=Actor.system())
    tell_all()
    Notification.objects.all().delete()
    Called.objects.all().delete()
    recent = now() - timedelta(days=1)
    answer = mail(7, recent).replace(b"Fridge", f"[#{mine.pk}]".encode())
    take_in(confirming, mail(1, now() - YEAR), mail(2, recent, sender="new@nowhere.example"), answer)
    tell_all()
    assert Ticket.objects.count() == 3
    assert mine.messages.count() == 2
    assert not Delivery.objects.exists()
    assert not Notification.objects.exists()
    assert not Called.objects.exists()
    live = mail(8, now()).replace(b"Fridge", f"[#{mine.pk}]".encode())
    arrive(mail(3, now()), live, channel=confirming.mailbox, source=Source.PIPE)
    tell_all()
    assert Delivery.objects.filter(outgoing__kind="confirmation").count() == 1
    assert Notification.objects.exists()
    assert Called.objects.exists()


def test_it_stands_where_its_date_puts_it(company: People) -> None:
    written = (now() - YEAR).replace(microsecond=0)
    ahead, ancient = now() + YEAR, datetime(1980, 1, 1, tzinfo=UTC)
    take_in(company, mail(1, written), mail(2, ahead), mail(3, None), mail(4, ancient))
    found = {ticket.subject: ticket for ticket in Ticket.objects.all()}
    old = found["Fridge 1"]
    assert (old.created_at, old.last_message_at, old.closed_at) == (written, written, written)
    assert Message.objects.get(ticket=old).created_at == written
    received = {row.subject: row.received_at for row in Inbound.objects.all()}
    for name in ("Fridge 2", "Fridge 3"):
        assert found[name].created_at == received[name]
    assert found["Fridge 4"].created_at.year == 1990


def test_conversations_end_as_one_chose(company: People) -> None:
    old, recent = now() - YEAR, now() - timedelta(days=3)
    take_in(company, mail(1, old), mail(2, recent), mail(3, old), mail(4, recent, answers=3))
    take_in(company, mail(5, old), ends="open")
    take_in(company, mail(6, recent), ends="closed")
    states = {ticket.subject: (ticket.category, ticket.awaits_us) for ticket in Ticket.objects.all()}
    assert states == {
        "Fridge 1": ("closed", False), "Fridge 2": ("open", True), "Fridge 3": ("open", True),
        "Fridge 5": ("open", True), "Fridge 6": ("closed", False),
    }  # fmt: skip


def test_a_conversation_is_one_ticket_in_whatever_order_it_comes(company: People) -> None:
    first = (now() - YEAR).replace(microsecond=0)
    take_in(company, mail(2, first + timedelta(days=1), answers=1), mail(1, first))
    take_in(company, mail(3, first + timedelta(days=2), answers=1))
    ticket = Ticket.objects.get()
    assert (ticket.category, ticket.message_count) == ("closed", 3)
    assert (ticket.created_at, ticket.last_message_at) == (first, first + timedelta(days=2))
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert not kinds & {"ticket.reopened", "ticket.status_changed"}
    take_in(company, mail(3, first + timedelta(days=2), answers=1))
    assert Message.objects.count() == 3


def test_a_live_answer_to_old_mail_opens_a_new_ticket(company: People) -> None:
    take_in(company, mail(1, now() - YEAR))
    arrive(mail(2, now(), answers=1), channel=company.mailbox)
    fresh = Ticket.objects.latest("pk")
    assert (fresh.previous, fresh.category) == (Ticket.objects.earliest("pk"), "new")


def test_the_page_asks_how_they_end(company: People) -> None:
    client = desk_client(company.admin)
    assert 'name="ends"' in client.get(PAGE).content.decode()
    file = SimpleUploadedFile("old.eml", mail(1, now()))
    assert client.post(PAGE, {"file": file, "ends": "sometime"}).status_code == 422
    file = SimpleUploadedFile("old.eml", mail(1, now()))
    assert client.post(PAGE, {"file": file, "ends": "closed"}).status_code == 302
    assert MailArchive.objects.get().ends == "closed"
    with pytest.raises(Invalid):
        actions.add_archive(
            io.BytesIO(b"x"), name="x", size=1, channel=None, ends="never", by=company.actor(company.admin)
        )
