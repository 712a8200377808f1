"""Guided work, and who has a ticket open."""

from typing import Any

from tests.routes.table import ALL, WORKERS, Row, Scene

ROWS: dict[str, Row] = {
    "presence:presence": Row("GET HEAD POST", ALL, of_ticket=True),
    "queues:walk": Row("POST", WORKERS),
    "queues:next": Row("POST", WORKERS),
    "queues:skip": Row("POST", WORKERS),
    "queues:leave": Row("POST", WORKERS),
    "queues:skips": Row("GET HEAD", "admin supervisor"),
    "queues:reasons": Row("POST", "admin"),
    "api:post_walk": Row("POST DELETE", WORKERS),
    "api:delete_walk": Row("POST DELETE", WORKERS),
    "api:post_next": Row("POST", WORKERS),
    "api:post_skip": Row("POST", WORKERS),
    "api:list_reasons": Row("GET", ALL),
    "api:list_skips": Row("GET", "admin supervisor"),
}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things: nothing."""
    return {}
