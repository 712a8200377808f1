"""What a workspace changes in its directories of statuses and request types."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.core.events import DomainEvent
from otklik.tickets.events.base import SUBJECT_STATUS, SUBJECT_TYPE, named


@dataclass(frozen=True, kw_only=True)
class StatusAdded(DomainEvent):
    """The workspace has another status."""

    subject_kind: ClassVar[int] = SUBJECT_STATUS
    kind: ClassVar[str] = "status.added"
    key: str
    name: dict[str, str]
    changes: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> str:
        """Word the event."""
        return _("added the status “%(name)s”") % {"name": named(self.name)}


@dataclass(frozen=True, kw_only=True)
class StatusEdited(StatusAdded):
    """A status of the workspace was renamed, moved, put out of use or back."""

    kind: ClassVar[str] = "status.changed"

    def describe(self) -> str:
        """Word the event."""
        return _("changed the status “%(name)s”") % {"name": named(self.name)}


@dataclass(frozen=True, kw_only=True)
class TypeAdded(StatusAdded):
    """The workspace has another request type."""

    subject_kind: ClassVar[int] = SUBJECT_TYPE
    kind: ClassVar[str] = "type.added"

    def describe(self) -> str:
        """Word the event."""
        return _("added the request type “%(name)s”") % {"name": named(self.name)}


@dataclass(frozen=True, kw_only=True)
class TypeEdited(TypeAdded):
    """A request type was renamed, moved, put out of use or back."""

    kind: ClassVar[str] = "type.changed"

    def describe(self) -> str:
        """Word the event."""
        return _("changed the request type “%(name)s”") % {"name": named(self.name)}
