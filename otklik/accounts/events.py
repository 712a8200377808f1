"""What happened to users, teams and tokens."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik.accounts.reasons import in_language
from otklik.core.events import DomainEvent

SUBJECT_USER = 4
SUBJECT_TEAM = 9
SUBJECT_ROLE = 10


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
class NamedUserEvent(UserEvent):
    """Something about a person that is told with his name."""

    name: str

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the person's name."""
        return {**data, "name": ""}


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


@dataclass(frozen=True, kw_only=True)
class SessionsEnded(UserEvent):
    """Sessions of a person were ended."""

    kind: ClassVar[str] = "session.ended"
    number: int

    def describe(self) -> str:
        """Word the event."""
        return ngettext("ended %(number)d session", "ended %(number)d sessions", self.number) % {"number": self.number}


@dataclass(frozen=True, kw_only=True)
class TeamEvent(DomainEvent):
    """Something about one team."""

    subject_kind: ClassVar[int] = SUBJECT_TEAM
    name: str


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


@dataclass(frozen=True, kw_only=True)
class SecondFactorAdded(UserEvent):
    """A person added a second factor: ``totp``, ``webauthn`` or ``recovery_codes``."""

    kind: ClassVar[str] = "user.factor_added"
    factor: str

    def describe(self) -> str:
        """Word the event."""
        return _("added a second factor")


@dataclass(frozen=True, kw_only=True)
class SecondFactorRemoved(UserEvent):
    """A person removed a second factor."""

    kind: ClassVar[str] = "user.factor_removed"
    factor: str

    def describe(self) -> str:
        """Word the event."""
        return _("removed a second factor")


@dataclass(frozen=True, kw_only=True)
class SecondFactorReset(NamedUserEvent):
    """An administrator took all second factors of a person away."""

    kind: ClassVar[str] = "user.factors_reset"

    def describe(self) -> str:
        """Word the event."""
        return _("reset the second factor of %(name)s") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class AbsenceEvent(NamedUserEvent):
    """Something about an absence: whose, why, from when until when (none: open), and who stands in."""

    absence_id: int
    reason: str
    starts_at: str
    ends_at: str | None
    stand_in: str
    stand_in_id: int

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the names and the reason."""
        return {**data, "name": "", "stand_in": "", "reason": ""}

    def _filled(self, text: str) -> str:
        return text % {"name": self.name, "stand_in": self.stand_in, "reason": in_language(self.reason)}


@dataclass(frozen=True, kw_only=True)
class AbsencePlanned(AbsenceEvent):
    """An absence was entered."""

    kind: ClassVar[str] = "user.absence_planned"

    def describe(self) -> str:
        """Word the event."""
        return self._filled(_("entered an absence of %(name)s (%(reason)s), stand-in: %(stand_in)s"))


@dataclass(frozen=True, kw_only=True)
class AbsenceBegun(AbsenceEvent):
    """An absence began: the stand-in sees and hears what is the absent person's."""

    kind: ClassVar[str] = "user.absence_begun"

    def describe(self) -> str:
        """Word the event."""
        return self._filled(_("absence of %(name)s begins (%(reason)s), stand-in: %(stand_in)s"))


@dataclass(frozen=True, kw_only=True)
class AbsenceChanged(AbsenceEvent):
    """An absence has another end, stand-in or reason: ``changes`` maps each to its old and new value as shown then."""

    kind: ClassVar[str] = "user.absence_changed"
    changes: dict[str, list[Any]]

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the names and the reasons."""
        kept = {name: values for name, values in data.get("changes", {}).items() if name == "ends_at"}
        return super().scrub(data) | {"changes": kept}

    def describe(self) -> str:
        """Word the event."""
        return self._filled(_("changed the absence of %(name)s (%(reason)s), stand-in: %(stand_in)s"))


@dataclass(frozen=True, kw_only=True)
class AbsenceEnded(AbsenceEvent):
    """An absence is over: in time, by an early return, taken back before it began, or because one was blocked."""

    kind: ClassVar[str] = "user.absence_ended"
    early: bool

    def describe(self) -> str:
        """Word the event."""
        early = _("ended the absence of %(name)s (%(reason)s) early")
        return self._filled(early if self.early else _("absence of %(name)s is over (%(reason)s)"))


@dataclass(frozen=True, kw_only=True)
class ProviderLinked(NamedUserEvent):
    """A person was tied to an account at a provider, by a verified mail address."""

    kind: ClassVar[str] = "user.provider_linked"
    issuer: str

    def describe(self) -> str:
        """Word the event."""
        return _("%(name)s signed in through the provider for the first time") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class ProviderUnlinked(NamedUserEvent):
    """An administrator untied a person from his accounts at providers; his sessions ended."""

    kind: ClassVar[str] = "user.provider_unlinked"

    def describe(self) -> str:
        """Word the event."""
        return _("untied %(name)s from the provider of sign-in") % {"name": self.name}
