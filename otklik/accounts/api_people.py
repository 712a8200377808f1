"""REST of roles and of people's access: invitations, sessions, second factors, tokens; and of one's own profile.

Tokens are listed and taken back here and made nowhere in the API: a token could give itself a longer life or a wider
reach. Nobody reaches into the access of somebody who holds more rights than he does.
"""

from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from otklik.accounts import actions, policies
from otklik.accounts.actions.checks import CUSTOM, role_key
from otklik.accounts.app_settings import SECOND_FACTOR_ROLES
from otklik.accounts.models import ApiToken, CustomRole, Role, Session, User
from otklik.accounts.presenters import device_name
from otklik.accounts.queries import live_tokens_of, manageable, session_handle, session_of, sessions_of
from otklik.accounts.rest import Json, PageQuery, Strict, actor_of, idempotent, listed, needs
from otklik.accounts.second_factor import factors_of, is_required
from otklik.accounts.shapes import (
    EndedOut,
    FactorsOut,
    IdentityOut,
    PageOf,
    ProfileOut,
    RoleOut,
    SessionOut,
    TokenOut,
    UntiedOut,
)
from otklik.accounts.views.reading import base_of
from otklik.core import settings_store
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Forbidden, NotFound
from otklik.core.pages import keyset_page

router = Router(tags=["people"])


class RoleIn(Strict):
    """A role of single rights; ``base`` is the built-in role that says which tickets its holders see."""

    name: str = Field(max_length=60)
    base: Literal["admin", "supervisor", "agent", "technician", "observer"]
    rights: list[str] = Field(max_length=200)
    second_factor: bool = False


class RolePatch(Strict):
    """What to change; ``rights`` is the whole list, ``version`` guards against what somebody else changed."""

    name: str | None = Field(None, max_length=60)
    base: Literal["admin", "supervisor", "agent", "technician", "observer"] | None = None
    rights: list[str] | None = Field(None, max_length=200)
    second_factor: bool | None = None
    version: int | None = None


class ProfilePatch(Strict):
    """What to change of oneself; an empty ``time_zone`` is that of the desk."""

    name: str | None = Field(None, max_length=120)
    language: Literal["ru", "en"] | None = None
    theme: Literal["system", "light", "dark"] | None = None
    time_zone: str | None = Field(None, max_length=64)
    signature: str | None = Field(None, max_length=4000)


@router.get("/roles", response=PageOf[RoleOut], summary="Roles")
def list_roles(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """All roles: the built-in ones and those made here."""
    needs(request, "users.manage", query)
    return listed([*map(_built_in_json, Role.values), *map(_role_json, CustomRole.objects.all())], query, key="key")


@router.post("/roles", response={201: RoleOut}, summary="Add a role")
@idempotent
def post_role(request: HttpRequest, body: RoleIn) -> tuple[int, Json]:
    """Make a role of single rights, none of which one lacks oneself."""
    return 201, _role_json(actions.add_role(**body.dict(), by=needs(request, "users.manage")))


@router.get("/roles/{key}", response=RoleOut, summary="One role")
def get_role(request: HttpRequest, key: str) -> Json:
    """A role by its key: ``agent``, or ``role-7`` for one that was made here."""
    needs(request, "users.manage")
    return _built_in_json(key) if key in Role.values else _role_json(_own_role(key))


@router.patch("/roles/{key}", response=RoleOut, summary="Change a role")
def patch_role(request: HttpRequest, key: str, body: RolePatch) -> Json:
    """Change a role that was made here, for all who hold it, from their next request on."""
    actor = needs(request, "users.manage")
    found = _changeable(key)
    given: dict[str, Any] = {name: value for name, value in body.dict(exclude_unset=True).items() if value is not None}
    held = {"name": found.name, "base": found.base, "rights": found.rights, "version": found.version}
    try:
        actions.change_role(found, **(held | given), by=actor)
    except Conflict as error:
        raise Conflict(error.message, current=_role_json(_own_role(key))) from error
    return _role_json(_own_role(key))


@router.delete("/roles/{key}", response={204: None}, summary="Remove a role")
def delete_role(request: HttpRequest, key: str) -> tuple[int, None]:
    """Remove a role that was made here and that nobody holds."""
    actor = needs(request, "users.manage")
    actions.remove_role(_changeable(key), by=actor)
    return 204, None


@router.post("/users/{int:user_id}/invitation", response={204: None}, summary="Invite a user again")
@idempotent
def post_invitation(request: HttpRequest, user_id: int) -> tuple[int, None]:
    """Send the link that sets the first password once more; older links no longer work."""
    actor = needs(request, "users.manage")
    actions.invite(_user(actor, user_id), by=actor, base=base_of(request))
    return 204, None


@router.get("/users/{int:user_id}/sessions", response=PageOf[SessionOut], summary="Sessions of a user")
def list_sessions(request: HttpRequest, user_id: int, query: Query[PageQuery]) -> Json:
    """Where a person is signed in, used last first. The ids name sessions and let nobody in."""
    user = _user(needs(request, "users.manage", query), user_id)
    return listed([_session_json(row) for row in sessions_of(user.pk)], query)


@router.delete("/users/{int:user_id}/sessions", response=EndedOut, summary="End all sessions of a user")
def delete_sessions(request: HttpRequest, user_id: int) -> Json:
    """Sign a person out everywhere; tells how many sessions ended."""
    actor = needs(request, "users.manage")
    return {"ended": actions.end_sessions(_user(actor, user_id), by=actor)}


@router.delete("/users/{int:user_id}/sessions/{session_id}", response={204: None}, summary="End one session")
def delete_session(request: HttpRequest, user_id: int, session_id: str) -> tuple[int, None]:
    """Sign a person out in one place."""
    actor = needs(request, "users.manage")
    user = _user(actor, user_id)
    found = session_of(user.pk, session_id)
    if found is None:
        raise NotFound
    actions.end_session(user, key=found.session_key, by=actor)
    return 204, None


@router.get("/users/{int:user_id}/second-factor", response=FactorsOut, summary="Second factor of a user")
def get_second_factor(request: HttpRequest, user_id: int) -> Json:
    """Whether a person has a second factor, and whether his role needs one."""
    user = _user(needs(request, "users.manage"), user_id)
    held = factors_of(user.pk)
    return {"required": is_required(user), "app": held.totp, "keys": len(held.keys), "recovery_codes": held.codes}


@router.delete("/users/{int:user_id}/second-factor", response={204: None}, summary="Reset the second factor")
def delete_second_factor(request: HttpRequest, user_id: int) -> tuple[int, None]:
    """Take the second factors of a person away who has lost them; again changes nothing."""
    actor = needs(request, "users.manage")
    actions.reset_second_factor(_user(actor, user_id), by=actor)
    return 204, None


@router.get("/users/{int:user_id}/identities", response=PageOf[IdentityOut], summary="Sign-in providers of a user")
def list_identities(request: HttpRequest, user_id: int, query: Query[PageQuery]) -> Json:
    """The accounts at providers of sign-in by which a person comes in; never his number there."""
    user = _user(needs(request, "users.manage", query), user_id)
    rows = user.identities.order_by("pk")
    items = [{"id": row.pk, "issuer": row.issuer, "created_at": row.created_at, "seen_at": row.seen_at} for row in rows]
    return listed(items, query)


@router.delete("/users/{int:user_id}/identities", response=UntiedOut, summary="Untie a user from his provider")
def delete_identities(request: HttpRequest, user_id: int) -> Json:
    """Untie a person from his accounts at providers; his sessions end, and the next sign-in ties him anew.

    A second time changes nothing."""
    actor = needs(request, "users.manage")
    return {"untied": actions.unlink_identities(_user(actor, user_id), by=actor)}


@router.get("/users/{int:user_id}/tokens", response=PageOf[TokenOut], summary="Tokens of a user")
def list_tokens(request: HttpRequest, user_id: int, query: Query[PageQuery]) -> Json:
    """The tokens of a person that were not taken back, oldest first; never more of them than their beginning."""
    user = _user(needs(request, "users.manage", query), user_id)
    rows = live_tokens_of(user.pk)
    page = keyset_page(rows, order=[("id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [_token_json(row) for row in page.items], "next": page.next}


@router.delete("/users/{int:user_id}/tokens/{int:token_id}", response={204: None}, summary="Revoke a token")
def delete_token(request: HttpRequest, user_id: int, token_id: int) -> tuple[int, None]:
    """Take a token of a person back."""
    actor = needs(request, "users.manage")
    found = live_tokens_of(_user(actor, user_id).pk).filter(pk=token_id).first()
    if found is None:
        raise NotFound
    actions.revoke_token(found, by=actor)
    return 204, None


@router.get("/profile", response=ProfileOut, summary="The token's owner")
def get_profile(request: HttpRequest) -> Json:
    """Who owns the token: his role and rights, his settings, and what the token is limited to."""
    actor = actor_of(request)
    return _profile_json(_owner(actor), actor)


@router.patch("/profile", response=ProfileOut, summary="Change the token's owner")
def patch_profile(request: HttpRequest, body: ProfilePatch) -> Json:
    """Change one's own settings; the token must cover ``users:write``."""
    actor = actor_of(request)
    if actor.scopes is not None and not policies.scope_allows(actor.scopes, "users.manage"):
        raise Forbidden(_("The token has no right to do this."))
    user = _owner(actor)
    given = {name: value for name, value in body.dict(exclude_unset=True).items() if value is not None}
    names = ("name", "language", "theme", "time_zone", "signature")
    actions.change_profile(user, by=actor, **({name: getattr(user, name) for name in names} | given))
    return _profile_json(_owner(actor), actor)


def _owner(actor: Actor) -> User:
    return User.objects.select_related("custom_role").prefetch_related("teams").get(pk=actor.id or 0)


def _user(actor: Actor, user_id: int) -> User:
    found = manageable(actor).filter(pk=user_id).first() if user_id < 2**63 else None
    if found is None:
        raise NotFound
    return found


def _own_role(key: str) -> CustomRole:
    number = key.removeprefix(CUSTOM)
    usable = key.startswith(CUSTOM) and number.isascii() and number.isdigit() and len(number) < 12
    found = CustomRole.objects.filter(pk=int(number)).first() if usable else None
    if found is None:
        raise NotFound
    return found


def _changeable(key: str) -> CustomRole:
    if key in Role.values:
        raise Conflict(_("Built-in roles stay as they are. Make one like it."))
    return _own_role(key)


def _built_in_json(key: str) -> Json:
    return {
        "key": key, "name": str(Role(key).label), "base": key, "built_in": True,
        "rights": sorted(policies.rights_of(key)), "second_factor": key in settings_store.get(SECOND_FACTOR_ROLES),
        "version": None,
    }  # fmt: skip


def _role_json(row: CustomRole) -> Json:
    return {
        "key": f"{CUSTOM}{row.pk}", "name": row.name, "base": row.base, "built_in": False,
        "rights": sorted(set(row.rights).intersection(policies.PERMISSIONS)), "second_factor": row.second_factor,
        "version": row.version,
    }  # fmt: skip


def _session_json(row: Session) -> Json:
    return {
        "id": session_handle(row.session_key), "device": device_name(row.device), "address": row.address,
        "created_at": row.created_at, "seen_at": row.seen_at,
    }  # fmt: skip


def _token_json(row: ApiToken) -> Json:
    return {
        "id": row.pk, "name": row.name, "prefix": row.prefix, "scopes": row.scopes, "created_at": row.created_at,
        "last_used_at": row.last_used_at, "expires_at": row.expires_at,
    }  # fmt: skip


def _profile_json(user: User, actor: Actor) -> Json:
    return {
        "id": user.pk, "name": user.name, "email": user.email, "role": role_key(user), "active": user.is_active,
        "teams": [{"id": team.pk, "name": team.name} for team in user.teams.all()], "language": user.language,
        "theme": user.theme, "time_zone": user.time_zone, "signature": user.signature,
        "rights": sorted(right for right in policies.PERMISSIONS if policies.can(actor, right)),
        "scopes": None if actor.scopes is None else sorted(actor.scopes),
    }  # fmt: skip
