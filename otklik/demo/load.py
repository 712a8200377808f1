"""Loads the demo company: people, customers, six hundred tickets with their mail, and what lies aside in the ledger."""

import random
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import connection, transaction

from otklik.accounts.actions import plan_absence
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.events.models import Outbox
from otklik.demo.bulk import write
from otklik.demo.casting import lives
from otklik.demo.company import PASSWORD, Company, found, invite
from otklik.demo.compose import Directories
from otklik.demo.extras import aside_rows, tell_asides
from otklik.demo.fates import spread_fates
from otklik.demo.mail import MailWriter
from otklik.demo.notices import tell_people
from otklik.demo.saved import save_texts
from otklik.demo.sides import write_sides
from otklik.demo.website import open_site, write_requests
from otklik.tickets.models import Channel, Status, TicketType

SEED: Final = "polus"


def load() -> None:
    """Write everything. The database is empty but for the directories that migrations fill."""
    at = now()
    rng = random.Random(f"{SEED}/company")
    with transaction.atomic():
        company = found(rng, at, password=PASSWORD)
        invite(company, rng, at)
        form = open_site(company, at)
        save_texts(company, at)
    directories = read_directories(company)
    told = lives(company, directories, SEED, at)
    spread_fates(told, at)
    asides = partial(aside_rows, company, at - timedelta(minutes=1))
    write(told, after=MailWriter(company.channel, company.signatures, asides))
    _learn_sizes()
    with transaction.atomic():
        tell_asides()
        write_requests(form)
        write_sides(company, at - timedelta(minutes=1))
        send_away(company, at)
        Outbox.objects.all().delete()  # what was, is told to nobody
    forget()
    tell_people(at)
    forget()


def _learn_sizes() -> None:
    """Let PostgreSQL count what was written: of tables just filled it knows nothing, and plans loops in loops."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def send_away(company: Company, at: datetime) -> None:
    """Let one person be on leave while Anna works in her place, so that one sees what that looks like."""
    vera = company.users["vera"]
    plan_absence(
        vera, starts_at=at - timedelta(days=2), ends_at=at + timedelta(days=9), stand_in=company.users["agent"],
        reason="Отпуск", by=company.actors["vera"],
    )  # fmt: skip


def read_directories(company: Company) -> Directories:
    """Return the directories of the workspace by key."""
    channels = {channel.kind: channel for channel in Channel.objects.exclude(kind="email")}
    return Directories(
        statuses={status.key: status for status in Status.objects.all()},
        types={kind.key: kind for kind in TicketType.objects.all()},
        channels={**channels, "email": company.channel},
    )
