"""REST of the directories tickets are made of: statuses, types, views, channels."""

from django.http import HttpRequest
from ninja import Router

from otklik.accounts.queries import teams
from otklik.accounts.rest import Json, needs
from otklik.accounts.shapes import KeyedOut, PageOf
from otklik.tickets import public, queries
from otklik.tickets.queries.folders import team_folder
from otklik.tickets.shapes import ChannelOut, StatusOut

router = Router(tags=["directories"])


@router.get("/statuses", response=PageOf[StatusOut], summary="Statuses")
def list_statuses(request: HttpRequest) -> Json:
    """All statuses in their order, each with its category."""
    needs(request, "tickets.view")
    return {"items": [public.status_json(status) for status in queries.statuses()], "next": None}


@router.get("/types", response=PageOf[KeyedOut], summary="Request types")
def list_types(request: HttpRequest) -> Json:
    """All request types in their order."""
    needs(request, "tickets.view")
    return {"items": [{"key": kind.key, "name": str(kind)} for kind in queries.types()], "next": None}


@router.get("/views", response=PageOf[KeyedOut], summary="Standing views")
def list_views(request: HttpRequest) -> Json:
    """The views that ``GET /tickets?view=`` takes, those of teams included."""
    needs(request, "tickets.view")
    folders = [*queries.FOLDERS, *(team_folder(team.pk, team.name) for team in teams())]
    return {"items": [{"key": folder.key, "name": str(folder.name)} for folder in folders], "next": None}


@router.get("/channels", response=PageOf[ChannelOut], summary="Channels")
def list_channels(request: HttpRequest) -> Json:
    """Enabled channels."""
    needs(request, "tickets.view")
    items = [
        {"id": row.pk, "kind": row.kind, "name": row.name, "address": row.address or None, "team": row.team_id}
        for row in queries.active_channels()
    ]
    return {"items": items, "next": None}
