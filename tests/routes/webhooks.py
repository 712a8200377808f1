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
    "api:list_calls": Row("GET", "admin"),
    "api:get_call": Row("GET", "admin"),
    "api:post_call_again": Row("POST", "admin"),
    "api:post_test": Row("POST", "admin"),
    "api:post_secret": Row("POST", "admin"),
    "api:post_restoration": Row("POST", "admin"),
}


def names(scene: Scene) -> dict[str, dict[str, Any]]:
    """What the addresses need to name things."""
    on_a_webhook = ("webhook", "test", "secret", "removal", "restoration")
    return {
        **{f"webhooks:{name}": {"webhook_id": 2**62} for name in on_a_webhook},
        "webhooks:again": {"webhook_id": 2**62, "delivery_id": 1},
        "api:get_webhook": {"webhook_id": 2**62},
        **{f"api:{name}": {"webhook_id": 2**62} for name in ("list_calls", "post_test", "post_secret")},
        "api:post_restoration": {"webhook_id": 2**62},
        **{f"api:{name}": {"webhook_id": 2**62, "call_id": 1} for name in ("get_call", "post_call_again")},
    }
