"""What the REST API answers about archives of old mail."""

from datetime import datetime
from typing import Literal

from otklik.accounts.shapes import NamedOut, Shape


class ArchiveSumsOut(Shape):
    """How many mails were new, known already, or refused."""

    taken: int
    known: int
    refused: int


class ArchiveProblemOut(Shape):
    """A refused mail by its name in the archive; it names no mailbox, or is empty or too large."""

    name: str
    code: Literal["no_mailbox", "unusable"]


class ArchiveOut(Shape):
    """An archive: ``total`` mails, of which ``position`` are behind us; ``unplaced`` name no mailbox of the desk."""

    id: int
    file: str
    size: int
    mailbox: int | None
    ends: Literal["auto", "open", "closed"]
    by: NamedOut | None
    state: Literal["counting", "ready", "running", "stopped", "done", "failed", "dropped"]
    error: str | None
    total: int
    unplaced: int
    first_at: datetime | None
    last_at: datetime | None
    position: int
    result: ArchiveSumsOut
    problems: list[ArchiveProblemOut]
    created_at: datetime
    finished_at: datetime | None
