"""What the REST API answers about lists: their columns, acts on many tickets, tags."""

from datetime import datetime

from otklik.accounts.shapes import NamedOut, Shape
from otklik.tickets.shapes_writing import UndoOut


class ColumnOut(Shape):
    """A column and its width: ``s``, ``m`` or ``l``."""

    key: str
    width: str


class LayoutOut(Shape):
    """How the token's owner wants a list; ``folder`` is ``default`` for all that have no layout of their own."""

    folder: str
    columns: list[ColumnOut]
    sort: str


class ForgottenOut(Shape):
    """A list that is as usual again."""

    folder: str
    removed: bool


class ClashOut(Shape):
    """A property that somebody set meanwhile: what was seen, what is now, by whom and when, where that is known."""

    property: str
    seen: int | str | None
    now: int | str | None
    by: str | None
    at: datetime | None


class RefusedOut(Shape):
    """A ticket that stayed as it was, and why; ``clash`` when it is not as it was seen."""

    ticket: int
    reason: str
    clash: ClashOut | None


class BulkOut(Shape):
    """What became of an act on named tickets, and how to take it back."""

    changed: int
    refused: list[RefusedOut]
    undo: UndoOut | None


class RunOut(Shape):
    """An act on everything that a view, a tag or a search held when it began, done in the background.

    ``state`` is ``running``, ``done``, ``stopped``, ``undoing`` or ``undone``; ``capped``: only the newest were taken.
    Of those that stayed as they were the first twenty are named once it is over.
    """

    id: int
    act: str
    state: str
    total: int
    capped: bool
    done: int
    changed: int
    refused: int
    refusals: list[RefusedOut]
    begun_at: datetime
    ended_at: datetime | None


class TagOut(NamedOut):
    """A tag, how many open tickets the token's owner sees with it (100: or more), and whether it is on his rail."""

    open_tickets: int
    pinned: bool


class TagChangedOut(Shape):
    """The run that brings a change of a tag to its tickets; none when nothing changes."""

    run: RunOut | None
