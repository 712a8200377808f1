"""What needs a person is told: floods, folders that hold more than the ledger, failed and held mail in the rail."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from otklik.channels.email import health, queries
from otklik.channels.email.actions.floods import CHANNEL_LEAST, SENDER_LEAST, WINDOW, watch_floods
from otklik.channels.email.actions.inbound import dismiss_held
from otklik.channels.email.imap.count import note_count
from otklik.channels.email.mailbox import DELETE, MOVE, MailboxConfig
from otklik.channels.email.models import Flood, ImapMessage, Inbound
from otklik.channels.email.tests.mails import arrive, mail
from otklik.channels.models import Connection
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.events import Event
from otklik.testing.people import People
from otklik.testing.tools import desk_client

pytestmark = pytest.mark.django_db
LOUD = "Loud <loud@shop.example>"


def come(company: People, count: int, sender: str = LOUD) -> None:
    arrive(*(mail(sender, text=f"{sender} {number}") for number in range(count)), channel=company.mailbox)


def test_a_sender_who_floods_is_named_once(company: People) -> None:
    come(company, SENDER_LEAST - 1)
    assert watch_floods() == 0
    come(company, SENDER_LEAST)  # the first of them are known already
    assert watch_floods() == watch_floods() == 1
    flood = Flood.objects.get()
    assert (flood.sender, flood.channel, flood.count) == ("loud@shop.example", company.mailbox, SENDER_LEAST)
    (told,) = Event.objects.filter(kind="mail.flood")
    assert (told.data["sender"], told.data["count"], told.subject_id) == (flood.sender, flood.count, flood.channel_id)
    assert "loud@shop.example" in desk_client(company.admin).get("/mail/").content.decode()
    assert any("loud@shop.example" in finding.text for finding in health.receiving())


def test_a_channel_far_over_its_usual_is_a_flood_and_a_busy_one_is_not(company: People) -> None:
    for number in range(CHANNEL_LEAST):
        come(company, 1, f"p{number}@many.example")
    assert watch_floods() == 1
    assert Flood.objects.get().sender == ""
    Flood.objects.all().delete()
    usual = CHANNEL_LEAST * int(timedelta(days=1) / WINDOW)
    first = Inbound.objects.first()
    assert first is not None
    Inbound.objects.bulk_create(
        Inbound(
            channel=company.mailbox, dedupe=f"usual{number}", source="smtp", size=1, blob=first.blob, state="ignored",
            received_at=now() - timedelta(hours=2), run_at=now(),
        )
        for number in range(usual)
    )  # fmt: skip
    assert watch_floods() == 0


def test_old_mail_of_a_new_mailbox_is_no_flood(company: People) -> None:
    old = (now() - timedelta(days=3)).isoformat()
    arrive(*(mail(LOUD, text=str(n)) for n in range(SENDER_LEAST)), channel=company.mailbox, internaldate=old)
    assert watch_floods() == 0


def folder_row(company: People, uid: int, state: str = "stored", *, done: bool = False) -> None:
    ImapMessage.objects.create(
        channel=company.mailbox, folder="INBOX", uidvalidity=7, uid=uid, state=state, seen_at=now(), after_done=done
    )


def test_the_folder_is_compared_with_the_ledger(company: People) -> None:
    Connection.objects.update_or_create(channel=company.mailbox, defaults={"enabled": True})
    for uid, state in ((1, "stored"), (2, "stored"), (3, "refused"), (4, "broken"), (9, "stored")):
        folder_row(company, uid, state)
    count = note_count(company.mailbox.pk, MailboxConfig(), 7, [1, 2, 3, 4, 5])
    assert (count.there, count.received, count.left, count.unfetched, count.vanished) == (5, 2, 1, 2, 1)
    forget()
    with override("en"):
        assert any("2 of 5" in finding.text and finding.level == "warning" for finding in health.receiving())
    page = desk_client(company.admin).get("/mail/").content.decode()
    assert "folder-counts__bad" in page
    (shown,) = queries.folder_counts(company.actor(company.admin))
    assert queries.public_count(shown)["unfetched"] == 2
    assert queries.folder_counts(company.actor(company.anna)) == []
    assert queries.needing_somebody(company.actor(company.admin)) == 2
    note_count(company.mailbox.pk, MailboxConfig(), 7, [1, 2, 3])
    assert not any(finding.level == "warning" for finding in health.receiving())


@pytest.mark.parametrize(("after", "vanished"), [(MOVE, 0), (DELETE, 1), ("keep", 1)])
def test_what_we_moved_ourselves_has_not_vanished(company: People, after: str, vanished: int) -> None:
    folder_row(company, 1, done=True)
    assert note_count(company.mailbox.pk, MailboxConfig(after_import=after), 7, []).vanished == vanished


def test_a_failed_mail_stands_in_the_rail_until_somebody_decides(company: People) -> None:
    (row,) = arrive(mail(), channel=company.mailbox)
    Inbound.objects.filter(pk=row.pk).update(state="failed", ticket=None, message=None)
    forget()
    admin = company.actor(company.admin)
    assert queries.needing_somebody(admin) == 1
    assert queries.needing_somebody(company.actor(company.observer)) is None
    dismiss_held(row.pk, by=admin)
    forget()
    assert queries.needing_somebody(admin) == 0
    row.refresh_from_db()
    assert (row.state, row.reason) == ("ignored", "by_hand")
