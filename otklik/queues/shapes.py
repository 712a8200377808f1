"""What the REST API answers about guided work."""

from datetime import datetime

from otklik.accounts.shapes import NamedOut, Shape
from otklik.tickets.shapes import TicketOut


class WalkOut(Shape):
    """Where a walk through a folder stands; ``ticket`` is null when nothing is left."""

    folder: str | None
    position: int
    ticket: TicketOut | None


class ReasonOut(NamedOut):
    """A reason to skip a ticket, named in the reader's language and in both."""

    name_ru: str
    name_en: str


class ManagedReasonOut(ReasonOut):
    """A reason as it is kept; one that is not enabled is offered no longer."""

    enabled: bool


class SkipOut(Shape):
    """A ticket that somebody left to others."""

    id: int
    ticket: int
    user: NamedOut
    reason: ReasonOut
    words: str
    folder: str
    at: datetime
