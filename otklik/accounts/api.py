"""REST of teams and users: naming them for everybody of the desk, managing them with ``users.manage``."""

from collections.abc import Sequence
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from otklik.accounts import actions, policies
from otklik.accounts.actions.checks import role_key
from otklik.accounts.api_absences import router as absences_router
from otklik.accounts.api_people import router as people_router
from otklik.accounts.models import Team, User
from otklik.accounts.queries import all_teams_visible_to, manageable, teams_visible_to, visible_to
from otklik.accounts.rest import Json, PageQuery, Strict, idempotent, listed, needs
from otklik.accounts.shapes import ManagedUserOut, PageOf, TeamOut, TeamWithMembersOut, UserOut
from otklik.accounts.views.reading import base_of
from otklik.core.actor import Actor
from otklik.core.errors import Invalid, NotFound
from otklik.core.pages import keyset_page

router = Router(tags=["directories"])
router.add_router("", absences_router)
router.add_router("", people_router)


class TeamIn(Strict):
    """A team: its name, and who is in it."""

    name: str = Field(max_length=80)
    members: list[int] = []


class TeamPatch(Strict):
    """What to change; ``members`` is the whole list."""

    name: str | None = Field(None, max_length=80)
    hue: int | None = None
    position: int | None = None
    archived: bool | None = None
    members: list[int] | None = None


class UserIn(Strict):
    """A person; ``invite`` sends the link that sets the first password. Without a ``language`` it is the desk's."""

    email: str = Field(max_length=254)
    name: str = Field("", max_length=120)
    role: str = Field("agent", max_length=24)
    teams: list[int] = []
    language: Literal["ru", "en"] | None = None
    signature: str = Field("", max_length=4000)
    invite: bool = True


class UserPatch(Strict):
    """What to change; ``teams`` is the whole list, ``active: false`` ends all sessions and tokens at once."""

    email: str | None = Field(None, max_length=254)
    name: str | None = Field(None, max_length=120)
    role: str | None = Field(None, max_length=24)
    teams: list[int] | None = None
    language: Literal["ru", "en"] | None = None
    signature: str | None = Field(None, max_length=4000)
    active: bool | None = None


@router.get("/teams", response=PageOf[TeamOut], summary="Teams")
def list_teams(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """All teams in use, in their order."""
    actor = needs(request, "tickets.view", query)
    return listed([_team_json(team) for team in teams_visible_to(actor)], query)


@router.post("/teams", response={201: TeamOut}, summary="Add a team")
@idempotent
def post_team(request: HttpRequest, body: TeamIn) -> tuple[int, Json]:
    """Make a team; one of this name that is there already is returned as it is, with the members given."""
    actor = needs(request, "users.manage")
    members = _people(actor, body.members)
    team = actions.ensure_team(body.name, by=actor)
    if members:
        actions.set_members(team, users=members, by=actor)
    return 201, _team_json(team)


@router.get("/teams/{int:team_id}", response=TeamWithMembersOut, summary="One team")
def get_team(request: HttpRequest, team_id: int) -> Json:
    """A team with its members."""
    team = _team(needs(request, "tickets.view"), team_id)
    return _team_json(team) | _members_json(team)


@router.patch("/teams/{int:team_id}", response=TeamWithMembersOut, summary="Change a team")
def patch_team(request: HttpRequest, team_id: int, body: TeamPatch) -> Json:
    """Change a team's facts and members."""
    actor = needs(request, "users.manage")
    team = _team(actor, team_id)
    values: dict[str, Any] = body.dict(exclude_unset=True)
    members = values.pop("members", None)
    people = None if members is None else _people(actor, members)
    actions.change_team(team, by=actor, **values)
    if people is not None:
        actions.set_members(team, users=people, by=actor)
    return _team_json(team) | _members_json(team)


@router.get("/users", response=PageOf[UserOut], summary="Users")
def list_users(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """Colleagues, with what a program needs to assign tickets."""
    actor = needs(request, "tickets.view", query)
    people = visible_to(actor).select_related("custom_role")
    page = keyset_page(people, order=[("id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [_user_json(user) for user in page.items], "next": page.next}


@router.post("/users", response={201: ManagedUserOut}, summary="Add a user")
@idempotent
def post_user(request: HttpRequest, body: UserIn) -> tuple[int, Json]:
    """Add a person without a password, and invite him by mail."""
    actor = needs(request, "users.manage")
    values: dict[str, Any] = body.dict()
    invited, chosen = values.pop("invite"), _teams(actor, values.pop("teams"))
    user = actions.add_user(**values, teams=chosen, password=None, by=actor)
    if invited:
        actions.invite(user, by=actor, base=base_of(request))
    return 201, _managed_json(_user(actor, user.pk))


@router.get("/users/{int:user_id}", response=ManagedUserOut, summary="One user")
def get_user(request: HttpRequest, user_id: int) -> Json:
    """A colleague; whoever manages people also sees teams, language and signature."""
    actor = needs(request, "tickets.view")
    user = visible_to(actor).select_related("custom_role").filter(pk=user_id).first() if user_id < 2**63 else None
    if user is None:
        raise NotFound
    return _managed_json(user) if policies.can(actor, "users.manage") else _user_json(user)


@router.patch("/users/{int:user_id}", response=ManagedUserOut, summary="Change a user")
def patch_user(request: HttpRequest, user_id: int, body: UserPatch) -> Json:
    """Change facts, role and teams of a person; block him or let him in again."""
    actor = needs(request, "users.manage")
    user = _user(actor, user_id)
    values: dict[str, Any] = {key: value for key, value in body.dict(exclude_unset=True).items() if value is not None}
    active = values.pop("active", None)
    if "teams" in values:
        values["teams"] = _teams(actor, values["teams"])
    if values:
        actions.change_user(user, by=actor, **values)
    if active is not None:
        (actions.unblock_user if active else actions.block_user)(user, by=actor)
    return _managed_json(_user(actor, user_id))


def _user_json(user: User) -> Json:
    return {"id": user.pk, "name": user.name, "email": user.email, "role": role_key(user), "active": user.is_active}


def _managed_json(user: User) -> Json:
    held = [{"id": team.pk, "name": team.name} for team in user.teams.all()]
    invited = user.invited_at is not None
    return _user_json(user) | {
        "teams": held, "language": user.language, "signature": user.signature, "invited": invited,
    }  # fmt: skip


def _team_json(team: Team) -> Json:
    return {"id": team.pk, "name": team.name, "hue": team.hue, "position": team.position,
            "archived": team.archived_at is not None}  # fmt: skip


def _members_json(team: Team) -> Json:
    return {"members": list(team.members.order_by("pk").values_list("pk", flat=True))}


def _user(actor: Actor, user_id: int) -> User:
    found = manageable(actor).filter(pk=user_id).first() if user_id < 2**63 else None
    if found is None:
        raise NotFound
    return found


def _team(actor: Actor, team_id: int) -> Team:
    found = all_teams_visible_to(actor).filter(pk=team_id).first() if team_id < 2**63 else None
    if found is None:
        raise NotFound
    return found


def _teams(actor: Actor, ids: Sequence[int]) -> list[Team]:
    wanted = {pk for pk in ids if 0 < pk < 2**63}
    found = list(all_teams_visible_to(actor).filter(pk__in=wanted))
    if len(found) != len(set(ids)):
        raise Invalid(_("There is no such team."), field="teams")
    return found


def _people(actor: Actor, ids: Sequence[int]) -> list[User]:
    wanted = {pk for pk in ids if 0 < pk < 2**63}
    found = list(manageable(actor).filter(pk__in=wanted))
    if len(found) != len(set(ids)):
        raise Invalid(_("There is no such person."), field="members")
    return found
