"""REST of guided work: the next ticket for the token's owner, skipping, and what was skipped."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.rest import Json, PageQuery, Strict, idempotent, listed, needs
from otklik.accounts.shapes import PageOf
from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.core.pages import keyset_page
from otklik.queues import actions, queries
from otklik.queues.actions import Handed
from otklik.queues.models import Skip, SkipReason
from otklik.queues.shapes import ManagedReasonOut, ReasonOut, SkipOut, WalkOut
from otklik.tickets import public
from otklik.tickets.queries import card

router = Router(tags=["walk"])


class WalkIn(Strict):
    """The folder to go through: a key of ``/views``, ``tag:`` and a tag, or ``search:`` and a search line."""

    folder: str = Field(max_length=320)


class DoneIn(Strict):
    """The ticket that is left behind."""

    ticket: int


class SkipIn(Strict):
    """The ticket that is left to others, and why."""

    ticket: int
    reason: int
    words: str = Field("", max_length=2000)


class ReasonIn(Strict):
    """A reason to skip a ticket; without an English name the Russian one stands for it."""

    name_ru: str = Field(max_length=60)
    name_en: str = Field("", max_length=60)


class ReasonPatch(Strict):
    """What to change of a reason; null says nothing."""

    name_ru: str | None = Field(None, max_length=60)
    name_en: str | None = Field(None, max_length=60)
    enabled: bool | None = None


@router.post("/walk", response={201: WalkOut}, summary="Begin to go through a folder")
@idempotent
def post_walk(request: HttpRequest, body: WalkIn) -> tuple[int, Json]:
    """Take the folder's first ticket that no colleague has; where one walks already, go on with the held one."""
    actor = needs(request, "tickets.reply", scope="queues:write")
    return 201, _json(actor, actions.start_walk(folder=queries.folder_with(body.folder), by=actor))


@router.delete("/walk", response=WalkOut, summary="Stop walking")
def delete_walk(request: HttpRequest) -> Json:
    """Let the held ticket go; a second time changes nothing."""
    return {
        "folder": actions.leave_walk(by=needs(request, "tickets.reply", scope="queues:write")) or None,
        "position": 0,
        "ticket": None,
    }


@router.post("/walk/next", response={201: WalkOut}, summary="The next ticket")
@idempotent
def post_next(request: HttpRequest, body: DoneIn) -> tuple[int, Json]:
    """Leave a ticket behind and take the next; ``ticket`` is null when nothing is left."""
    actor = needs(request, "tickets.reply", scope="queues:write")
    return 201, _json(actor, actions.go_on(done=body.ticket, by=actor))


@router.post("/walk/skips", response={201: WalkOut}, summary="Skip a ticket")
@idempotent
def post_skip(request: HttpRequest, body: SkipIn) -> tuple[int, Json]:
    """Leave the held ticket to others for a reason, and take the next."""
    actor = needs(request, "tickets.reply", scope="queues:write")
    reason = queries.reason_by_id(body.reason)
    return 201, _json(actor, actions.skip_ticket(body.ticket, reason=reason, words=body.words, by=actor))


@router.get("/skip-reasons", response=PageOf[ReasonOut], summary="Reasons to skip a ticket")
def list_reasons(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """The reasons in use, in their order."""
    needs(request, "tickets.view", query, scope="queues:read")
    return listed([_reason_json(row) for row in queries.reasons()], query)


@router.post("/skip-reasons", response={201: ManagedReasonOut}, summary="Add a reason to skip a ticket")
@idempotent
def post_reason(request: HttpRequest, body: ReasonIn) -> tuple[int, Json]:
    """Add a reason; it is offered from now on."""
    actor = needs(request, "settings.edit")
    return 201, _managed_json(actions.save_reason(None, name_ru=body.name_ru, name_en=body.name_en, by=actor))


@router.patch("/skip-reasons/{int:reason_id}", response=ManagedReasonOut, summary="Change a reason to skip a ticket")
def patch_reason(request: HttpRequest, reason_id: int, body: ReasonPatch) -> Json:
    """Rename a reason, put it out of use or back into it; what was skipped for it stays."""
    actor = needs(request, "settings.edit")
    row = SkipReason.objects.filter(pk=reason_id).first()
    if row is None:
        raise NotFound
    given = {key: value for key, value in body.dict().items() if value is not None}
    held: Json = {"name_ru": row.name_ru, "name_en": row.name_en, "enabled": row.enabled}
    return _managed_json(actions.save_reason(row, **(held | given), by=actor))


@router.get("/skips", response=PageOf[SkipOut], summary="Skipped tickets")
def list_skips(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """Who skipped what and why, newest first."""
    actor = needs(request, "tickets.skips", query, scope="queues:read")
    rows = queries.skips_visible_to(actor)
    page = keyset_page(rows, order=[("-id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [_skip_json(row) for row in page.items], "next": page.next}


def _json(actor: Actor, handed: Handed) -> Json:
    ticket: Any = None
    if handed.number is not None:
        ticket = public.tickets_json([card(actor, handed.number)])[0]
    return {"folder": handed.folder, "position": handed.position, "ticket": ticket}


def _reason_json(row: SkipReason) -> Json:
    return {"id": row.pk, "name": str(row), "name_ru": row.name_ru, "name_en": row.name_en}


def _managed_json(row: SkipReason) -> Json:
    return _reason_json(row) | {"enabled": row.enabled}


def _skip_json(row: Skip) -> Json:
    return {
        "id": row.pk,
        "ticket": row.ticket_id,
        "user": {"id": row.user_id, "name": row.user.name},
        "reason": _reason_json(row.reason),
        "words": row.words,
        "folder": row.folder,
        "at": public.iso(row.at),
    }
