"""Selections of users, teams and tokens, and the actor that stands for a user."""

import hashlib
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from otklik.accounts.models import ApiToken, Membership, Team, User
from otklik.core.actor import Actor
from otklik.core.cached import kept_for
from otklik.core.clock import now

TOKEN_PREFIX = "otk_"  # noqa: S105 - the visible beginning of every token, no secret
_STAMP_EVERY = timedelta(minutes=1)
_TOKEN_KEPT = timedelta(seconds=5)
_MOST_TOKENS = 1000
_tokens: dict[str, tuple[datetime, Actor]] = {}


def team_ids_of(user: User) -> frozenset[int]:
    """Return the ids of the user's teams (one statement)."""
    return frozenset(Membership.objects.filter(user=user).values_list("team_id", flat=True))


def actor_for(user: User, *, team_ids: frozenset[int] | None = None, scopes: frozenset[str] | None = None) -> Actor:
    """Return the actor value of a user; teams are read when not given."""
    teams = team_ids_of(user) if team_ids is None else team_ids
    return Actor(
        kind="user", id=user.pk, name=user.name, role=user.role, team_ids=teams, language=user.language, scopes=scopes
    )


def visible_to(actor: Actor | None) -> QuerySet[User]:
    """Return the users whose names an actor may see: colleagues for staff, nobody for others."""
    if actor is None or not (actor.kind == "system" or actor.is_staff):
        return User.objects.none()
    return User.objects.all()


def assignable(actor: Actor) -> QuerySet[User]:
    """Return the active colleagues who can be given a ticket."""
    return visible_to(actor).filter(is_active=True).exclude(role="observer")


def teams_visible_to(actor: Actor | None) -> QuerySet[Team]:
    """Return the teams an actor may see."""
    if actor is None or not (actor.kind == "system" or actor.is_staff):
        return Team.objects.none()
    return Team.objects.all()


@kept_for(2, "directories")
def teams() -> tuple[Team, ...]:
    """Return all teams in their order, kept in memory for a moment."""
    return tuple(Team.objects.all())


def token_digest(plain: str) -> str:
    """Return the digest a token is kept as: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(plain.encode()).hexdigest()


def actor_for_token(plain: str) -> Actor | None:
    """Return the actor of a live token of an active user, limited to its scopes; ``None`` for anything else.

    What was found is kept in memory for five seconds, so a program that calls often costs no look-up; a revoked token
    or a blocked user is out within that time on every process. The time of last use is stamped at most once a minute.
    """
    if not plain.startswith(TOKEN_PREFIX) or not plain.isascii() or len(plain) > 200:
        return None
    digest = token_digest(plain)
    at = now()
    known = _tokens.get(digest)
    if known is not None and timedelta() <= at - known[0] < _TOKEN_KEPT:
        return known[1]
    live = Q(expires_at__isnull=True) | Q(expires_at__gt=at)
    token = (
        ApiToken.objects.select_related("user")
        .filter(live, digest=digest, revoked_at__isnull=True, user__is_active=True)
        .first()
    )
    if token is None:
        _tokens.pop(digest, None)
        return None
    if token.last_used_at is None or at - token.last_used_at > _STAMP_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    actor = actor_for(token.user, scopes=frozenset(token.scopes))
    if len(_tokens) >= _MOST_TOKENS:
        _tokens.clear()
    _tokens[digest] = (at, actor)
    return actor


def forget_tokens() -> None:
    """Drop what this process keeps of tokens: called when one is revoked."""
    _tokens.clear()


@kept_for(2, "directories")
def colleagues() -> tuple[User, ...]:
    """Return the active users who can be given a ticket, by name, kept in memory for a moment."""
    return tuple(User.objects.filter(is_active=True).exclude(role="observer").order_by("name", "id"))
