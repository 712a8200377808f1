"""What the REST API answers about webhooks."""

from datetime import datetime

from otklik.accounts.shapes import NamedOut, Shape


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


class SecretOut(Shape):
    """A secret that signs from now on; null when the same request is repeated."""

    secret: str | None


class AttemptOut(Shape):
    """One attempt of a call: what the receiver answered, or why it came to nothing."""

    at: datetime
    status: int | None
    error: str | None
    answer: str | None
    milliseconds: int


class CallOut(Shape):
    """A call of a webhook; ``key`` is the ``id`` that its receiver gets. One of ``ticket``, ``contact`` and
    ``organization`` says of what it tells; none for a test."""

    id: int
    key: str
    event: str
    ticket: int | None
    contact: int | None
    organization: int | None
    state: str
    created_at: datetime
    ended_at: datetime | None
    next_at: datetime | None
    attempts: list[AttemptOut]


class CallWithBodyOut(CallOut):
    """A call with what it sends; null before the first attempt."""

    body: str | None
