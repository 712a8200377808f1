"""How tickets belong together, and how others number them."""

from dataclasses import dataclass, field
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from otklik.tickets.events.base import TicketEvent


@dataclass(frozen=True, kw_only=True)
class TicketMerged(TicketEvent):
    """The ticket was taken into another one."""

    kind: ClassVar[str] = "ticket.merged"
    into: int

    def describe(self) -> str:
        """Word the event."""
        return _("merged this ticket into %(number)s") % {"number": self.into}


@dataclass(frozen=True, kw_only=True)
class TicketAbsorbed(TicketEvent):
    """Another ticket was taken into this one, with so many messages."""

    kind: ClassVar[str] = "ticket.absorbed"
    number: int
    messages: int = 0

    def describe(self) -> str:
        """Word the event."""
        return _("took the ticket %(number)s in") % {"number": self.number}


@dataclass(frozen=True, kw_only=True)
class MergeUndone(TicketEvent):
    """Two tickets were parted again; ``number`` is the other one."""

    kind: ClassVar[str] = "ticket.merge_undone"
    number: int

    def describe(self) -> str:
        """Word the event."""
        return _("undid the merge with %(number)s") % {"number": self.number}


@dataclass(frozen=True, kw_only=True)
class TicketSplit(TicketEvent):
    """A message of this ticket became the ticket ``number``."""

    kind: ClassVar[str] = "ticket.split"
    number: int

    def describe(self) -> str:
        """Word the event."""
        return _("took a message out into the ticket %(number)s") % {"number": self.number}


@dataclass(frozen=True, kw_only=True)
class TicketLinked(TicketEvent):
    """The ticket was linked with another; ``link`` says what the other is: ``parent``, or ``of_parent`` for a child."""

    kind: ClassVar[str] = "ticket.linked"
    number: int
    link: str

    def describe(self) -> str:
        """Word the event."""
        return _("linked: %(link)s %(number)s") % {"link": link_words(self.link), "number": self.number}


@dataclass(frozen=True, kw_only=True)
class TicketUnlinked(TicketLinked):
    """A link was taken off."""

    kind: ClassVar[str] = "ticket.unlinked"

    def describe(self) -> str:
        """Word the event."""
        return _("unlinked: %(link)s %(number)s") % {"link": link_words(self.link), "number": self.number}


def link_words(link: str) -> str:
    """Return what the other ticket of a link is."""
    return {
        "parent": pgettext("link of tickets", "parent"),
        "of_parent": pgettext("link of tickets", "child"),
        "related": pgettext("link of tickets", "related"),
        "of_related": pgettext("link of tickets", "related"),
        "caused_by": pgettext("link of tickets", "cause"),
        "of_caused_by": pgettext("link of tickets", "consequence"),
    }.get(link, link)


@dataclass(frozen=True, kw_only=True)
class ReferencesChanged(TicketEvent):
    """Numbers of the customer's own desk were added or removed."""

    kind: ClassVar[str] = "foreign_reference.changed"
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def describe(self) -> str:
        """Word the event."""
        parts = []
        if self.added:
            parts.append(_("added the customer's number %(numbers)s") % {"numbers": ", ".join(self.added)})
        if self.removed:
            parts.append(_("removed the customer's number %(numbers)s") % {"numbers": ", ".join(self.removed)})
        return "; ".join(parts)
