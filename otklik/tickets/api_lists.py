"""REST of lists: their columns as personal settings, the same act on many tickets, and tags."""

from datetime import datetime
from typing import Any, Final, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import AwareDatetime, Field

from otklik.accounts.queries import colleagues, teams
from otklik.accounts.rest import Json, PageQuery, Strict, idempotent, listed, needs
from otklik.accounts.shapes import PageOf
from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.core.pages import keyset_page
from otklik.tickets import queries
from otklik.tickets.actions import Clash
from otklik.tickets.actions.bulk import MOST, run_bulk
from otklik.tickets.actions.bulk_runs import start_run, stop_run, undo_run
from otklik.tickets.actions.layouts import forget_layout, save_layout
from otklik.tickets.api_messages import undo_json
from otklik.tickets.changing import priority_by_key
from otklik.tickets.columns import DEFAULT
from otklik.tickets.models import BulkRun, Priority, RunState
from otklik.tickets.public import iso
from otklik.tickets.queries.changes import last_change
from otklik.tickets.queries.layouts import layouts_of
from otklik.tickets.queries.runs import get_run, refusals, runs_of
from otklik.tickets.queries.scopes import search_folder
from otklik.tickets.shapes_lists import BulkOut, ForgottenOut, LayoutOut, RunOut

router = Router(tags=["lists"])
EVERY: Final = "default"
_SEEN_AS: Final = {"until": "snooze"}
_NEEDS: Final[dict[str, str]] = {
    "assignee": "tickets.assign", "team": "tickets.assign", "status": "tickets.status", "snooze": "tickets.snooze",
    "priority": "tickets.edit", "tags": "tickets.edit", "untags": "tickets.edit", "spam": "tickets.edit",
    "bin": "tickets.edit", "restore": "tickets.edit",
}  # fmt: skip


class ColumnIn(Strict):
    """A column and its width."""

    key: str = Field(max_length=20)
    width: Literal["s", "m", "l"] = "m"


class LayoutIn(Strict):
    """Columns in their order, and the order of the rows."""

    columns: list[ColumnIn] = Field(max_length=40)
    sort: str = Field("-activity", max_length=16)


class ActIn(Strict):
    """One act with its value: exactly one of these."""

    assignee: int | None = None
    team: int | None = None
    status: str | None = Field(None, max_length=32)
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    tags: list[str] | None = Field(None, max_length=30)
    untags: list[str] | None = Field(None, max_length=30)
    snooze: AwareDatetime | None = None
    spam: Literal[True] | None = None
    bin: Literal[True] | None = None
    restore: Literal[True] | None = None


class SeenIn(Strict):
    """What the program saw of a ticket: the property that the act sets, worded as in the act (``spam``, ``bin`` and
    ``restore``: ``shelf``)."""

    ticket: int
    assignee: int | None = None
    team: int | None = None
    status: str | None = Field(None, max_length=32)
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    snooze: AwareDatetime | None = None
    shelf: Literal["spam", "bin"] | None = None


class BulkIn(ActIn):
    """The same act for these tickets; one that is not as it was ``seen`` any more is left as it is and named."""

    tickets: list[int] = Field(min_length=1, max_length=MOST)
    seen: list[SeenIn] = Field([], max_length=MOST)


class RunIn(ActIn):
    """The same act for all that one of these holds now: a ``view``, a ``tag``, a search line as ``query``."""

    view: str | None = Field(None, max_length=60)
    tag: str | None = Field(None, max_length=40)
    query: str | None = Field(None, max_length=300)


@router.get("/list-layouts", response=PageOf[LayoutOut], summary="Columns of the lists")
def list_layouts(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """The layouts that the token's owner has; lists without one have the usual columns."""
    actor = needs(request, "tickets.view", query)
    kept = layouts_of(actor.id or 0)
    return listed([_layout_json(folder, *kept[folder]) for folder in sorted(kept)], query, key="folder")


@router.get("/list-layouts/{str:folder}", response=LayoutOut, summary="Columns of one list")
def get_layout(request: HttpRequest, folder: str) -> Json:
    """What a list of the token's owner has, by its own layout, by that for all lists, or as usual."""
    actor = needs(request, "tickets.view")
    kept = layouts_of(actor.id or 0)
    usual = ([list(pair) for pair in DEFAULT.columns], DEFAULT.sort)
    return _layout_json(_known(folder), *(kept.get(_known(folder)) or kept.get("") or usual))


@router.put("/list-layouts/{str:folder}", response=LayoutOut, summary="Choose the columns of a list")
def put_layout(request: HttpRequest, folder: str, body: LayoutIn) -> Json:
    """Keep columns and order for a view, ``tag:`` and a tag, or ``default``; for the token's owner, on every device."""
    actor, key = needs(request, "tickets.view"), _known(folder)
    save_layout(key, columns=[(column.key, column.width) for column in body.columns], sort=body.sort, by=actor)
    return _layout_json(key, [[column.key, column.width] for column in body.columns], body.sort)


@router.delete("/list-layouts/{str:folder}", response=ForgottenOut, summary="Let a list be as usual")
def delete_layout(request: HttpRequest, folder: str) -> Json:
    """Forget the layout of a list; a second time changes nothing."""
    return {"folder": folder, "removed": forget_layout(_known(folder), by=needs(request, "tickets.view"))}


@router.post("/bulk", response=BulkOut, summary="The same act on many tickets")
@idempotent
def post_bulk(request: HttpRequest, body: BulkIn) -> tuple[int, Json]:
    """Do one act to each of up to 200 tickets; what refuses is named and does not stop the rest. With ``seen``, a
    ticket on which somebody set the same property meanwhile stays, with a ``clash`` that says who; without, it is set.
    """
    act, value, actor = _act(request, body)
    seen = {row.ticket: _seen(row) for row in body.seen}
    result = run_bulk(body.tickets, act=act, value=value, seen=seen, by=actor)
    refused: list[Json] = [{"ticket": number, "reason": why, "clash": None} for number, why in result.refused]
    refused += [
        {"ticket": clash.current.pk, "reason": str(clash.message), "clash": clash_json(clash)}
        for clash in result.clashes
    ]
    return 200, {"changed": result.changed, "refused": refused, "undo": undo_json(result.step)}


@router.post("/bulk-runs", response={201: RunOut}, summary="An act on a whole view, tag or search")
@idempotent
def post_run(request: HttpRequest, body: RunIn) -> tuple[int, Json]:
    """Begin it; what a tag or a search holds is fixed now, at most 2,000 tickets. 409 while another one goes on."""
    act, value, actor = _act(request, body)
    return 201, run_json(start_run(_scope(body), act=act, value=value, by=actor))


@router.get("/bulk-runs", response=PageOf[RunOut], summary="Runs over whole views")
def list_runs(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """The runs of the token's owner, the newest first."""
    rows = runs_of(needs(request, "tickets.view", query))
    page = keyset_page(rows, order=[("-id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [run_json(run) for run in page.items], "next": page.next}


@router.get("/bulk-runs/{int:run_id}", response=RunOut, summary="How far a run is")
def get_bulk_run(request: HttpRequest, run_id: int) -> Json:
    """A run of the token's owner."""
    return run_json(get_run(needs(request, "tickets.view"), run_id))


@router.post("/bulk-runs/{int:run_id}/stop", response=RunOut, summary="Stop a run")
@idempotent
def post_stop(request: HttpRequest, run_id: int) -> tuple[int, Json]:
    """Stop it where it is; a second time changes nothing."""
    run = get_run(needs(request, "tickets.note"), run_id)
    stop_run(run)
    run.refresh_from_db()
    return 200, run_json(run)


@router.post("/bulk-runs/{int:run_id}/undo", response=RunOut, summary="Take a run back")
@idempotent
def post_run_undo(request: HttpRequest, run_id: int) -> tuple[int, Json]:
    """Bring all back to how it stood, but for what others changed since; within a day, else 409."""
    run = get_run(needs(request, "tickets.note"), run_id)
    undo_run(run)
    run.refresh_from_db()
    return 200, run_json(run)


def _seen(row: SeenIn) -> dict[str, Any]:
    """Return what a program saw of a ticket as actions compare it; what it did not tell is not compared."""
    told = {name: value for name, value in row.dict(exclude_unset=True).items() if name != "ticket"}
    if told.get("priority"):
        told["priority"] = priority_by_key(told["priority"])
    if "snooze" in told:
        told["until"] = told.pop("snooze")
    return told


def clash_json(clash: Clash) -> Json:
    """Return what a property was, what it became, and by whom."""
    last = last_change(clash.current, clash.name)
    return {
        "property": _SEEN_AS.get(clash.name, clash.name), "seen": _told(clash.name, clash.seen),
        "now": _told(clash.name, clash.now), "by": last.actor.name if last else None,
        "at": iso(last.at) if last else None,
    }  # fmt: skip


def _told(name: str, value: Any) -> Any:
    if name == "priority" and value is not None:
        return Priority(value).key
    return iso(value) if isinstance(value, datetime) else value


def run_json(run: BulkRun) -> Json:
    """Return a run as the API tells it."""
    going = run.state in {RunState.RUNNING, RunState.UNDOING}
    left = [] if going or not run.refused else refusals(run)
    return {
        "id": run.pk, "act": run.act, "state": run.state, "total": run.total, "capped": run.capped, "done": run.done,
        "changed": run.changed, "refused": run.refused, "begun_at": iso(run.made_at),
        "refusals": [{"ticket": number, "reason": why, "clash": None} for number, why in left],
        "ended_at": iso(run.ended_at) if run.ended_at else None,
    }  # fmt: skip


def _act(request: HttpRequest, body: ActIn) -> tuple[str, Any, Actor]:
    """Return the one act of a body with its value as actions take it, and who may do it."""
    given = {name: value for name, value in body.dict(exclude_unset=True).items() if name in _NEEDS}
    if len(given) != 1:
        raise Invalid(_("Choose what to do with the selected."), field="act")
    ((act, value),) = given.items()
    actor = needs(request, _NEEDS[act])  # a run outlives the token, so its scopes are asked now
    return act, _value(act, value), actor


def _value(act: str, value: Any) -> Any:
    if act == "assignee" and value is not None and value not in {person.pk for person in colleagues()}:
        raise Invalid(_("There is no such person."), field=act)
    if act == "team" and value is not None and value not in {team.pk for team in teams()}:
        raise Invalid(_("There is no such team."), field=act)
    if act == "priority":
        return priority_by_key(value or "")
    if act in {"status", "tags", "untags"} and value is None:
        raise Invalid(_("Say a value."), field=act)
    return value.isoformat() if isinstance(value, datetime) else value


def _scope(body: RunIn) -> queries.Folder:
    given = [name for name in ("view", "tag", "query") if getattr(body, name)]
    if len(given) != 1:
        raise Invalid(_("Name one of view, tag and query."), field="view")
    if body.tag:
        return queries.tag_folder(body.tag)
    if body.query:
        return search_folder(body.query)
    return queries.folder_by_key(body.view or "", {team.pk: team.name for team in teams()})


def _known(folder: str) -> str:
    """Return the key of a list's layout; raises ``NotFound`` for no list."""
    if folder == EVERY:
        return ""
    return queries.folder_by_key(folder, {team.pk: team.name for team in teams()}).key


def _layout_json(folder: str, columns: list[list[str]], sort: str) -> Json:
    pairs = [{"key": key, "width": width} for key, width in columns]
    return {"folder": folder or EVERY, "columns": pairs, "sort": sort}
