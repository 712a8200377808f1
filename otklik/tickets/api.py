"""REST of tickets, their history and files: the same queries and actions as the pages."""

from datetime import datetime
from typing import Any, BinaryIO, Literal, cast

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import File, Query, Router
from ninja.files import UploadedFile
from pydantic import Field

from otklik.accounts.rest import (
    BYTES_OUT,
    Json,
    PageQuery,
    Strict,
    actor_of,
    answered_once,
    idempotent,
    needs,
    takes_key,
)
from otklik.accounts.shapes import PageOf
from otklik.core.actor import Actor
from otklik.core.errors import Conflict
from otklik.core.events import timeline
from otklik.core.idempotency import fingerprint
from otklik.tickets import public, queries
from otklik.tickets.actions.files import keep_upload, prepare_upload
from otklik.tickets.changing import begin_by_writing, change_ticket, check_letter, new_ticket
from otklik.tickets.events import SUBJECT_TICKET
from otklik.tickets.paging import events_page, tickets_page
from otklik.tickets.shapes import AttachmentOut, EventOut, TicketOut, TicketsOut

router = Router(tags=["tickets"])


class RequesterIn(Strict):
    """Who asks: a known contact by id, or a person by address, name or phone."""

    id: int | None = None
    name: str = Field("", max_length=200)
    email: str = Field("", max_length=320)
    phone: str = Field("", max_length=40)


class ReferenceIn(Strict):
    """A number that another desk gave to the request."""

    system: str = Field("", max_length=80)
    number: str = Field(max_length=64)
    url: str | None = Field(None, max_length=400)


class TicketIn(Strict):
    """A new ticket; references to teams, people and types are keys or ids. The text is the requester's message; with
    ``kind`` reply it is ours and goes to his address, from the mailbox ``channel``, with copies to ``cc``, now or at
    ``send_at``."""

    subject: str = Field(max_length=2000)
    body_text: str = ""
    body_html: str = ""
    requester: RequesterIn
    type: str | None = None
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    status: str | None = None
    team: int | None = None
    assignee: int | None = None
    tags: list[str] = []
    channel: int | str | None = None
    fields: dict[str, Any] = {}
    foreign_refs: list[ReferenceIn] = []
    attachments: list[int] = []
    kind: Literal["incoming", "reply"] = "incoming"
    cc: list[str] = []
    send_at: datetime | None = None


class TicketPatch(Strict):
    """What to change; fields that are absent stay. ``version`` refuses the change when the ticket is newer."""

    subject: str | None = Field(None, max_length=2000)
    requester: RequesterIn | None = None
    type: str | None = None
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    status: str | None = None
    team: int | None = None
    assignee: int | None = None
    tags: list[str] | None = None
    fields: dict[str, Any] | None = None
    foreign_refs: list[ReferenceIn] | None = None
    snoozed_until: datetime | None = None
    followers: list[int] | None = None
    version: int | None = None


class TicketsQuery(Strict):
    """What to list: a search line as in the desk (newest hits first, or by fit), or a standing view."""

    query: str = Field("", max_length=300)
    view: str = Field("", max_length=40)
    sort: Literal["-activity_at", "-created_at", "fit"] = "-activity_at"
    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", max_length=600)


@router.get("/tickets", response=TicketsOut, summary="List tickets")
def list_tickets(request: HttpRequest, query: Query[TicketsQuery]) -> Json:
    """Tickets that the token's owner sees, a page at a time."""
    actor = needs(request, "tickets.view", query)
    return tickets_page(
        actor, words=query.query, view=query.view, sort=query.sort, limit=query.limit, cursor=query.cursor
    )


@router.post("/tickets", response={201: TicketOut}, summary="Open a ticket")
@idempotent
def post_ticket(request: HttpRequest, body: TicketIn) -> tuple[int, Json]:
    """Open a ticket for a person; the body is his message, or with ``kind`` reply our letter that begins it."""
    actor = needs(request, "tickets.open")
    values = body.dict(exclude_unset=True)
    check_letter(values)
    ticket = begin_by_writing(values, by=actor) if body.kind == "reply" else new_ticket(values, by=actor)
    return 201, public.new_ticket_json(ticket, referenced=bool(body.foreign_refs))


@router.get("/tickets/{int:number}", response=TicketOut, summary="One ticket")
def get_ticket(request: HttpRequest, number: int) -> Json:
    """A ticket by its number."""
    return _one(needs(request, "tickets.view"), number)


@router.patch("/tickets/{int:number}", response=TicketOut, summary="Change a ticket")
def patch_ticket(request: HttpRequest, number: int, body: TicketPatch) -> Json:
    """Change properties, status, assignment, tags, references or snooze: all of it or nothing."""
    actor = actor_of(request)
    ticket = queries.card(actor, number)
    try:
        change_ticket(ticket, body.dict(exclude_unset=True), by=actor)
    except Conflict as error:
        raise Conflict(error.message, current=_one(actor, number)) from error
    return _one(actor, number)


@router.get("/tickets/{int:number}/events", response=PageOf[EventOut], summary="History of a ticket")
def list_events(request: HttpRequest, number: int, query: Query[PageQuery]) -> Json:
    """What happened to a ticket, oldest first, worded in the owner's language."""
    actor = needs(request, "tickets.view", query)
    ticket = queries.get_visible(actor, number)
    return events_page(timeline, SUBJECT_TICKET, ticket.pk, limit=query.limit, cursor=query.cursor)


@router.post("/attachments", response={201: AttachmentOut}, summary="Upload a file", tags=["attachments"])
@takes_key
def post_attachment(request: HttpRequest, file: File[UploadedFile]) -> HttpResponse:
    """Keep a file until a message of the same owner takes it (a day)."""
    actor = actor_of(request)
    name, kind = file.name or "", file.content_type or ""
    prepared = prepare_upload(cast("BinaryIO", file.file), size=file.size or 0, by=actor)

    def work() -> tuple[int, Json]:
        row = keep_upload(prepared, name=name, content_type=kind, by=actor)
        return 201, public.attachment_json(row)

    mark = fingerprint(request.method or "", request.get_full_path(), name, kind, prepared.sha256)
    return answered_once(request, work, mark=mark)


@router.get("/attachments/{int:attachment_id}", openapi_extra=BYTES_OUT, summary="A file's bytes", tags=["attachments"])
def get_attachment(request: HttpRequest, attachment_id: int) -> FileResponse:
    """The file as it came, always as a download; 410 when the retention rule removed it."""
    actor = needs(request, "tickets.view")
    row = queries.get_attachment_by_id(actor, attachment_id)
    response = FileResponse(row.content.open(), as_attachment=True, filename=row.name)
    response["Content-Type"] = "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _one(actor: Actor, number: int) -> Json:
    return public.tickets_json([queries.card(actor, number)])[0]
