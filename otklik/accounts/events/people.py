"""What happened to a person of the desk: added, changed, blocked, invited."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.core.events import DomainEvent

SUBJECT_USER = 4


@dataclass(frozen=True, kw_only=True)
class UserEvent(DomainEvent):
    """Something about one user."""

    subject_kind: ClassVar[int] = SUBJECT_USER


@dataclass(frozen=True, kw_only=True)
class NamedUserEvent(UserEvent):
    """Something about a person that is told with his name."""

    name: str

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the person's name."""
        return {**data, "name": ""}


@dataclass(frozen=True, kw_only=True)
class UserAdded(UserEvent):
    """A user was added with a role."""

    kind: ClassVar[str] = "user.added"
    name: str
    role: str

    def describe(self) -> str:
        """Word the event."""
        return _("added the user %(name)s") % {"name": self.name}

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the person's name."""
        return {**data, "name": ""}


@dataclass(frozen=True, kw_only=True)
class ProfileChanged(UserEvent):
    """A person changed his own settings; values are not kept, only which fields."""

    kind: ClassVar[str] = "user.profile_changed"
    fields: list[str]

    def describe(self) -> str:
        """Word the event."""
        return _("changed the profile")


@dataclass(frozen=True, kw_only=True)
class UserChanged(UserEvent):
    """An administrator changed facts of a person; the signature is named, not quoted."""

    kind: ClassVar[str] = "user.changed"
    fields: list[str]
    changes: dict[str, Any]

    def describe(self) -> str:
        """Word the event."""
        return _("changed the account")

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank name and address."""
        return {**data, "changes": {}}


@dataclass(frozen=True, kw_only=True)
class UserAccessChanged(NamedUserEvent):
    """Role or teams of a person changed: what was and what is."""

    kind: ClassVar[str] = "user.access_changed"
    changes: dict[str, Any]

    def describe(self) -> str:
        """Word the event."""
        return _("changed the access of %(name)s") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class UserBlocked(NamedUserEvent):
    """A person was shut out; sessions and tokens ended."""

    kind: ClassVar[str] = "user.blocked"

    def describe(self) -> str:
        """Word the event."""
        return _("blocked %(name)s") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class UserUnblocked(NamedUserEvent):
    """A person was let in again."""

    kind: ClassVar[str] = "user.unblocked"

    def describe(self) -> str:
        """Word the event."""
        return _("unblocked %(name)s") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class UserInvited(NamedUserEvent):
    """A link to set the first password was sent."""

    kind: ClassVar[str] = "user.invited"

    def describe(self) -> str:
        """Word the event."""
        return _("invited %(name)s") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class InvitationAccepted(UserEvent):
    """An invited person set his password."""

    kind: ClassVar[str] = "user.invitation_accepted"

    def describe(self) -> str:
        """Word the event."""
        return _("accepted the invitation")
