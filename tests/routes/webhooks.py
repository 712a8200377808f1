"""Webhooks."""

from typing import Any

from tests.routes import things
from tests.routes.table import Row, Scene

ROWS: dict[str, Row] = {
    "webhooks:list": Row("GET HEAD", "admin", right="settings.edit"),
    "webhooks:new": Row("GET HEAD POST", "admin", right="settings.edit"),
    "webhooks:webhook": Row("GET HEAD POST", "admin", right="settings.edit"),
    "webhooks:test": Row("POST", "admin", right="settings.edit"),
    "webhooks:secret": Row("POST", "admin", right="settings.edit"),
    "webhooks:removal": Row("POST", "admin", right="settings.edit"),
    "webhooks:restoration": Row("POST", "admin", right="settings.edit"),
    "webhooks:again": Row("POST", "admin", right="settings.edit"),
    "api:list_webhooks": Row("GET POST", "admin", right="settings.edit"),
    "api:get_webhook": Row("GET PATCH DELETE", "admin", right="settings.edit"),
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
    call = things.webhook_delivery()
    hook = {"webhook_id": call.webhook_id}
    return {
        **{f"webhooks:{name}": hook for name in on_a_webhook},
        "webhooks:again": hook | {"delivery_id": call.pk},
        "api:get_webhook": hook,
        **{f"api:{name}": hook for name in ("list_calls", "post_test", "post_secret")},
        "api:post_restoration": hook,
        **{f"api:{name}": hook | {"call_id": call.pk} for name in ("get_call", "post_call_again")},
    }
