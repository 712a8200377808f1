"""The bin and the spam folder."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from otklik.tickets.events.base import TicketEvent


@dataclass(frozen=True, kw_only=True)
class TicketBinned(TicketEvent):
    """The ticket was put into the bin."""

    kind: ClassVar[str] = "ticket.binned"

    def describe(self) -> str:
        """Word the event."""
        return _("put the ticket into the bin")


@dataclass(frozen=True, kw_only=True)
class TicketMarkedSpam(TicketEvent):
    """The ticket was put into the spam folder."""

    kind: ClassVar[str] = "ticket.marked_spam"

    def describe(self) -> str:
        """Word the event."""
        return _("marked the ticket as spam")


@dataclass(frozen=True, kw_only=True)
class TicketRestored(TicketEvent):
    """The ticket came back from the bin or the spam folder."""

    kind: ClassVar[str] = "ticket.restored"

    def describe(self) -> str:
        """Word the event."""
        return _("restored the ticket")


@dataclass(frozen=True, kw_only=True)
class TicketPurged(TicketEvent):
    """The ticket is gone for ever."""

    kind: ClassVar[str] = "ticket.purged"

    def describe(self) -> str:
        """Word the event."""
        return _("deleted the ticket for ever")
