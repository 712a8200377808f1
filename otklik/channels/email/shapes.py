"""What the REST API answers about the mail ledger."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from otklik.accounts.shapes import Shape


class MailRowOut(Shape):
    """A received mail and where it ended."""

    id: int
    channel: str
    received_at: datetime
    message_id: str
    sender: str = Field(alias="from")
    subject: str
    state: str
    reason: str | None
    ticket: int | None
    message: int | None


class OutboxRowOut(Shape):
    """A mail of ours to one recipient: where it stands, and what is known of why."""

    id: int
    kind: Literal["reply", "confirmation", "account", "notice", "side"]
    state: Literal["queued", "sending", "sent", "uncertain", "delivered", "bounced", "failed"]
    recipient: str
    role: Literal["to", "cc"]
    sender: str = Field(alias="from")
    subject: str
    message_id: str
    ticket: int | None
    message: int | None
    attempts: int
    queued_at: datetime
    next_at: datetime | None
    sent_at: datetime | None
    error: str | None
    settled: bool


class ArrivalIn(Shape):
    """What a person knows of a mail that is out: it arrived, or it came back."""

    arrived: bool


class SentAgainOut(Shape):
    """How many mails that waited for a later attempt are tried now."""

    count: int


class MailSumsOut(Shape):
    """How many mails ended where; the states add up to ``received``."""

    received: int
    waiting: int
    ticket: int
    message: int
    ignored: int
    quarantined: int
    failed: int
    duplicates: int


class FolderOut(Shape):
    """What a server counted in a folder, and what became of it here."""

    channel: str
    address: str
    folder: str
    counted_at: datetime
    there: int
    received: int
    left: int
    unfetched: int
    vanished: int
