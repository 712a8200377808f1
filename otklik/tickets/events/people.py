"""Who takes part in tickets and who watches them."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.tickets.events.base import TicketEvent


@dataclass(frozen=True, kw_only=True)
class TicketFollowed(TicketEvent):
    """Colleagues watch the ticket from now on; names as shown then."""

    kind: ClassVar[str] = "ticket.followed"
    user_ids: list[int]
    names: list[str]

    def describe(self) -> str:
        """Word the event."""
        return _("added followers: %(names)s") % {"names": ", ".join(self.names)}

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the names."""
        return {**data, "names": []}


@dataclass(frozen=True, kw_only=True)
class TicketUnfollowed(TicketFollowed):
    """Colleagues watch the ticket no more."""

    kind: ClassVar[str] = "ticket.unfollowed"

    def describe(self) -> str:
        """Word the event."""
        return _("removed followers: %(names)s") % {"names": ", ".join(self.names)}


@dataclass(frozen=True, kw_only=True)
class NoteMentioned(TicketFollowed):
    """A note calls colleagues by name; they are told and follow the ticket."""

    kind: ClassVar[str] = "note.mentioned"
    silent: ClassVar[bool] = True
    message_id: int

    def describe(self) -> str:
        """Word the event."""
        return _("mentioned %(names)s in a note") % {"names": ", ".join(self.names)}


@dataclass(frozen=True, kw_only=True)
class PersonAdded(TicketEvent):
    """Somebody else takes part now."""

    kind: ClassVar[str] = "person.added"
    name: str
    contact_id: int

    def describe(self) -> str:
        """Word the event."""
        return _("added %(name)s to the conversation") % {"name": self.name}

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the person's name."""
        return {**data, "name": ""}


@dataclass(frozen=True, kw_only=True)
class PersonRemoved(PersonAdded):
    """Somebody takes part no more."""

    kind: ClassVar[str] = "person.removed"

    def describe(self) -> str:
        """Word the event."""
        return _("removed %(name)s from the conversation") % {"name": self.name}
