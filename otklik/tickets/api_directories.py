"""REST of the directories tickets are made of: statuses, types, views, channels."""

from django.http import HttpRequest
from ninja import Query, Router

from otklik.accounts.queries import teams
from otklik.accounts.rest import Json, PageQuery, listed, needs
from otklik.accounts.shapes import KeyedOut, PageOf
from otklik.tickets import public, queries
from otklik.tickets.queries.folders import counters, team_folder
from otklik.tickets.shapes import ChannelOut, StatusOut, ViewOut

router = Router(tags=["directories"])


@router.get("/statuses", response=PageOf[StatusOut], summary="Statuses")
def list_statuses(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """All statuses in their order, each with its category."""
    needs(request, "tickets.view", query)
    return listed([public.status_json(status) for status in queries.statuses()], query, key="key")


@router.get("/types", response=PageOf[KeyedOut], summary="Request types")
def list_types(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """All request types in their order."""
    needs(request, "tickets.view", query)
    return listed([{"key": kind.key, "name": str(kind)} for kind in queries.types()], query, key="key")


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
    items = [
        {"id": row.pk, "kind": row.kind, "name": row.name, "address": row.address or None, "team": row.team_id}
        for row in queries.active_channels()
    ]
    return listed(items, query)
