"""Webhooks."""

from typing import Any

from tests.routes.table import Row, Scene

ROWS: dict[str, Row] = {
    "webhooks:list": Row("GET HEAD", "admin"),
    "webhooks:new": Row("GET HEAD POST", "admin"),
    "webhooks:webhook": Row("GET HEAD POST", "admin"),
    "webhooks:test": Row("POST", "admin"),
    "webhooks:secret": Row("POST", "admin"),
    "webhooks:removal": Row("POST", "admin"),
    "webhooks:restoration": Row("POST", "admin"),
    "webhooks:again": Row("POST", "admin"),
    "api:list_webhooks": Row("GET POST", "admin"),
    "api:get_webhook": Row("GET PATCH DELETE", "admin"),
}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    on_a_webhook = ("webhook", "test", "secret", "removal", "restoration")
    return {
        **{f"webhooks:{name}": {"webhook_id": 2**62} for name in on_a_webhook},
        "webhooks:again": {"webhook_id": 2**62, "delivery_id": 1},
        "api:get_webhook": {"webhook_id": 2**62},
    }
