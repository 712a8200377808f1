"""What happened to teams and roles."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.core.events import DomainEvent

SUBJECT_TEAM = 9
SUBJECT_ROLE = 10


@dataclass(frozen=True, kw_only=True)
class TeamEvent(DomainEvent):
    """Something about one team."""

    subject_kind: ClassVar[int] = SUBJECT_TEAM
    name: str


@dataclass(frozen=True, kw_only=True)
class TeamAdded(DomainEvent):
    """A team was made."""

    kind: ClassVar[str] = "team.added"
    subject_kind: ClassVar[int] = SUBJECT_TEAM
    name: str

    def describe(self) -> str:
        """Word the event."""
        return _("added the team “%(name)s”") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class TeamChanged(TeamEvent):
    """Name, colour, order or archive of a team changed: what was and what is."""

    kind: ClassVar[str] = "team.changed"
    changes: dict[str, Any]

    def describe(self) -> str:
        """Word the event."""
        return _("changed the team “%(name)s”") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class RoleEvent(DomainEvent):
    """Something about one role of single rights."""

    subject_kind: ClassVar[int] = SUBJECT_ROLE
    name: str


@dataclass(frozen=True, kw_only=True)
class RoleAdded(RoleEvent):
    """A role of single rights was made."""

    kind: ClassVar[str] = "role.added"
    base: str
    rights: list[str]

    def describe(self) -> str:
        """Word the event."""
        return _("added the role “%(name)s”") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class RoleChanged(RoleEvent):
    """Name, base or rights of a role changed for all who hold it: what was and what is."""

    kind: ClassVar[str] = "role.changed"
    changes: dict[str, Any]

    def describe(self) -> str:
        """Word the event."""
        return _("changed the role “%(name)s”") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class RoleRemoved(RoleEvent):
    """A role that nobody held was removed."""

    kind: ClassVar[str] = "role.removed"

    def describe(self) -> str:
        """Word the event."""
        return _("removed the role “%(name)s”") % {"name": self.name}
