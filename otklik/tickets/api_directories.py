"""REST of the directories tickets are made of: statuses, types, views, channels."""

from typing import Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.models import Team
from otklik.accounts.queries import teams
from otklik.accounts.rest import Json, PageQuery, Strict, idempotent, listed, needs
from otklik.accounts.shapes import PageOf
from otklik.core.errors import Invalid, NotFound
from otklik.tickets import queries
from otklik.tickets.actions.channels import BY_HAND, save_channel
from otklik.tickets.actions.entries import EntryFacts, add_status, add_type, change_entry
from otklik.tickets.actions.retention import count_removable
from otklik.tickets.models import Channel, DirectoryEntry, Status, TicketType
from otklik.tickets.queries.folders import counters, team_folder
from otklik.tickets.shapes import ChannelOut, EntryOut, ManagedChannelOut, RetentionOut, StatusEntryOut, ViewOut

router = Router(tags=["directories"])


class ChannelIn(Strict):
    """A channel whose requests people enter by hand."""

    kind: Literal["call", "visit", "other"]
    name: str = Field(max_length=120)
    team: int | None = None


class ChannelPatch(Strict):
    """What to change of a channel entered by hand; null takes the team away."""

    name: str | None = Field(None, max_length=120)
    team: int | None = None
    enabled: bool | None = None


class RetentionQuery(Strict):
    """A number of days to try the rule with."""

    days: int = Field(ge=0, le=36500)


class TypeIn(Strict):
    """A request type; a missing name is the other language's, a missing key is made of the name."""

    name_ru: str = Field("", max_length=60)
    name_en: str = Field("", max_length=60)
    key: str = Field("", max_length=32)
    in_use: bool = True
    position: int | None = Field(None, ge=0)


class StatusIn(TypeIn):
    """A status in one of the six categories; its category never changes."""

    category: Literal["new", "open", "pending", "on_hold", "solved", "closed"]


class EntryPatch(Strict):
    """What to change of a status or type; ``version`` is the one that was read."""

    name_ru: str | None = Field(None, max_length=60)
    name_en: str | None = Field(None, max_length=60)
    in_use: bool | None = None
    position: int | None = Field(None, ge=0)
    version: int | None = None


@router.get("/statuses", response=PageOf[StatusEntryOut], summary="Statuses")
def list_statuses(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """All statuses in their order, those out of use included, each with its category."""
    needs(request, "tickets.view", query)
    return listed([_status_json(status) for status in queries.statuses()], query, key="key")


@router.post("/statuses", response={201: StatusEntryOut}, summary="Add a status")
@idempotent
def post_status(request: HttpRequest, body: StatusIn) -> tuple[int, Json]:
    """Add a status to a category, last of it unless a position in the whole list is given."""
    actor = needs(request, "settings.edit")
    return 201, _status_json(add_status(_facts(body), category=body.category, key=body.key, by=actor))


@router.patch("/statuses/{str:key}", response=StatusEntryOut, summary="Change a status")
def patch_status(request: HttpRequest, key: str, body: EntryPatch) -> Json:
    """Rename a status, move it within its category, put it out of use or back; tickets that have it keep it."""
    actor = needs(request, "settings.edit")
    row = _named(Status, key)
    return _status_json(change_entry(row, _facts(body), version=body.version, by=actor))


@router.get("/types", response=PageOf[EntryOut], summary="Request types")
def list_types(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """All request types in their order, those out of use included."""
    needs(request, "tickets.view", query)
    return listed([_entry_json(kind) for kind in queries.types()], query, key="key")


@router.post("/types", response={201: EntryOut}, summary="Add a request type")
@idempotent
def post_type(request: HttpRequest, body: TypeIn) -> tuple[int, Json]:
    """Add a request type, last unless a position is given."""
    actor = needs(request, "settings.edit")
    return 201, _entry_json(add_type(_facts(body), key=body.key, by=actor))


@router.patch("/types/{str:key}", response=EntryOut, summary="Change a request type")
def patch_type(request: HttpRequest, key: str, body: EntryPatch) -> Json:
    """Rename a request type, move it, put it out of use or back; tickets that have it keep it."""
    actor = needs(request, "settings.edit")
    row = _named(TicketType, key)
    return _entry_json(change_entry(row, _facts(body), version=body.version, by=actor))


@router.get("/views", response=PageOf[ViewOut], summary="Standing views")
def list_views(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """The views that ``GET /tickets?view=`` takes, those of teams included, with the number of tickets in each.

    Counting ends at 100; ``count`` is null where nothing is counted.
    """
    actor = needs(request, "tickets.view", query)
    held = teams()
    folders = [*queries.FOLDERS, *(team_folder(team.pk, team.name) for team in held)]
    counts = counters(actor, [team.pk for team in held])
    rows = [{"key": one.key, "name": str(one.name), "count": counts.get(one.key)} for one in folders]
    return listed(rows, query, key="key")


@router.get("/channels", response=PageOf[ChannelOut], summary="Channels")
def list_channels(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """Enabled channels."""
    needs(request, "tickets.view", query)
    return listed([_channel_json(row) for row in queries.active_channels()], query)


@router.post("/channels", response={201: ManagedChannelOut}, summary="Add a channel for requests entered by hand")
@idempotent
def post_channel(request: HttpRequest, body: ChannelIn) -> tuple[int, Json]:
    """Add a channel such as calls or visits; mailboxes and web forms have operations of their own."""
    actor = needs(request, "settings.edit")
    made = save_channel(None, kind=body.kind, name=body.name, team=_team(body.team), by=actor)
    return 201, _managed_json(made)


@router.patch("/channels/{int:channel_id}", response=ManagedChannelOut, summary="Change a channel entered by hand")
def patch_channel(request: HttpRequest, channel_id: int, body: ChannelPatch) -> Json:
    """Change name or team of a channel entered by hand, or put it out of use; its tickets stay."""
    actor = needs(request, "settings.edit")
    row = Channel.objects.select_related("team").filter(pk=channel_id, kind__in=BY_HAND).first()
    if row is None:
        raise NotFound
    given = body.dict(exclude_unset=True)
    team = _team(given["team"]) if "team" in given else row.team
    name, enabled = given.get("name"), given.get("enabled")
    made = save_channel(
        row, name=row.name if name is None else name, team=team, enabled=row.enabled if enabled is None else enabled,
        by=actor,
    )  # fmt: skip
    return _managed_json(made)


def _team(team_id: int | None) -> Team | None:
    if team_id is None:
        return None
    found = next((team for team in teams() if team.pk == team_id), None)
    if found is None:
        raise Invalid(_("There is no such team."), field="team")
    return found


def _named[Entry: DirectoryEntry](model: type[Entry], key: str) -> Entry:
    row = model._default_manager.filter(key=key).first()
    if row is None:
        raise NotFound
    return row


def _facts(body: TypeIn | EntryPatch) -> EntryFacts:
    return EntryFacts(body.name_ru, body.name_en, body.in_use, body.position)


def _entry_json(row: DirectoryEntry) -> Json:
    names = {"ru": row.name_ru, "en": row.name_en}
    return {
        "key": row.key, "name": str(row), "names": names, "in_use": row.in_use, "position": row.position,
        "version": row.version,
    }  # fmt: skip


def _status_json(row: Status) -> Json:
    return _entry_json(row) | {"category": row.category, "built_in": row.is_built_in}


def _channel_json(row: Channel) -> Json:
    return {"id": row.pk, "kind": row.kind, "name": row.name, "address": row.address or None, "team": row.team_id}


def _managed_json(row: Channel) -> Json:
    return _channel_json(row) | {"enabled": row.enabled}


@router.get(
    "/files-retention", response=RetentionOut, tags=["administration"], summary="What a rule of retention would remove"
)
def get_retention(request: HttpRequest, query: Query[RetentionQuery]) -> Json:
    """How many files, with how many bytes, the setting ``files_days`` would remove now if it were ``days``; nothing is
    removed."""
    needs(request, "settings.view", query)
    found = count_removable(query.days)
    return {"days": query.days, "files": found.files, "bytes": found.bytes}
