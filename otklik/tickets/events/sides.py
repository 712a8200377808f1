"""What happens in side conversations with third parties."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.tickets.events.base import TicketEvent


@dataclass(frozen=True, kw_only=True)
class SideEvent(TicketEvent):
    """Something about one side conversation of a ticket; ``side_id`` says which."""

    side_id: int


@dataclass(frozen=True, kw_only=True)
class SideOpened(SideEvent):
    """A side conversation was begun; ``people`` names with whom."""

    kind: ClassVar[str] = "side.opened"
    people: str = ""

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the names."""
        return {**data, "people": ""}

    def describe(self) -> str:
        """Word the event."""
        return _("began a side conversation with %(people)s") % {"people": self.people or "—"}


@dataclass(frozen=True, kw_only=True)
class SideMessageSent(SideEvent):
    """A letter to the third party was written; its deliveries leave by themselves."""

    kind: ClassVar[str] = "side.sent"
    message_id: int
    not_before: str | None = None  # ISO 8601: until then it can be taken back

    def describe(self) -> str:
        """Word the event."""
        return _("wrote to the third party")


@dataclass(frozen=True, kw_only=True)
class SideMessageUnsent(SideEvent):
    """A letter to the third party was taken back before it left; the message is gone."""

    kind: ClassVar[str] = "side.unsent"
    message_id: int

    def describe(self) -> str:
        """Word the event."""
        return _("took the letter to the third party back before it left")


@dataclass(frozen=True, kw_only=True)
class SideMessageReceived(SideEvent):
    """The third party's words arrived; the customer sees nothing of them."""

    kind: ClassVar[str] = "side.received"
    message_id: int
    automatic: bool = False

    def describe(self) -> str:
        """Word the event."""
        if self.automatic:
            return _("sent an automatic answer in the side conversation")
        return _("answered in the side conversation")


@dataclass(frozen=True, kw_only=True)
class SideRead(SideEvent):
    """Somebody of the desk looked at what was unread."""

    kind: ClassVar[str] = "side.read"

    def describe(self) -> str:
        """Word the event."""
        return _("read the answer of the third party")


@dataclass(frozen=True, kw_only=True)
class SideClosed(SideEvent):
    """A side conversation has come to its end."""

    kind: ClassVar[str] = "side.closed"

    def describe(self) -> str:
        """Word the event."""
        return _("closed the side conversation")


@dataclass(frozen=True, kw_only=True)
class SideReopened(SideEvent):
    """A closed side conversation goes on."""

    kind: ClassVar[str] = "side.reopened"

    def describe(self) -> str:
        """Word the event."""
        return _("reopened the side conversation")


@dataclass(frozen=True, kw_only=True)
class SideDropped(SideEvent):
    """A side conversation in which nothing was left was taken away."""

    kind: ClassVar[str] = "side.dropped"

    def describe(self) -> str:
        """Word the event."""
        return _("took the empty side conversation away")
