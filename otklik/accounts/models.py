"""Facts about the people who work at the desk: users, teams, memberships, custom roles, sessions and API tokens."""

import secrets
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from otklik.accounts.reasons import in_language
from otklik.core.clock import now
from otklik.core.locality import zone_or_ours
from otklik.core.prepared import Prepared
from otklik.core.shown import day
from otklik.core.text import normal_address

if TYPE_CHECKING:
    from otklik.accounts.sessions import SessionStore


class Role(models.TextChoices):
    """What a person may do; the rights of each role stand in ``policies.PERMISSIONS``."""

    ADMIN = "admin", _("Administrator")
    SUPERVISOR = "supervisor", _("Supervisor")
    AGENT = "agent", _("Agent")
    TECHNICIAN = "technician", _("Technician")
    OBSERVER = "observer", _("Observer")


class Theme(models.TextChoices):
    """How the desk looks: as the system says, or by choice."""

    SYSTEM = "system", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Team(models.Model):
    """A group that tickets are given to."""

    name = models.CharField(max_length=80, unique=True)
    hue = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True)
    """Since when tickets are no longer given to it; those it has stay."""

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        """Return the team's name."""
        return self.name


class CustomRole(models.Model):
    """A role made of single rights; ``base`` is the built-in role that says which tickets its holders see."""

    name = models.CharField(max_length=60, unique=True)
    base = models.CharField(max_length=16, choices=Role.choices)
    rights = models.JSONField(default=list)
    second_factor = models.BooleanField(default=False, db_default=False)
    """Whether its holders need a second factor, whatever its base needs."""
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        """Return the role's name."""
        return self.name


def new_stamp() -> str:
    """Return a fresh security stamp: a changed stamp ends what sessions remember of the user."""
    return secrets.token_hex(8)


class UserManager(BaseUserManager["User"]):
    """Finds users by address and makes them; the doors for people are ``actions`` and the command line."""

    def get(self, *conditions: Any, **values: Any) -> "User":
        """Find one user; by id alone with a query that is worded once, because Django asks so before every page."""
        if conditions or [*values] != ["pk"] or not isinstance(values["pk"], int):
            return super().get(*conditions, **values)
        rows = _by_id(values["pk"])
        if not rows:
            raise self.model.DoesNotExist
        return rows[0]

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by address in its normal form."""
        return self.get(email=normal_address(username or ""))

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Make a user row with a hashed password (or an unusable one)."""
        user = self.model(email=normal_address(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in at the desk."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.AGENT)
    custom_role = models.ForeignKey(CustomRole, on_delete=models.PROTECT, null=True, related_name="holders")
    """The role of single rights, if he has one; ``role`` is then its base."""
    teams = models.ManyToManyField(Team, through="Membership", related_name="members")
    language = models.CharField(max_length=8, default="ru")
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.SYSTEM)
    time_zone = models.CharField(max_length=64, blank=True)
    signature = models.TextField(blank=True)
    hue = models.PositiveSmallIntegerField(default=1)
    is_active = models.BooleanField(default=True)
    security_stamp = models.CharField(max_length=16, default=new_stamp)
    """Changes with everything that ends all sessions: password, block, sign-out everywhere."""
    access_stamp = models.CharField(max_length=16, default=new_stamp)
    """Changes with role, teams and second factor: what sessions remember of them is read anew, nobody is signed out."""
    absence = models.ForeignKey("Absence", on_delete=models.SET_NULL, null=True, related_name="+")
    """The absence that lasts now: kept by the actions, so that lists and choosers know it without asking more."""
    invited_at = models.DateTimeField(null=True)
    """When the last invitation went out, until it is accepted."""
    created_at = models.DateTimeField()

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        """Return the user's name."""
        return self.name

    def get_full_name(self) -> str:
        """Return the name, as Django's and allauth's texts ask for it."""
        return self.name

    def get_session_auth_hash(self) -> str:
        """Bind sessions to the password and the security stamp: a change of either ends them."""
        return super().get_session_auth_hash() + self.security_stamp

    def get_session_auth_fallback_hash(self) -> list[str]:
        """Sessions made under a retired secret key stay valid only with the same stamp."""
        return [value + self.security_stamp for value in super().get_session_auth_fallback_hash()]

    @property
    def initials(self) -> str:
        """Return up to two letters for the avatar."""
        return "".join(part[0] for part in self.name.split()[:2]).upper() or "?"

    @property
    def away(self) -> str:
        """Return the absence that lasts now in words, with ``absence__stand_in`` loaded; nothing for who is there."""
        return self.absence.described(self.time_zone, now()) if self.absence is not None else ""

    @property
    def look(self) -> str:
        """Return the classes of the avatar: its colour, and a mark for who is away."""
        return f"avatar--{self.hue} avatar--away" if self.absence_id else f"avatar--{self.hue}"


_by_id: Final = Prepared(lambda pk: User.objects.select_related("custom_role").filter(pk=pk))


class Membership(models.Model):
    """A user's place in a team."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    team = models.ForeignKey(Team, on_delete=models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="one_membership_per_team")]


class Absence(models.Model):
    """A time in which a person is away and another works in his place; without ``ends_at`` until he is back.

    It lasts while ``User.absence`` names it; ``over_at`` is when it ended or was taken back.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    stand_in = models.ForeignKey(User, on_delete=models.CASCADE, related_name="stands_in")
    reason = models.CharField(max_length=80)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            models.Index(fields=["person", "starts_at"], name="absence_to_come", condition=models.Q(over_at=None)),
        ]

    def __str__(self) -> str:
        """Return who is away and why."""
        return f"{self.person_id}: {self.reason}"

    def last_day(self, zone: str) -> datetime | None:
        """Return noon of the last day of the absence, as it is in the person's time zone; None while it is open.

        It is a moment of the reader's zone, so that a date made of it names the person's day everywhere.
        """
        if self.ends_at is None:
            return None
        last = (self.ends_at - timedelta(microseconds=1)).astimezone(zone_or_ours(zone)).date()
        return datetime.combine(last, time(12), tzinfo=timezone.get_current_timezone())

    def described(self, zone: str, at: datetime) -> str:
        """Return the absence in words, with ``stand_in`` loaded: reason, last day, who stands in."""
        words = {"reason": in_language(self.reason), "stand_in": self.stand_in.name}
        last = self.last_day(zone)
        if last is None:
            return gettext("%(reason)s, stand-in: %(stand_in)s") % words
        return gettext("%(reason)s until %(day)s, stand-in: %(stand_in)s") % (words | {"day": day(last, at)})


class ExternalIdentity(models.Model):
    """A person's account at a provider of sign-in: its own number there, never the mail address, says who it is."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_user_per_identity"),
            models.UniqueConstraint(fields=["user", "issuer"], name="one_identity_per_issuer"),
        ]

    def __str__(self) -> str:
        """Return where the account is."""
        return self.issuer


class ApiToken(models.Model):
    """A key for programs: only its digest is kept; the prefix lets people tell tokens apart."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Return the token's name and visible prefix."""
        return f"{self.name} ({self.prefix}…)"


class Session(AbstractBaseSession):
    """A browser that is signed in: Django's session with whose it is and where from."""

    user_id = models.BigIntegerField(null=True, db_index=True)
    device = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=45, blank=True)
    created_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        """Return the store that keeps such rows."""
        from otklik.accounts.sessions import SessionStore

        return SessionStore
