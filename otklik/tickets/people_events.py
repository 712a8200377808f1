"""What happens to tickets when two contacts turn out to be one person, or are parted again."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.tickets.events import TicketEvent


@dataclass(frozen=True, kw_only=True)
class PersonMerged(TicketEvent):
    """A contact of the ticket was merged into another one; all that parting them again needs.

    ``part`` is what the contact was here: ``requester``, ``participant``, or ``double`` for a participant who went
    because the other one takes part already. ``address`` is that of the participation that went, if one did.
    """

    kind: ClassVar[str] = "person.merged"
    part: str
    was_id: int
    now_id: int
    was: str
    now: str
    address: str = ""
    organization_was: int | None = None
    organization_now: int | None = None

    def describe(self) -> str:
        """Word the event."""
        return _("the contact %(was)s is %(now)s from now on") % {"was": self.was, "now": self.now}

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank names and address."""
        return {**data, "was": "", "now": "", "address": ""}


@dataclass(frozen=True, kw_only=True)
class PersonParted(TicketEvent):
    """The contacts were parted again and the ticket has its own one back."""

    kind: ClassVar[str] = "person.parted"
    contact_id: int
    name: str

    def describe(self) -> str:
        """Word the event."""
        return _("the contact %(name)s is back") % {"name": self.name}

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the name."""
        return {**data, "name": ""}


@dataclass(frozen=True, kw_only=True)
class PersonErased(TicketEvent):
    """The data of a person were erased from the ticket."""

    kind: ClassVar[str] = "person.erased"

    def describe(self) -> str:
        """Word the event."""
        return _("erased the data of a person")
