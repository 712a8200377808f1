"""Who reads a live stream: found by the session when it opens, looked at again every few seconds while it flows."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth import get_user
from django.http import HttpRequest

from otklik.accounts.middleware import actor_of_session, is_strong
from otklik.accounts.models import Membership, Session, User
from otklik.accounts.second_factor import is_required, role_requires
from otklik.accounts.sessions import SessionStore
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.settings_store import granted


@dataclass(frozen=True, slots=True)
class Reader:
    """The person at the other end, as he was when the stream opened.

    ``proof`` and ``teams`` (his own, whatever else his actor reads) change when the stream must end. ``strong``: there
    is a second factor behind his session.
    """

    session_key: str
    user_id: int
    proof: str
    teams: frozenset[int]
    actor: Actor
    strong: bool


def reader_of(session_key: str) -> Reader | None:
    """Return who is signed in with this session, nobody for one that ended (the same check as on every page)."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    if not isinstance(user, User) or not user.is_active or request.session.session_key != session_key:
        return None
    actor = actor_of_session(request, user)
    strong = is_strong(request)
    if is_required(user) and not strong:
        return None
    proof = _proof(user.password, user.security_stamp, user.access_stamp, user.role)
    return Reader(session_key, user.pk, proof, _teams_of({user.pk}).get(user.pk, frozenset()), actor, strong)


def _proof(*facts: str) -> str:
    """Return a digest of what a reader's rights hang on, with the settings that grant some."""
    return hashlib.sha256("\n".join([*facts, repr(granted())]).encode()).hexdigest()


def rights_mark(actor: Actor) -> str:
    """Return a short mark that is another as soon as the role, its rights, the teams or the absent behind an actor are,
    or a setting that grants rights.

    It tells nothing of them, and is the same in every process.
    """
    parts = (sorted(actor.team_ids), sorted(actor.stands_in_for), actor.rights and sorted(actor.rights))
    return hashlib.sha256(repr((actor.role, *parts, granted())).encode()).hexdigest()[:12]


def no_longer(readers: Collection[Reader]) -> set[Reader]:
    """Return those whose session ended, whose password, role, teams or right to sign in changed, who have to set up a
    second factor first, and all when a setting that grants rights changed.

    Three statements beside the settings, however many there are.
    """
    ids = {reader.user_id for reader in readers}
    keys = {reader.session_key for reader in readers}
    users: dict[int, str] = {}
    weak: set[int] = set()  # who may go on only with a second factor
    rows_of_users = User.objects.filter(pk__in=ids, is_active=True).values_list(
        "pk", "password", "security_stamp", "access_stamp", "role", "custom_role__second_factor"
    )
    for pk, *facts, role, custom in rows_of_users:
        users[pk] = _proof(*facts, role)
        if role_requires(role, custom=bool(custom)):
            weak.add(pk)
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=now())
    living = set(rows.values_list("session_key", flat=True))
    teams = _teams_of(ids)
    return {
        reader
        for reader in readers
        if reader.session_key not in living
        or users.get(reader.user_id) != reader.proof
        or (reader.user_id in weak and not reader.strong)
        or teams.get(reader.user_id, frozenset()) != reader.teams
    }


def _teams_of(ids: Collection[int]) -> dict[int, frozenset[int]]:
    teams: dict[int, set[int]] = {}
    for user_id, team_id in Membership.objects.filter(user_id__in=ids).values_list("user_id", "team_id"):
        teams.setdefault(user_id, set()).add(team_id)
    return {user_id: frozenset(found) for user_id, found in teams.items()}
