"""The hot statements of sending are read by an index on both databases, however many mails have gone out."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from otklik.channels.email.actions import delivering
from otklik.channels.email.models import Delivery, Outgoing
from otklik.channels.email.outbox import queries
from otklik.core.clock import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def history() -> None:
    """Two thousand mails that are out, and three that wait."""
    at = now()
    mails = Outgoing.objects.bulk_create(
        [Outgoing(message_id=f"<{n}@x>", kind="reply", from_address="s@x", created_at=at) for n in range(2000)]
    )
    Delivery.objects.bulk_create(
        [
            Delivery(
                outgoing=mail, kind="reply", recipient=f"p{n}@x", address_key=f"p{n}@x", first_queued_at=at,
                state="queued" if n < 3 else "sent", run_at=at - timedelta(hours=1) if n < 3 else None,
            )
            for n, mail in enumerate(mails)
        ]
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def plan(rows: QuerySet[Any]) -> str:
    """Return how the database would read the rows."""
    return rows.explain()


def whole_table(text: str) -> bool:
    """Tell whether the deliveries are read from end to end."""
    if connection.vendor == "postgresql":
        return "Seq Scan on email_delivery" in text
    return any("SCAN email_delivery" in line and "USING" not in line for line in text.splitlines())


@pytest.mark.usefixtures("history")
def test_what_is_due() -> None:
    text = plan(delivering.due(now())[:1])
    assert "delivery_due" in text
    assert not whole_table(text)
    assert not whole_table(plan(Delivery.objects.filter(state="sending", run_at__lte=now())[:100]))


@pytest.mark.usefixtures("history")
def test_the_deliveries_of_a_page_of_messages() -> None:
    rows = Delivery.objects.filter(outgoing__ticket_message_id__in=[1, 2, 3]).select_related("outgoing").order_by("id")
    assert not whole_table(plan(rows))


@pytest.mark.usefixtures("history")
def test_the_counts_behind_a_confirmation() -> None:
    rows = Delivery.objects.filter(address_key__in=["p5@x"], kind="confirmation", first_queued_at__gt=now())
    assert "delivery_to_address" in plan(rows)


@pytest.mark.usefixtures("history")
def test_the_failed_part_of_the_outbox(django_assert_max_num_queries: Any) -> None:
    rows = Delivery.objects.filter(state="failed", settled=False).order_by("-id")[:51]
    assert "delivery_by_state" in plan(rows)
    assert queries.TABS == ("waiting", "uncertain", "failed")
