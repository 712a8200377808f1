"""What the REST API answers about webhooks."""

from datetime import datetime

from otklik.accounts.shapes import NamedOut


class WebhookOut(NamedOut):
    """A webhook and how it fares."""

    url: str
    events: list[str]
    with_bodies: bool
    enabled: bool
    off_reason: str | None
    failing_since: datetime | None
    last_ok_at: datetime | None
    version: int
    created_at: datetime


class NewWebhookOut(WebhookOut):
    """A webhook that was added just now; ``secret`` is null when the same request is repeated."""

    secret: str | None
