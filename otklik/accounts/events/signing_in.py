"""What happened to the ways a person signs in: password, sessions, tokens, second factor, provider."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik.accounts.events.people import NamedUserEvent, UserEvent


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(UserEvent):
    """A password was set anew; all other sessions ended."""

    kind: ClassVar[str] = "user.password_changed"

    def describe(self) -> str:
        """Word the event."""
        return _("changed the password")


@dataclass(frozen=True, kw_only=True)
class SessionsEnded(UserEvent):
    """Sessions of a person were ended."""

    kind: ClassVar[str] = "session.ended"
    number: int

    def describe(self) -> str:
        """Word the event."""
        return ngettext("ended %(number)d session", "ended %(number)d sessions", self.number) % {"number": self.number}


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
