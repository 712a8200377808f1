"""REST of what the token's owner is writing, on a ticket or as a new one, and of saved replies filled for it."""

from typing import Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.rest import Json, PageQuery, Strict, actor_of, listed, needs
from otklik.accounts.shapes import PageOf
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.core.markup import html_to_text
from otklik.tickets import public, queries
from otklik.tickets.actions.drafting import NEW_TICKET, forget_draft, save_draft
from otklik.tickets.actions.replying import clean_body
from otklik.tickets.actions.saving import fill
from otklik.tickets.models import Ticket
from otklik.tickets.queries.saved import get_saved
from otklik.tickets.queries.writing import OwnDraft, own_drafts
from otklik.tickets.shapes_writing import DraftOut, FilledOut, NewDraftOut

router = Router(tags=["drafts"])
Mode = Literal["reply", "note", "incoming"]


class DraftIn(Strict):
    """What is kept of a text that is being written; ``version`` is the one its writer has seen, 0 for none."""

    body_text: str = ""
    body_html: str = ""
    attachments: list[int] = Field([], max_length=50)
    version: int = Field(0, ge=0)


@router.get("/tickets/{int:number}/drafts", response=PageOf[DraftOut], summary="Own drafts on a ticket")
def list_drafts(request: HttpRequest, number: int, query: Query[PageQuery]) -> Json:
    """What the token's owner has begun to write: a reply, a note, the customer's words. Nobody else sees it."""
    actor = needs(request, "tickets.view", query)
    rows = own_drafts(actor, queries.get_visible(actor, number))
    return listed([_json(row) for row in rows], query, key="mode")


@router.get("/tickets/{int:number}/drafts/{mode}", response=DraftOut, summary="One own draft")
def get_draft(request: HttpRequest, number: int, mode: Mode) -> Json:
    """The reply, the note or the customer's words that the token's owner has begun."""
    actor = needs(request, "tickets.view")
    return draft_json(actor, queries.get_visible(actor, number), mode)


@router.put("/tickets/{int:number}/drafts/{mode}", response=DraftOut, summary="Keep a draft")
def put_draft(request: HttpRequest, number: int, mode: Mode, body: DraftIn) -> Json:
    """Keep what is written so far; 409 with the present draft when another window or program wrote meanwhile."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    html, text = clean_body(body.body_html, body.body_text)
    if not text.strip() and not body.attachments:
        raise Invalid(_("Write something first."), field="body")
    try:
        save_draft(ticket, mode=mode, text=html, attachments=body.attachments, version=body.version, by=actor)
    except Conflict as error:
        raise Conflict(error.message, current=draft_json(actor, ticket, mode)) from error
    return draft_json(actor, ticket, mode)


@router.delete("/tickets/{int:number}/drafts/{mode}", response={204: None}, summary="Drop a draft")
def delete_draft(request: HttpRequest, number: int, mode: Mode) -> tuple[int, None]:
    """Drop what was begun; a second time changes nothing."""
    actor = needs(request, "tickets.note")
    forget_draft(queries.get_visible(actor, number), mode=mode, by=actor)
    return 204, None


class NewFieldsIn(Strict):
    """What the form of a new ticket holds beside the text, as it was filled in; nothing is looked up or checked yet."""

    way: Literal["record", "write"] | None = None
    requester_id: str | None = Field(None, max_length=20)
    requester_email: str | None = Field(None, max_length=320)
    requester_name: str | None = Field(None, max_length=200)
    requester_phone: str | None = Field(None, max_length=40)
    cc: str | None = Field(None, max_length=4000)
    subject: str | None = Field(None, max_length=2000)
    channel: str | None = Field(None, max_length=20)
    mailbox: str | None = Field(None, max_length=20)
    priority: str | None = Field(None, max_length=1)
    type: str | None = Field(None, max_length=20)
    team: str | None = Field(None, max_length=20)
    assignee: str | None = Field(None, max_length=20)
    tags: str | None = Field(None, max_length=2000)


class NewDraftIn(DraftIn):
    """What is kept of a ticket that is being entered; without ``fields`` those that are kept stay."""

    fields: NewFieldsIn | None = None


@router.get("/drafts", response=PageOf[NewDraftOut], summary="Own drafts without a ticket")
def list_new_drafts(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """The ticket that the token's owner has begun to enter, by the page or by a program, or nothing."""
    actor = needs(request, "tickets.open", query, scope="tickets:read")
    return listed([_new_json(row) for row in own_drafts(actor, None, [NEW_TICKET])], query, key="mode")


@router.put("/drafts/new", response=NewDraftOut, summary="Keep the draft of a new ticket")
def put_new_draft(request: HttpRequest, body: NewDraftIn) -> Json:
    """Keep what is entered so far; 409 with the present draft when another window or program wrote meanwhile."""
    actor = needs(request, "tickets.open")
    html, text = clean_body(body.body_html, body.body_text)
    fields = None if body.fields is None else body.fields.dict(exclude_none=True)
    if not text.strip() and not body.attachments and not fields:
        raise Invalid(_("Write something first."), field="body")
    try:
        save_draft(
            None, mode=NEW_TICKET, text=html, attachments=body.attachments, fields=fields, version=body.version,
            by=actor,
        )  # fmt: skip
    except Conflict as error:
        raise Conflict(error.message, current=_new(actor)) from error
    return _new(actor)


@router.delete("/drafts/new", response={204: None}, summary="Drop the draft of a new ticket")
def delete_new_draft(request: HttpRequest) -> tuple[int, None]:
    """Drop what was begun; a second time changes nothing."""
    forget_draft(None, mode=NEW_TICKET, by=needs(request, "tickets.open"))
    return 204, None


@router.get(
    "/tickets/{int:number}/saved-replies/{int:saved_id}",
    response=FilledOut,
    summary="A saved reply filled for a ticket",
    tags=["saved replies"],
)
def get_filled(request: HttpRequest, number: int, saved_id: int) -> Json:
    """A saved reply with its placeholders filled, ready to be sent as a message."""
    actor = needs(request, "tickets.view")
    ticket = queries.get_visible(actor, number, related=("team", "organization"))
    row = get_saved(needs(request, "tickets.reply", scope="replies:read"), saved_id)
    html = fill(row, ticket, by=actor)
    return {"id": row.pk, "title": row.title, "body_text": html_to_text(html).strip(), "body_html": html}


def draft_json(actor: Actor, ticket: Ticket, mode: str) -> Json:
    """Return what the actor has begun to write on a ticket, or raise ``NotFound``."""
    row = next((row for row in own_drafts(actor, ticket) if row.draft.mode == mode), None)
    if row is None:
        raise NotFound
    return _json(row)


def _new(actor: Actor) -> Json:
    row = next(iter(own_drafts(actor, None, [NEW_TICKET])), None)
    if row is None:
        raise NotFound
    return _new_json(row)


def _new_json(row: OwnDraft) -> Json:
    return _json(row) | {"fields": row.draft.fields}


def _json(row: OwnDraft) -> Json:
    held = row.draft
    return {
        "mode": held.mode,
        "body_html": held.text,
        "attachments": [{"id": file.pk, "name": file.name, "size": file.size} for file in row.files],
        "version": held.version,
        "saved_at": public.iso(held.saved_at),
    }
