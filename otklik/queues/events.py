"""What guided work leaves in the history: a ticket was skipped; the reasons to choose from were changed."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.core.events import DomainEvent
from otklik.tickets.events import TicketEvent
from otklik.tickets.events.base import named

SUBJECT_REASON = 50


@dataclass(frozen=True, kw_only=True)
class TicketSkipped(TicketEvent):
    """Somebody who was handed the ticket left it to others; his own words are not told."""

    kind: ClassVar[str] = "ticket.skipped"
    reason: dict[str, str]

    def describe(self) -> str:
        """Word the event."""
        return _("skipped the ticket: %(reason)s") % {"reason": named(self.reason)}


@dataclass(frozen=True, kw_only=True)
class SkipReasonSaved(DomainEvent):
    """A reason to skip a ticket was added or changed."""

    kind: ClassVar[str] = "skip_reason.saved"
    subject_kind: ClassVar[int] = SUBJECT_REASON
    silent: ClassVar[bool] = True
    name: dict[str, str]
    enabled: bool
    changes: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> str:
        """Word the event."""
        words = (
            _("saved the skip reason “%(name)s”") if self.enabled else _("put the skip reason “%(name)s” out of use")
        )
        return words % {"name": named(self.name)}
