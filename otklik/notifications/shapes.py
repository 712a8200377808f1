"""What the REST API answers about notifications."""

from datetime import datetime

from otklik.accounts.shapes import Shape


class ToldTicketOut(Shape):
    """The ticket that a notification is about."""

    number: int
    subject: str
    status: str


class NotificationOut(Shape):
    """One event told to the token's owner; ``kind`` is the kind of change, ``text`` says it in his language."""

    id: int
    kind: str
    text: str
    who: str
    ticket: ToldTicketOut
    message: int | None
    instead_of: str | None
    created_at: datetime
    read_at: datetime | None
    url: str


class UnreadOut(Shape):
    """How many notifications are not read after what was asked for."""

    changed: int
    unread: int


class RulesOut(Shape):
    """What a person is told and how. ``new``: by each way, how far new tickets reach him. ``changes``: the ways of each
    kind of change. Times are of his time zone."""

    new: dict[str, str]
    changes: dict[str, list[str]]
    quiet: bool
    quiet_from: str
    quiet_to: str
    digest: str | None
    digest_at: str
    version: int
