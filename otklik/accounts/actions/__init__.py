"""Everything that writes users, teams and tokens."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import available_timezones

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from otklik.accounts import events, policies
from otklik.accounts.models import ApiToken, Membership, Role, Team, Theme, User, new_stamp
from otklik.accounts.queries import TOKEN_PREFIX, forget_tokens, token_digest
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import record
from otklik.core.text import normal_address

SCOPE_ROOMS = frozenset({"tickets", "contacts", "mail", "outbox", "settings", "users"})
_SCOPES = frozenset({"read", "write"}) | {f"{room}:{right}" for room in SCOPE_ROOMS for right in ("read", "write")}


def _check(permission: str, by: Actor) -> None:
    if not policies.can(by, permission):
        raise Forbidden(_("You have no right to do this."))


def add_user(
    email: str,
    *,
    name: str,
    role: str,
    password: str | None,
    by: Actor,
    teams: Iterable[Team] = (),
    language: str = "ru",
    check_password: bool = True,
) -> User:
    """Add a user with a role and teams; without a password he sets one by the reset link.

    Raises ``Invalid`` naming the field, ``Conflict`` when the address is taken, ``Forbidden`` without the right.
    """
    _check("users.manage", by)
    address = normal_address(email)
    try:
        validate_email(address)
    except ValidationError as error:
        raise Invalid(_("This is not an e-mail address."), field="email") from error
    if role not in Role.values:
        raise Invalid(_("There is no such role."), field="role")
    shown = " ".join(name.split()) or address.partition("@")[0]
    user = User(
        email=address,
        name=shown[:120],
        role=role,
        language=language,
        created_at=now(),
        hue=sum(address.encode()) % 6 + 1,
    )
    if password is not None and check_password:
        _validate_password(password, user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            Membership.objects.bulk_create([Membership(user=user, team=team) for team in teams])
            record(events.UserAdded(subject_id=user.pk, name=user.name, role=role), by=by)
    except IntegrityError as error:
        raise Conflict(_("A user with this address exists already.")) from error
    return user


def _validate_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from error


def ensure_team(name: str, *, by: Actor) -> Team:
    """Return the team of this name, made when there is none yet; two that make it at once end with one."""
    _check("users.manage", by)
    shown = " ".join(name.split())[:80]
    if not shown:
        raise Invalid(_("Enter a name."), field="name")
    with transaction.atomic():
        team, made = Team.objects.get_or_create(name=shown, defaults={"hue": sum(shown.encode()) % 6 + 1})
        if made:
            record(events.TeamAdded(subject_id=team.pk, name=shown), by=by)
            transaction.on_commit(lambda: forget("directories"))
    return team


def change_profile(
    user: User, *, by: Actor, name: str, language: str, theme: str, time_zone: str, signature: str
) -> list[str]:
    """Change a person's own settings; return the names of the fields that changed.

    Raises ``Invalid`` with every field that cannot be used, ``Forbidden`` for anyone but the person himself.
    """
    if by.kind != "user" or by.id != user.pk:
        raise Forbidden(_("You have no right to do this."))
    shown = " ".join(name.split())[:120]
    problems = []
    if not shown:
        problems.append(("name", _("Enter your name.")))
    if language not in {"ru", "en"}:
        problems.append(("language", _("Choose Russian or English.")))
    if theme not in Theme.values:
        problems.append(("theme", _("There is no such theme.")))
    if time_zone and time_zone not in available_timezones():
        problems.append(("time_zone", _("There is no such time zone.")))
    if len(signature) > 4000:
        problems.append(("signature", _("The signature is longer than 4,000 characters.")))
    if problems:
        raise Invalid(problems[0][1], errors=problems)
    wanted = {"name": shown, "language": language, "theme": theme, "time_zone": time_zone, "signature": signature}
    changed = [field for field, value in wanted.items() if getattr(user, field) != value]
    if not changed:
        return []
    for field in changed:
        setattr(user, field, wanted[field])
    with transaction.atomic():
        user.save(update_fields=changed)
        record(events.ProfileChanged(subject_id=user.pk, fields=changed), by=by)
    return changed


def note_password_change(user: User, *, by: Actor) -> None:
    """Record that a password was set, and renew the stamp so that every other session ends."""
    with transaction.atomic():
        user.security_stamp = new_stamp()
        user.save(update_fields=["security_stamp"])
        record(events.PasswordChanged(subject_id=user.pk), by=by)


def create_token(
    user: User, *, name: str, scopes: Iterable[str], by: Actor, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make an API token for a user; return its row and the plain token, which is shown this once only.

    Raises ``Invalid`` for an unknown scope and ``Forbidden`` when the actor is neither the user nor an administrator.
    """
    if not (by.kind == "user" and by.id == user.pk and by.scopes is None):
        _check("users.manage", by)
    wanted = sorted(set(scopes)) or ["read", "write"]
    if unknown := [scope for scope in wanted if scope not in _SCOPES]:
        raise Invalid(_("There is no scope “%(scope)s”.") % {"scope": unknown[0]}, field="scopes")
    plain = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user=user,
        name=" ".join(name.split())[:80] or "API",
        prefix=plain[:10],
        digest=token_digest(plain),
        scopes=wanted,
        created_at=now(),
        expires_at=expires_at,
    )
    with transaction.atomic():
        token.save(force_insert=True)
        record(events.TokenCreated(subject_id=user.pk, name=token.name, prefix=token.prefix, scopes=wanted), by=by)
    return token, plain


def revoke_token(token: ApiToken, *, by: Actor) -> bool:
    """Take a token back; a second time changes nothing and returns false."""
    if not (by.kind == "user" and by.id == token.user_id and by.scopes is None):
        _check("users.manage", by)
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now()):
            return False
        record(events.TokenRevoked(subject_id=token.user_id, name=token.name, prefix=token.prefix), by=by)
        transaction.on_commit(forget_tokens)
    return True
