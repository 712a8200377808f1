"""REST of answers that wait for their time, and of the time spent on messages."""

from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from otklik.accounts.rest import Json, PageQuery, Strict, actor_of, idempotent, listed, needs
from otklik.accounts.shapes import PageOf
from otklik.core.errors import Invalid, NotFound
from otklik.tickets import public, queries
from otklik.tickets.actions.sending import cancel_scheduled, schedule_reply, send_scheduled_now
from otklik.tickets.actions.timing import correct_time
from otklik.tickets.api_seen import naming_unseen
from otklik.tickets.changing import mailbox_by_id
from otklik.tickets.models import Message, ScheduledReply
from otklik.tickets.queries.writing import get_scheduled, scheduled_visible_to
from otklik.tickets.shapes import MessageOut, ScheduledOut

router = Router(tags=["tickets"])


class ScheduledIn(Strict):
    """An answer and the moment, with its zone, at which it leaves; ``channel`` is a mailbox, ``seen`` as in a reply."""

    send_at: datetime
    body_text: str = ""
    body_html: str = ""
    attachments: list[int] = []
    to: list[str] | None = None
    cc: list[str] | None = None
    channel: int | None = None
    status: str | None = None
    seen: int | None = Field(None, ge=0)
    spent_seconds: int | None = Field(None, ge=0)


class TimeIn(Strict):
    """The seconds of work on a message; null for none."""

    spent_seconds: int | None = Field(ge=0)


@router.get(
    "/tickets/{int:number}/scheduled-replies", response=PageOf[ScheduledOut], summary="Replies that wait for their time"
)
def list_scheduled(request: HttpRequest, number: int, query: Query[PageQuery]) -> Json:
    """The answers of a ticket that have not left yet, soonest first."""
    actor = needs(request, "tickets.view", query)
    ticket = queries.get_visible(actor, number)
    return listed([_json(row) for row in scheduled_visible_to(actor).filter(ticket_id=ticket.pk)], query)


@router.post("/tickets/{int:number}/scheduled-replies", response={201: ScheduledOut}, summary="Answer later")
@idempotent
def post_scheduled(request: HttpRequest, number: int, body: ScheduledIn) -> tuple[int, Json]:
    """Let an answer leave at a moment between now and a year from now."""
    actor = actor_of(request)
    ticket = queries.card(actor, number)
    if body.send_at.tzinfo is None:
        raise Invalid(_("Give the moment with its time zone."), field="send_at")
    words = body.dict() | {"channel": mailbox_by_id(body.channel)}
    words["spent"] = words.pop("spent_seconds")
    with naming_unseen():
        return 201, _json(schedule_reply(ticket, ends_draft=False, by=actor, **words))


@router.get(
    "/tickets/{int:number}/scheduled-replies/{int:scheduled_id}",
    response=ScheduledOut,
    summary="One reply that waits for its time",
)
def get_one_scheduled(request: HttpRequest, number: int, scheduled_id: int) -> Json:
    """An answer that has not left yet."""
    return _json(get_scheduled(needs(request, "tickets.view"), number, scheduled_id))


@router.post(
    "/tickets/{int:number}/scheduled-replies/{int:scheduled_id}/send",
    response={201: MessageOut},
    summary="Send a waiting reply now",
)
@idempotent
def post_scheduled_now(request: HttpRequest, number: int, scheduled_id: int) -> tuple[int, Json]:
    """Let an answer leave at once, as its author's; answers with the message. 404 when it is gone already, 409 when it
    cannot be sent any more: its text is its author's draft then."""
    actor = actor_of(request)
    message = send_scheduled_now(get_scheduled(actor, number, scheduled_id), by=actor)
    if message is None:
        raise NotFound
    rows = Message.objects.filter(pk=message.pk).select_related("channel").prefetch_related("attachments")
    return 201, public.messages_json(list(rows))[0]


@router.delete(
    "/tickets/{int:number}/scheduled-replies/{int:scheduled_id}",
    response=PageOf[ScheduledOut],
    summary="Call a reply off",
)
def delete_scheduled(request: HttpRequest, number: int, scheduled_id: int) -> Json:
    """Call an answer off before its time; its text is its author's draft again. Answers with what is left."""
    actor = actor_of(request)
    cancel_scheduled(get_scheduled(actor, number, scheduled_id), by=actor)
    rows = scheduled_visible_to(actor).filter(ticket_id=number)
    return {"items": [_json(row) for row in rows], "next": None}


@router.put(
    "/tickets/{int:number}/messages/{int:message_id}/time", response=MessageOut, summary="Correct the time spent"
)
def put_time(request: HttpRequest, number: int, message_id: int, body: TimeIn) -> Json:
    """Say anew how long the work on a reply or note took; its author and supervisors may. The history keeps both."""
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    rows = queries.messages_visible_to(actor).select_related("channel", "ticket").filter(ticket_id=ticket.pk)
    message = rows.filter(pk=message_id, side__isnull=True).first() if message_id < 2**63 else None
    if message is None:
        raise NotFound
    correct_time(message, spent=body.spent_seconds, by=actor)
    return public.messages_json([message])[0]


def _json(row: ScheduledReply) -> Json:
    return {
        "id": row.pk,
        "author": {"id": row.user_id, "name": row.user.name},
        "send_at": public.iso(row.send_at),
        "created_at": public.iso(row.created_at),
        "body_text": row.body_text,
        "body_html": row.body_html,
        "attachments": row.attachments,
        "to": row.to,
        "cc": row.cc,
        "channel": row.channel_id,
        "status": row.status or None,
        "spent_seconds": row.spent_seconds,
    }
