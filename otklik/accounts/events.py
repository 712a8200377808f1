"""What happened to users, teams and tokens."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.core.events import DomainEvent

SUBJECT_USER = 4
SUBJECT_TEAM = 9


@dataclass(frozen=True, kw_only=True)
class UserEvent(DomainEvent):
    """Something about one user."""

    subject_kind: ClassVar[int] = SUBJECT_USER


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
class TeamAdded(DomainEvent):
    """A team was made."""

    kind: ClassVar[str] = "team.added"
    subject_kind: ClassVar[int] = SUBJECT_TEAM
    name: str

    def describe(self) -> str:
        """Word the event."""
        return _("added the team “%(name)s”") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class ProfileChanged(UserEvent):
    """A person changed his own settings; values are not kept, only which fields."""

    kind: ClassVar[str] = "user.profile_changed"
    fields: list[str]

    def describe(self) -> str:
        """Word the event."""
        return _("changed the profile")


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(UserEvent):
    """A password was set anew; all other sessions ended."""

    kind: ClassVar[str] = "user.password_changed"

    def describe(self) -> str:
        """Word the event."""
        return _("changed the password")


@dataclass(frozen=True, kw_only=True)
class TokenCreated(UserEvent):
    """An API token was made."""

    kind: ClassVar[str] = "token.created"
    name: str
    prefix: str
    scopes: list[str]

    def describe(self) -> str:
        """Word the event."""
        return _("created the API token “%(name)s”") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(UserEvent):
    """An API token was taken back."""

    kind: ClassVar[str] = "token.revoked"
    name: str
    prefix: str

    def describe(self) -> str:
        """Word the event."""
        return _("revoked the API token “%(name)s”") % {"name": self.name}
