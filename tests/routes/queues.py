"""Guided work, and who has a ticket open."""

from typing import Any

from otklik.queues.models import SkipReason
from tests.routes.table import ALL, WORKERS, Row, Scene

ROWS: dict[str, Row] = {
    "presence:presence": Row("GET HEAD POST", ALL, of_ticket=True),
    "queues:walk": Row("POST", WORKERS, body={"folder": "open"}, right="tickets.reply"),
    "queues:next": Row("POST", WORKERS, elsewhere="queues/tests/test_walking.py", right="tickets.reply"),
    "queues:skip": Row("POST", WORKERS, elsewhere="queues/tests/test_walking.py", right="tickets.reply"),
    "queues:leave": Row("POST", WORKERS, right="tickets.reply"),
    "queues:skips": Row("GET HEAD", "admin supervisor", right="tickets.skips"),
    "queues:reasons": Row("POST", "admin", right="settings.edit"),
    "api:post_walk": Row("POST DELETE", WORKERS, body={"folder": "open"}, right="tickets.reply"),
    "api:delete_walk": Row("POST DELETE", WORKERS, body={"folder": "open"}, right="tickets.reply"),
    "api:post_next": Row("POST", WORKERS, elsewhere="queues/tests/test_walk_api.py", right="tickets.reply"),
    "api:post_skip": Row("POST", WORKERS, elsewhere="queues/tests/test_walk_api.py", right="tickets.reply"),
    "api:list_reasons": Row("GET POST", ALL, writers="admin", writes="settings.edit"),
    "api:patch_reason": Row("PATCH", "admin", right="settings.edit"),
    "api:list_skips": Row("GET", "admin supervisor", right="tickets.skips"),
}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things: a reason of a fresh desk."""
    return {"api:patch_reason": {"reason_id": SkipReason.objects.order_by("id").values_list("pk", flat=True)[0]}}
