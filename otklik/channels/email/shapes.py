"""What the REST API answers about the mail ledger."""

from datetime import datetime

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


class FoldersOut(Shape):
    """All folders that are fetched."""

    items: list[FolderOut]
