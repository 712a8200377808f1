"""What the REST API answers to what is written: how it is taken back, versions, drafts, filled replies."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from otklik.accounts.shapes import Shape
from otklik.tickets.shapes import MessageOut, TicketOut


class UndoOut(Shape):
    """How to take back what was just done: ``POST /undo/{id}``, until this moment."""

    id: int
    until: datetime


class AlsoOut(Shape):
    """Another ticket that was to get the same answer, and why it did not."""

    ticket: int
    sent: bool
    reason: str | None


class WrittenOut(MessageOut):
    """What was just written; ``undo`` is null where it cannot be taken back."""

    undo: UndoOut | None
    also: list[AlsoOut] = Field(default_factory=list)


class UndoneOut(Shape):
    """What was taken back, in the reader's language, and the ticket it is about."""

    text: str
    ticket: int | None


class VersionOut(Shape):
    """What a note said before ``until``."""

    id: int
    body_text: str
    body_html: str
    until: datetime


class SpamOut(Shape):
    """A ticket that was marked as spam, and how to take that back with what was learnt from it."""

    ticket: TicketOut
    undo: UndoOut | None


class DraftFileOut(Shape):
    """A file that was uploaded for a draft."""

    id: int
    name: str
    size: int


class DraftOut(Shape):
    """What the token's owner has begun to write on a ticket; ``version`` goes with the next change."""

    mode: Literal["reply", "note", "incoming"]
    body_html: str
    attachments: list[DraftFileOut]
    version: int
    saved_at: datetime


class NewDraftOut(Shape):
    """The ticket that the token's owner has begun to enter; ``fields`` are those of the form that were filled in."""

    mode: Literal["new"]
    body_html: str
    fields: dict[str, str]
    attachments: list[DraftFileOut]
    version: int
    saved_at: datetime


class FilledOut(Shape):
    """A saved reply as it would go out on a ticket: its placeholders are filled."""

    id: int
    title: str
    body_text: str
    body_html: str
