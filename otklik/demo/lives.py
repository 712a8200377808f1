"""The life of a ticket as plain values: what was said and done, by whom and when. The bulk writer turns lives into
rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from otklik.accounts.models import Team, User
from otklik.contacts.models import Contact
from otklik.core.actor import Actor
from otklik.tickets.models import Channel, Priority, Status, TicketType


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message; equal contents are kept once."""

    name: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class Said:
    """A message. ``status`` is set along with a reply; ``automatic`` ones change no state."""

    at: datetime
    kind: str
    by: Actor
    text: str
    html: str = ""
    visible: str = ""
    folded: list[Any] = field(default_factory=list)
    files: Sequence[File] = ()
    status: Status | None = None
    automatic: bool = False
    recipients: list[dict[str, Any]] = field(default_factory=list)
    mail: Any = None  # what the mail room needs to know of it, if it came or went by mail


@dataclass(frozen=True, slots=True)
class Assigned:
    """The ticket went to a person, to a team or both."""

    at: datetime
    by: Actor
    assignee: User | None
    team: Team | None


@dataclass(frozen=True, slots=True)
class StatusSet:
    """The status was changed without a message."""

    at: datetime
    by: Actor
    status: Status
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Tagged:
    """Tags were added."""

    at: datetime
    by: Actor
    tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class Edited:
    """Priority or type was changed; None keeps it."""

    at: datetime
    by: Actor
    priority: int | None = None
    type: TicketType | None = None


@dataclass(frozen=True, slots=True)
class Snoozed:
    """The ticket was put off."""

    at: datetime
    by: Actor
    until: datetime


@dataclass(frozen=True, slots=True)
class Woken:
    """A snooze ran out."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody else takes part from now on."""

    at: datetime
    by: Actor
    contact: Contact
    address: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """The customer's own desk numbers the request: system, number, address of its page."""

    at: datetime
    by: Actor
    system: str
    number: str
    url: str = ""


type Step = Said | Assigned | StatusSet | Tagged | Edited | Snoozed | Woken | Joined | Numbered


@dataclass(slots=True)
class Life:
    """A ticket from its opening on; the first step is the message that opens it, steps are in order of time."""

    subject: str
    requester: Contact
    channel: Channel
    status: Status
    steps: list[Step]
    opened_by: Actor
    language: str = "ru"
    priority: int = Priority.NORMAL
    type: TicketType | None = None
    team: Team | None = None
    followers: Sequence[User] = ()

    @property
    def created_at(self) -> datetime:
        """When it was opened."""
        return self.steps[0].at
