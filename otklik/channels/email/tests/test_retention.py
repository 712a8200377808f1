"""Raw bytes go after their time; message, ledger and sums stay, and what is undecided keeps its source."""

from datetime import timedelta

import pytest

from otklik.channels.email import queries
from otklik.channels.email.actions.inbound import process_again
from otklik.channels.email.actions.retention import remove_raw
from otklik.channels.email.app_settings import RAW_DAYS
from otklik.channels.email.models import Inbound
from otklik.channels.email.tests.mails import arrive, mail
from otklik.core.actor import Actor
from otklik.core.blobs import Blob, sweep
from otklik.core.clock import now
from otklik.core.errors import Conflict
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.testing.tools import desk_client

pytestmark = pytest.mark.django_db


def aged(company: People, days: int, **changes: str) -> Inbound:
    (row,) = arrive(mail(text=f"{days} {changes}"), channel=company.mailbox)
    Inbound.objects.filter(pk=row.pk).update(received_at=now() - timedelta(days=days), **changes)
    row.refresh_from_db()
    return row


def test_old_raw_bytes_go_and_the_ledger_stays(company: People) -> None:
    old, young, held = aged(company, 200), aged(company, 100), aged(company, 200, state="quarantined")
    digest, before = old.blob.sha256, queries.sums(Inbound.objects.all())  # type: ignore[union-attr]
    assert (remove_raw(), remove_raw()) == (1, 0)
    for row in (old, young, held):
        row.refresh_from_db()
    assert (old.blob, young.blob is None, held.blob is None) == (None, False, False)
    assert old.message is not None
    assert queries.sums(Inbound.objects.all()) == before
    Blob.objects.update(seen_at=now() - timedelta(days=3))
    sweep()
    assert not Blob.objects.filter(sha256=digest).exists()
    admin = desk_client(company.admin)
    page = admin.get(f"/mail/{old.pk}/").content.decode()
    assert f"{digest[:4]}…{digest[-4:]}" in page
    assert f"/mail/{old.pk}/raw" not in page
    assert admin.get(f"/mail/{old.pk}/raw").status_code == 404
    with pytest.raises(Conflict):
        process_again(old.pk, by=company.actor(company.admin))


def test_zero_days_keep_everything(company: People) -> None:
    row = aged(company, 3000)
    set_value(RAW_DAYS, 0, Actor.system())
    assert remove_raw() == 0
    row.refresh_from_db()
    assert row.blob is not None
