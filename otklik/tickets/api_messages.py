"""REST of what is said on a ticket: messages, replies with a way back, own notes, a message that becomes a ticket."""

from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import AwareDatetime, Field

from otklik.accounts import policies as rights
from otklik.accounts.rest import Json, PageQuery, Strict, actor_of, idempotent, needs
from otklik.accounts.shapes import PageOf
from otklik.core.actor import Actor
from otklik.core.errors import Invalid, NotFound
from otklik.core.pages import keyset_page
from otklik.tickets import actions, public, queries
from otklik.tickets.actions.answering_many import SentToMany, send_to_many
from otklik.tickets.actions.merging import split_message
from otklik.tickets.actions.rewriting import edit_note, remove_note
from otklik.tickets.actions.sending import send_reply
from otklik.tickets.actions.stepping import get_step, undo_step
from otklik.tickets.api_seen import naming_unseen
from otklik.tickets.changing import channel_of, mailbox_by_id
from otklik.tickets.models import Message, MessageVersion, Step, Ticket
from otklik.tickets.paging import messages_page
from otklik.tickets.shapes import MessageOut, TicketOut
from otklik.tickets.shapes_writing import UndoneOut, VersionOut, WrittenOut

router = Router(tags=["tickets"])


class MessageIn(Strict):
    """A reply to the customer, a note for colleagues, or the customer's words that came by another way.

    Of a reply: ``seen`` is the newest message its author has read (409 with the messages that came after it),
    ``channel`` the mailbox it leaves from, ``hold`` keeps it for the seconds in which it can be taken back, ``also``
    are other tickets that get the same words, ``also_seen`` the newest message of any ticket when the author began:
    those of ``also`` on which somebody wrote after it get none. Of the customer's words: ``channel`` is how they came
    (an id; the ticket's own when left out), ``author`` who said them (a contact: the requester, or who takes part),
    ``said_at`` when.
    """

    kind: Literal["reply", "note", "incoming"]
    body_text: str = ""
    body_html: str = ""
    attachments: list[int] = []
    to: list[str] | None = None
    cc: list[str] | None = None
    channel: int | None = None
    status: str | None = None
    seen: int | None = Field(None, ge=0)
    hold: bool = False
    also: list[int] = Field([], max_length=50)
    also_seen: int | None = Field(None, ge=0)
    spent_seconds: int | None = Field(None, ge=0, le=86400)
    author: int | None = None
    said_at: AwareDatetime | None = None

    def check(self) -> None:
        """Raise ``Invalid`` when something is set that this kind of message has not."""
        of_reply = bool(self.to or self.cc or self.status or self.hold or self.also)
        of_reply |= self.seen is not None or self.also_seen is not None
        if self.kind != "reply" and of_reply or self.kind == "note" and self.channel:
            raise Invalid(_("Only a reply has recipients and a status."), field="kind")
        if self.kind != "incoming" and (self.author or self.said_at):
            raise Invalid(_("Only the customer’s words have somebody who said them, and when."), field="kind")


class NotePatch(Strict):
    """What one's own note says from now on."""

    body_text: str = ""
    body_html: str = ""


class SplitIn(Strict):
    """The subject of the new ticket; that of the old one when it is empty."""

    subject: str = Field("", max_length=2000)


@router.get("/tickets/{int:number}/messages", response=PageOf[MessageOut], summary="Messages of a ticket")
def list_messages(request: HttpRequest, number: int, query: Query[PageQuery]) -> Json:
    """Messages and notes, oldest first."""
    actor = needs(request, "tickets.view", query)
    return messages_page(actor, queries.get_visible(actor, number), limit=query.limit, cursor=query.cursor)


@router.post("/tickets/{int:number}/messages", response={201: WrittenOut}, summary="Write on a ticket")
@idempotent
def post_message(request: HttpRequest, number: int, body: MessageIn) -> tuple[int, Json]:
    """Answer, note, or record what the customer said."""
    actor = actor_of(request)
    ticket = queries.card(actor, number)
    text: dict[str, Any] = {
        "body_html": body.body_html, "body_text": body.body_text, "attachments": body.attachments, "by": actor,
    }  # fmt: skip
    body.check()
    if body.spent_seconds and body.kind != "incoming":
        text["spent"] = body.spent_seconds
    if body.kind == "reply":
        return 201, _reply(ticket, body, text, actor)
    if body.kind == "note":
        return 201, _written(actor, actions.add_note(ticket, **text))
    channel = channel_of(body.channel) if body.channel is not None else None
    said = actions.add_incoming(ticket, **text, channel=channel, author=body.author, at=body.said_at)
    return 201, _written(actor, said)


def _reply(ticket: Ticket, body: MessageIn, text: dict[str, Any], actor: Actor) -> Json:
    words = text | {
        "to": body.to, "cc": body.cc, "channel": mailbox_by_id(body.channel), "status": body.status, "seen": body.seen,
    }  # fmt: skip
    others = _others(actor, ticket.pk, body.also)
    with naming_unseen():
        if others:
            sent = send_to_many(ticket, others, held=body.hold, ends_draft=False, also_seen=body.also_seen, **words)
        elif body.hold:
            sent = SentToMany(*send_reply(ticket, ends_draft=False, **words))
        else:
            sent = SentToMany(actions.reply(ticket, **words), None)
    refused = dict(sent.refused)
    also = [{"ticket": pk, "sent": pk not in refused, "reason": refused.get(pk)} for pk in (one.pk for one in others)]
    return _written(actor, sent.message, sent.step) | {"also": also}


def _others(actor: Actor, number: int, wanted: list[int]) -> list[Ticket]:
    """Return the tickets that get the same answer; raises ``Invalid`` for one that is not to be seen."""
    numbers = {pk for pk in wanted if pk != number}
    rows = queries.visible_to(actor).filter(pk__in=[pk for pk in numbers if 0 < pk < 2**63]) if numbers else ()
    found = sorted(rows, key=lambda ticket: ticket.pk)
    if len(found) != len(numbers):
        raise Invalid(_("There is no ticket with this number."), field="also")
    return found


@router.get("/tickets/{int:number}/messages/{int:message_id}", response=MessageOut, summary="One message")
def get_message(request: HttpRequest, number: int, message_id: int) -> Json:
    """A message or note of a ticket."""
    actor = needs(request, "tickets.view")
    return _json(actor, _message(actor, number, message_id))


@router.patch("/tickets/{int:number}/messages/{int:message_id}", response=MessageOut, summary="Change one's own note")
def patch_note(request: HttpRequest, number: int, message_id: int, body: NotePatch) -> Json:
    """Change a note of the token's owner; what it said before is kept for supervisors."""
    actor = actor_of(request)
    edit_note(_message(actor, number, message_id), body_html=body.body_html, body_text=body.body_text, by=actor)
    return _json(actor, _message(actor, number, message_id))


@router.delete("/tickets/{int:number}/messages/{int:message_id}", response=WrittenOut, summary="Take a note away")
def delete_note(request: HttpRequest, number: int, message_id: int) -> Json:
    """Take a note of the token's owner away: its place stays. A second time changes nothing."""
    actor = actor_of(request)
    step = remove_note(_message(actor, number, message_id), by=actor)
    return _written(actor, _message(actor, number, message_id), step)


@router.get(
    "/tickets/{int:number}/messages/{int:message_id}/versions",
    response=PageOf[VersionOut],
    summary="What a note said before",
)
def list_versions(request: HttpRequest, number: int, message_id: int, query: Query[PageQuery]) -> Json:
    """The former texts of a note, oldest first, for those who see everything."""
    actor = needs(request, "tickets.view", query)
    if not rights.sees_everything(actor):
        raise NotFound
    rows = MessageVersion.objects.filter(message=_message(actor, number, message_id))
    page = keyset_page(rows, order=[("id", int)], cursor=query.cursor or None, limit=query.limit)
    items = [
        {"id": row.pk, "body_text": row.body_text, "body_html": row.body_html, "until": public.iso(row.until)}
        for row in page.items
    ]
    return {"items": items, "next": page.next}


@router.post(
    "/tickets/{int:number}/messages/{int:message_id}/split",
    response={201: TicketOut},
    summary="Take a message out into a new ticket",
)
@idempotent
def post_split(request: HttpRequest, number: int, message_id: int, body: SplitIn) -> tuple[int, Json]:
    """Make a ticket of its own of a customer's message, related to the old one; answers with the new ticket."""
    actor = actor_of(request)
    fresh = split_message(_message(actor, number, message_id), subject=body.subject, by=actor)
    return 201, public.tickets_json([queries.card(actor, fresh.pk)])[0]


@router.post("/undo/{int:step_id}", response=UndoneOut, summary="Take something back")
@idempotent
def post_undo(request: HttpRequest, step_id: int) -> tuple[int, Json]:
    """Take back what the token's owner did a moment ago, as ``undo`` of an answer names it; 409 when it is too late."""
    actor = needs(request, "tickets.view")
    undone = undo_step(get_step(actor, step_id), by=actor)
    return 200, {"text": undone.words, "ticket": undone.number}


def undo_json(step: Step | None) -> Json | None:
    """Return how a step is taken back, nothing where there is none."""
    return {"id": step.pk, "until": public.iso(step.until)} if step is not None else None


def _message(actor: Actor, number: int, message_id: int) -> Message:
    ticket = queries.get_visible(actor, number)
    rows = queries.messages_on(actor, ticket).select_related("ticket", "channel")
    message = rows.filter(pk=message_id).first()
    if message is None:
        raise NotFound
    return message


def _json(actor: Actor, message: Message) -> Json:
    row = queries.messages_visible_to(actor).select_related("channel").get(pk=message.pk)
    return public.messages_json([row])[0]


def _written(actor: Actor, message: Message, step: Step | None = None) -> Json:
    return _json(actor, message) | {"undo": undo_json(step), "also": []}
