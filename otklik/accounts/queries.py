"""Selections of users, teams and tokens, and the actor that stands for a user."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery

from otklik.accounts.events import SUBJECT_USER
from otklik.accounts.models import Absence, ApiToken, Membership, Session, Team, User
from otklik.accounts.policies import PERMISSIONS, can
from otklik.core.actor import Actor
from otklik.core.cached import kept_for
from otklik.core.clock import now
from otklik.core.db.outages import left_out_in_outages
from otklik.core.events import Event, StoredEvent
from otklik.core.secrets import sign

TOKEN_PREFIX = "otk_"  # noqa: S105 - the visible beginning of every token, no secret
_STAMP_EVERY = timedelta(minutes=1)
_TOKEN_KEPT = timedelta(seconds=5)
_MOST_TOKENS = 1000
_tokens: dict[str, tuple[datetime, Actor]] = {}


def team_ids_of(user: User) -> frozenset[int]:
    """Return the ids of the user's teams (one statement)."""
    return frozenset(Membership.objects.filter(user=user).values_list("team_id", flat=True))


def actor_for(
    user: User, *, team_ids: frozenset[int] | None = None, scopes: frozenset[str] | None = None,
    stands_in_for: frozenset[int] | None = None,
) -> Actor:  # fmt: skip
    """Return the actor value of a user; teams are read when not given, those he stands in for are kept in memory."""
    teams = team_ids_of(user) if team_ids is None else team_ids
    if stands_in_for is None:
        stands_in_for = frozenset(absent for absent, other in kept_stand_ins()[0].items() if other == user.pk)
    custom = user.custom_role
    return Actor(
        kind="user", id=user.pk, name=user.name, role=user.role, team_ids=teams, language=user.language, scopes=scopes,
        rights=None if custom is None else frozenset(custom.rights).intersection(PERMISSIONS),
        stands_in_for=stands_in_for,
    )  # fmt: skip


def role_label(user: User) -> str:
    """Return the name of a person's role."""
    return user.custom_role.name if user.custom_role is not None else str(user.get_role_display())


def stand_ins() -> dict[int, int]:
    """Return who works in whose place now: stand-in by absent person, along chains, in one statement."""
    away = User.objects.filter(absence__isnull=False)
    return end_of_chains(dict(away.values_list("pk", "absence__stand_in_id")))


def end_of_chains(named: Mapping[int, int]) -> dict[int, int]:
    """Return for each absent person the first who is there, when each names one; nobody where a chain is a circle."""
    found: dict[int, int] = {}
    for absent in named:
        last, seen = named[absent], {absent}
        while last in named and last not in seen:
            seen.add(last)
            last = named[last]
        if last not in named:
            found[absent] = last
    return found


@kept_for(2, "directories")
def kept_stand_ins() -> tuple[dict[int, int]]:
    """Return ``stand_ins`` as the only item of a tuple, kept in memory for a moment."""
    return (stand_ins(),)


def stood_in_for(user_id: int) -> frozenset[int]:
    """Return the ids of the absent people whose work is this person's now (one statement)."""
    return frozenset(absent for absent, other in stand_ins().items() if other == user_id)


def stand_in_of(person: User) -> User | None:
    """Return who works in a person's place now, along chains; nobody for a person who is there."""
    found = stand_ins().get(person.pk)
    return None if found is None else User.objects.filter(pk=found, is_active=True).first()


def absences_visible_to(actor: Actor | None) -> QuerySet[Absence]:
    """Return the absences an actor may see: those of colleagues for staff; reasons are for everybody of the desk."""
    people = visible_to(actor)
    return Absence.objects.filter(person__in=people).select_related("person", "stand_in")


def visible_to(actor: Actor | None) -> QuerySet[User]:
    """Return the users whose names an actor may see: colleagues for staff, nobody for others."""
    if actor is None or not (actor.kind == "system" or actor.is_staff):
        return User.objects.none()
    return User.objects.all()


def assignable(actor: Actor) -> QuerySet[User]:
    """Return the active colleagues who can be given a ticket."""
    return visible_to(actor).filter(is_active=True).exclude(role="observer")


def teams_visible_to(actor: Actor | None) -> QuerySet[Team]:
    """Return the teams that an actor may see and give tickets to: those in use."""
    return all_teams_visible_to(actor).filter(archived_at__isnull=True)


def all_teams_visible_to(actor: Actor | None) -> QuerySet[Team]:
    """Return the teams an actor may see, archived ones too."""
    if actor is None or not (actor.kind == "system" or actor.is_staff):
        return Team.objects.none()
    return Team.objects.all()


@kept_for(2, "directories")
def teams() -> tuple[Team, ...]:
    """Return the teams in use in their order, kept in memory for a moment."""
    return tuple(Team.objects.filter(archived_at__isnull=True))


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
        ApiToken.objects.select_related("user__custom_role")
        .filter(live, digest=digest, revoked_at__isnull=True, user__is_active=True)
        .first()
    )
    if token is None:
        _tokens.pop(digest, None)
        return None
    if token.last_used_at is None or at - token.last_used_at > _STAMP_EVERY:
        with left_out_in_outages():
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
    people = User.objects.filter(is_active=True).exclude(role="observer").select_related("absence__stand_in")
    return tuple(people.order_by("name", "id"))


def sessions_of(user_id: int) -> QuerySet[Session]:
    """Return the live sessions of a person, those used last first."""
    return Session.objects.filter(user_id=user_id, expire_date__gt=now()).order_by("-seen_at", "session_key")


def session_handle(key: str) -> str:
    """Return the name of a session for pages and programs: its key lets in whoever has it and is shown to nobody."""
    return sign("session-handle", key.encode()).hex()[:24]


def session_of(user_id: int, handle: str) -> Session | None:
    """Return a person's live session by the name that ``session_handle`` gave it."""
    return next((row for row in sessions_of(user_id) if session_handle(row.session_key) == handle), None)


def any_token() -> bool:
    """Tell whether anybody holds a token that works."""
    live = Q(expires_at__isnull=True) | Q(expires_at__gt=now())
    return ApiToken.objects.filter(live, revoked_at__isnull=True, user__is_active=True).exists()


def live_tokens_of(user_id: int) -> QuerySet[ApiToken]:
    """Return the tokens of a person that were not taken back, the newest first."""
    return ApiToken.objects.filter(user_id=user_id, revoked_at__isnull=True).order_by("-id")


def manageable(actor: Actor) -> QuerySet[User]:
    """Return the people whom the actor manages: all with ``users.manage``, else nobody.

    ``seen_at`` is when one of their sessions was used last.
    """
    if not can(actor, "users.manage"):
        return User.objects.none()
    sessions = Session.objects.filter(user_id=OuterRef("pk"), seen_at__isnull=False).order_by("-seen_at")
    people = User.objects.select_related("custom_role").prefetch_related("teams")
    return people.annotate(seen_at=Subquery(sessions.values("seen_at")[:1]))


def find_manageable(actor: Actor, *, words: str = "", state: str = "") -> QuerySet[User]:
    """Return the managed people by part of a name or address, and by state: ``active``, ``invited``, ``blocked``."""
    people = manageable(actor)
    if state == "blocked":
        people = people.filter(is_active=False)
    elif state == "invited":
        people = people.filter(is_active=True, invited_at__isnull=False)
    elif state == "active":
        people = people.filter(is_active=True, invited_at__isnull=True)
    for word in words.split()[:5]:
        # SQLite folds the case of ASCII only, so a capital is tried as well
        named = Q(name__icontains=word) | Q(name__icontains=word.capitalize()) | Q(name__icontains=word.lower())
        people = people.filter(named | Q(email__icontains=word))
    return people


def history_of(user_id: int, limit: int = 30) -> list[StoredEvent]:
    """Return what happened to an account, newest first; what only concerns the looks of the desk is left out."""
    rows = Event.objects.filter(subject_kind=SUBJECT_USER, subject_id=user_id).exclude(kind="user.profile_changed")
    return [row.stored() for row in rows.order_by("-id")[:limit]]
