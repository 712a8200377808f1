"""REST of side conversations with third parties, which the customer of the ticket never sees."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.rest import Json, PageQuery, Strict, actor_of, idempotent, listed, needs
from otklik.accounts.shapes import PageOf, Shape
from otklik.core.errors import Invalid
from otklik.core.pages import keyset_page
from otklik.tickets import public, queries
from otklik.tickets.actions.side_answers import close_side, quote_side, read_side, reopen_side, side_to_note
from otklik.tickets.actions.sides import Letter, open_side, write_side
from otklik.tickets.api_drafts import draft_json
from otklik.tickets.api_messages import undo_json
from otklik.tickets.api_seen import naming_unseen
from otklik.tickets.changing import mailbox_by_id
from otklik.tickets.models import Message, SideConversation
from otklik.tickets.queries.sides import get_side, get_side_message, sides_on
from otklik.tickets.shapes import MessageOut
from otklik.tickets.shapes_writing import DraftOut, UndoOut, WrittenOut

router = Router(tags=["side conversations"])


class SideLetterIn(Strict):
    """A letter to the third party. ``forward`` are ids of messages of the ticket whose words go along, ``files`` ids of
    files of its messages, ``attachments`` ids of uploaded files. ``hold`` keeps it for the seconds in which it can be
    taken back."""

    body_text: str = ""
    body_html: str = ""
    attachments: list[int] = []
    forward: list[int] = []
    files: list[int] = []
    to: list[str] = []
    cc: list[str] = []
    hold: bool = False


class SideNextIn(SideLetterIn):
    """A letter in a conversation that goes on; ``seen`` is the newest of its letters that the author has read (409 with
    those that came after it)."""

    seen: int | None = Field(None, ge=0)


class SideIn(SideLetterIn):
    """A new side conversation; ``channel`` is the id of the mailbox it leaves from, the ticket's when left out."""

    subject: str
    channel: int | None = None
    status: str | None = None


class SidePatch(Strict):
    """What of a side conversation changes."""

    open: bool | None = None
    unread: bool | None = None


class SidePersonOut(Shape):
    """Somebody outside who takes part in a side conversation."""

    role: str
    contact: int | None
    name: str
    address: str


class SideOut(Shape):
    """A side conversation without its letters."""

    id: int
    ticket: int
    subject: str
    open: bool
    unread: bool
    people: list[SidePersonOut]
    message_count: int
    created_at: datetime
    last_message_at: datetime
    url: str


class SideOpenedOut(SideOut):
    """A side conversation that was begun, with its first letter; ``undo`` takes both back, null where it cannot."""

    message: MessageOut
    undo: UndoOut | None


@router.get(
    "/tickets/{int:number}/side-conversations", response=PageOf[SideOut], summary="Side conversations of a ticket"
)
def list_sides(request: HttpRequest, number: int, query: Query[PageQuery]) -> Json:
    """The side conversations of a ticket, oldest first."""
    actor = needs(request, "tickets.view", query)
    ticket = queries.get_visible(actor, number)
    return listed([_side(row) for row in sides_on(actor, ticket)], query)


@router.post(
    "/tickets/{int:number}/side-conversations", response={201: SideOpenedOut}, summary="Write to a third party"
)
@idempotent
def post_side(request: HttpRequest, number: int, body: SideIn) -> tuple[int, Json]:
    """Begin a side conversation: nothing of the ticket goes along but what is named."""
    actor = actor_of(request)
    sent = open_side(
        queries.get_visible(actor, number), _letter(body), subject=body.subject, to=body.to, cc=body.cc,
        channel=mailbox_by_id(body.channel), status=body.status, hold=body.hold, by=actor,
    )  # fmt: skip
    return 201, {**_side(sent.side), "message": _message(sent.message), "undo": undo_json(sent.step)}


@router.get("/tickets/{int:number}/side-conversations/{int:side_id}", response=SideOut, summary="One side conversation")
def get_one_side(request: HttpRequest, number: int, side_id: int) -> Json:
    """A side conversation by its id."""
    return _side(get_side(needs(request, "tickets.view"), number, side_id))


@router.patch(
    "/tickets/{int:number}/side-conversations/{int:side_id}", response=SideOut, summary="Close, reopen or mark as read"
)
def patch_side(request: HttpRequest, number: int, side_id: int, body: SidePatch) -> Json:
    """``open`` closes or reopens it; ``unread: false`` notes that the answers were read. One that holds no letter can
    only be taken away in the desk."""
    actor = actor_of(request)
    row = get_side(actor, number, side_id)
    if body.unread:
        raise Invalid(_("What was read stays read."), field="unread")
    if body.open is False and row.message_count == 0:
        raise Invalid(_("It holds no letter: there is nothing to close."), field="open")
    if body.unread is False:
        read_side(row, by=actor)
    if body.open is not None:
        (reopen_side if body.open else close_side)(row, by=actor)
    return _side(get_side(actor, number, side_id))


@router.get(
    "/tickets/{int:number}/side-conversations/{int:side_id}/messages",
    response=PageOf[MessageOut],
    summary="Letters of a side conversation",
)
def list_side_messages(request: HttpRequest, number: int, side_id: int, query: Query[PageQuery]) -> Json:
    """The letters, oldest first: ``side_out`` to the third party, ``side_in`` from it."""
    row = get_side(needs(request, "tickets.view", query), number, side_id)
    rows = Message.objects.filter(side=row).select_related("channel").prefetch_related("attachments")
    page = keyset_page(rows, order=[("id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": public.messages_json(page.items), "next": page.next}


@router.post(
    "/tickets/{int:number}/side-conversations/{int:side_id}/messages",
    response={201: WrittenOut},
    summary="Write on in a side conversation",
)
@idempotent
def post_side_message(request: HttpRequest, number: int, side_id: int, body: SideNextIn) -> tuple[int, Json]:
    """Write to everybody in it; new addresses in ``to`` and ``cc`` join. A closed one opens again."""
    actor = actor_of(request)
    row = get_side(actor, number, side_id)
    with naming_unseen():
        sent = write_side(row, _letter(body), to=body.to, cc=body.cc, seen=body.seen, hold=body.hold, by=actor)
    return 201, _message(sent.message) | {"undo": undo_json(sent.step)}


@router.post("/side-letters/{int:message_id}/note", response={201: MessageOut}, summary="Copy a letter into a note")
@idempotent
def post_side_note(request: HttpRequest, message_id: int) -> tuple[int, Json]:
    """Keep a letter, with its files, as a note of the ticket; a second time answers with the same note."""
    actor = actor_of(request)
    return 201, _message(side_to_note(get_side_message(actor, message_id), by=actor))


@router.post("/side-letters/{int:message_id}/quote", response=DraftOut, summary="Quote a letter in the reply")
@idempotent
def post_side_quote(request: HttpRequest, message_id: int) -> tuple[int, Json]:
    """Put the words and files of a letter, without the name of who wrote it, into the draft of the reply that the
    token's owner has on the ticket; answers with the draft. A second time changes nothing, and nothing is sent."""
    actor = actor_of(request)
    ticket = quote_side(get_side_message(actor, message_id), by=actor)
    return 200, draft_json(actor, ticket, "reply")


def _letter(body: SideLetterIn) -> Letter:
    return Letter(
        body_html=body.body_html, body_text=body.body_text, attachments=body.attachments, forward=body.forward,
        files=body.files,
    )  # fmt: skip


def _message(message: Message) -> Json:
    rows = Message.objects.filter(pk=message.pk).select_related("channel").prefetch_related("attachments")
    return public.messages_json(list(rows))[0]


def _side(row: SideConversation) -> dict[str, Any]:
    return {
        "id": row.pk,
        "ticket": row.ticket_id,
        "subject": row.subject,
        "open": row.is_open,
        "unread": row.is_unread,
        "people": [
            {"role": person["role"], "contact": person["contact_id"], "name": person["name"],
             "address": person["address"]}
            for person in row.people
        ],
        "message_count": row.message_count,
        "created_at": public.iso(row.created_at),
        "last_message_at": public.iso(row.last_message_at),
        "url": public.absolute(f"/tickets/{row.ticket_id}/side/{row.pk}/"),
    }  # fmt: skip
