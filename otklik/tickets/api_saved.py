"""REST of saved replies."""

from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.models import Team
from otklik.accounts.queries import teams
from otklik.accounts.rest import Json, Strict, idempotent, needs
from otklik.accounts.shapes import PageOf
from otklik.core.errors import Conflict, Invalid
from otklik.core.pages import keyset_page
from otklik.tickets.actions.saving import remove_reply, save_reply
from otklik.tickets.models import SavedReply
from otklik.tickets.queries.saved import find_saved, get_saved
from otklik.tickets.shapes import SavedOut

router = Router(tags=["saved replies"])


class SavedIn(Strict):
    """A saved reply; placeholders such as ``{{ requester.name }}`` are filled when it is used."""

    title: str = Field(max_length=120)
    body_html: str = ""
    body_text: str = ""
    folder: str = Field("", max_length=80)
    sharing: Literal["own", "team", "all"] = "own"
    team: int | None = None


class SavedPatch(Strict):
    """What to change; fields that are absent stay."""

    title: str | None = Field(None, max_length=120)
    body_html: str | None = None
    body_text: str | None = None
    folder: str | None = Field(None, max_length=80)
    sharing: Literal["own", "team", "all"] | None = None
    team: int | None = None
    version: int | None = None


class SavedQuery(Strict):
    """Words that title, folder or text hold."""

    query: str = Field("", max_length=80)
    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", max_length=600)


@router.get("/saved-replies", response=PageOf[SavedOut], summary="Saved replies")
def list_saved(request: HttpRequest, query: Query[SavedQuery]) -> Json:
    """Those the token's owner may use: own, of his teams, everybody's."""
    actor = needs(request, "tickets.reply", query, scope="replies:read")
    page = keyset_page(
        find_saved(actor, query.query), order=[("id", int)], cursor=query.cursor or None, limit=query.limit
    )
    return {"items": [_json(row) for row in page.items], "next": page.next}


@router.post("/saved-replies", response={201: SavedOut}, summary="Keep a saved reply")
@idempotent
def post_saved(request: HttpRequest, body: SavedIn) -> tuple[int, Json]:
    """Keep a saved reply; sharing with everybody needs the right of a supervisor."""
    actor = needs(request, "tickets.reply", scope="replies:write")
    values = body.dict() | {"team": _team(body.team)}
    return 201, _json(save_reply(None, by=actor, **values))


@router.get("/saved-replies/{int:saved_id}", response=SavedOut, summary="One saved reply")
def get_saved_reply(request: HttpRequest, saved_id: int) -> Json:
    """A saved reply as it was written."""
    return _json(get_saved(needs(request, "tickets.reply", scope="replies:read"), saved_id))


@router.patch("/saved-replies/{int:saved_id}", response=SavedOut, summary="Change a saved reply")
def patch_saved(request: HttpRequest, saved_id: int, body: SavedPatch) -> Json:
    """Change what is given; ``version`` refuses the change when it is newer."""
    actor = needs(request, "tickets.reply", scope="replies:write")
    row = get_saved(actor, saved_id)
    given = body.dict(exclude_unset=True)
    values: dict[str, Any] = {"title": row.title, "folder": row.folder, "sharing": row.sharing, "team": row.team}
    values |= {key: value for key, value in given.items() if value is not None and key != "team"}
    if "team" in given:
        values["team"] = _team(given["team"])
    if not given.get("body_html") and not given.get("body_text"):
        values["body_html"] = row.body_html
    try:
        return _json(save_reply(row, by=actor, **values))
    except Conflict as error:
        raise Conflict(error.message, current=_json(get_saved(actor, saved_id))) from error


@router.delete("/saved-replies/{int:saved_id}", response={204: None}, summary="Remove a saved reply")
def delete_saved(request: HttpRequest, saved_id: int) -> tuple[int, None]:
    """Take a saved reply away."""
    actor = needs(request, "tickets.reply", scope="replies:write")
    remove_reply(get_saved(actor, saved_id), by=actor)
    return 204, None


def _team(team_id: int | None) -> Team | None:
    if team_id is None:
        return None
    found = next((team for team in teams() if team.pk == team_id), None)
    if found is None:
        raise Invalid(_("There is no such team."), field="team")
    return found


def _json(row: SavedReply) -> Json:
    return {
        "id": row.pk,
        "title": row.title,
        "folder": row.folder,
        "body_html": row.body_html,
        "sharing": row.sharing,
        "team": row.team_id,
        "owner": row.owner_id,
        "version": row.version,
    }
