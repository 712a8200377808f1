"""Short ways of the tests of outgoing mail."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from otklik.channels.email.models import Delivery, Outgoing
from otklik.channels.email.outbox.enqueue import Draft, enqueue
from otklik.core.clock import now


def freeze(*recipients: str, **changes: Any) -> Outgoing:
    """Freeze a small mail to the recipients and queue it."""
    serial = Outgoing.objects.count()
    values: dict[str, Any] = {
        "kind": "notice",
        "message_id": f"<n-{serial}@desk.example>",
        "from_name": "Поддержка",
        "from_address": "support@desk.example",
        "subject": "Проверка",
        "text": "Здравствуйте!\n",
        "to": [("", address) for address in recipients],
        **changes,
    }
    with transaction.atomic():
        return enqueue([Draft(**values)], at=now())[0]


def states() -> dict[str, str]:
    """Return the state of every recipient."""
    return dict(Delivery.objects.order_by("id").values_list("recipient", "state"))


def make_due(**lookup: Any) -> None:
    """Let the pauses of waiting deliveries be over."""
    Delivery.objects.filter(run_at__isnull=False, **lookup).update(run_at=now() - timedelta(seconds=1))
