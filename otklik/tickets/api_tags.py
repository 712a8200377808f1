"""REST of tags: the directory, one's own pins, renaming, merging and removing."""

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.rest import Json, Strict, idempotent, needs
from otklik.accounts.shapes import PageOf
from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.core.pages import keyset_page
from otklik.tickets import queries
from otklik.tickets.actions.tag_list import merge_tags, pin_tag, remove_tag, rename_tag, unpin_tag
from otklik.tickets.api_lists import run_json
from otklik.tickets.models import BulkRun, Tag
from otklik.tickets.shapes_lists import TagChangedOut, TagOut

router = Router(tags=["lists"])


class TagsQuery(Strict):
    """A place in the list of tags by name; ``beginning`` leaves those that begin so."""

    beginning: str = Field("", max_length=40)
    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", max_length=600)


class TagPatch(Strict):
    """The new name."""

    name: str = Field(max_length=80)


class MergeTagIn(Strict):
    """The tag that stays."""

    into: int = Field(ge=1)


@router.get("/tags", response=PageOf[TagOut], summary="Tags")
def list_tags(request: HttpRequest, query: Query[TagsQuery]) -> Json:
    """All tags by name, each with the number of its open tickets."""
    actor = needs(request, "tickets.view", query)
    rows = queries.tags(beginning=query.beginning)
    page = keyset_page(rows, order=[("name_key", str)], cursor=query.cursor or None, limit=query.limit)
    return {"items": _json(actor, page.items), "next": page.next}


@router.patch("/tags/{int:tag_id}", response=TagChangedOut, summary="Rename a tag")
def patch_tag(request: HttpRequest, tag_id: int, body: TagPatch) -> Json:
    """Give a tag another name; a run brings it to its tickets, and what tickets have then may be another id."""
    actor = needs(request, "tickets.tags")
    return _changed(rename_tag(queries.get_tag(tag_id), name=body.name, by=actor))


@router.post("/tags/{int:tag_id}/merge", response={201: TagChangedOut}, summary="Merge a tag into another")
@idempotent
def post_tag_merge(request: HttpRequest, tag_id: int, body: MergeTagIn) -> tuple[int, Json]:
    """Let another tag stand where this one does; a run does it, and then this one is gone."""
    actor = needs(request, "tickets.tags")
    if body.into >= 2**63:
        raise NotFound
    return 201, _changed(merge_tags(queries.get_tag(tag_id), into=queries.get_tag(body.into), by=actor))


@router.delete("/tags/{int:tag_id}", response=TagChangedOut, summary="Remove a tag")
def delete_tag(request: HttpRequest, tag_id: int) -> Json:
    """Take a tag off all tickets; a run does it, and then the tag is gone."""
    return _changed(remove_tag(queries.get_tag(tag_id), by=needs(request, "tickets.tags")))


@router.put("/tags/{int:tag_id}/pin", response=TagOut, summary="Put a tag on one's rail")
def put_tag_pin(request: HttpRequest, tag_id: int) -> Json:
    """Have a tag among the folders of the token's owner; a second time changes nothing."""
    actor, tag = needs(request, "tickets.view"), queries.get_tag(tag_id)
    pin_tag(tag, by=actor)
    return _json(actor, [tag])[0] | {"pinned": True}


@router.delete("/tags/{int:tag_id}/pin", response=TagOut, summary="Take a tag off one's rail")
def delete_tag_pin(request: HttpRequest, tag_id: int) -> Json:
    """Take a tag off; a second time changes nothing."""
    actor, tag = needs(request, "tickets.view"), queries.get_tag(tag_id)
    unpin_tag(tag, by=actor)
    return _json(actor, [tag])[0] | {"pinned": False}


def _json(actor: Actor, tags: list[Tag]) -> list[Json]:
    counts = queries.tag_counters(actor, [tag.pk for tag in tags])
    pinned = {pin.tag_id for pin in queries.pins_of(actor)}
    return [
        {"id": tag.pk, "name": tag.name, "open_tickets": counts[tag.pk], "pinned": tag.pk in pinned} for tag in tags
    ]


def _changed(run: BulkRun | None) -> Json:
    return {"run": run_json(run) if run is not None else None}
