"""Everything that writes webhooks."""

from otklik.webhooks.actions.hooks import (
    Wanted,
    add_webhook,
    change_webhook,
    new_secret,
    remove_webhook,
    restore_webhook,
    send_again,
    send_test,
)

__all__ = [
    "Wanted",
    "add_webhook",
    "change_webhook",
    "new_secret",
    "remove_webhook",
    "restore_webhook",
    "send_again",
    "send_test",
]
