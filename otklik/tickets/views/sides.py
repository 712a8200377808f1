"""Side conversations with third parties: begun, read, gone on with, ended; what comes back into the ticket."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from otklik.accounts.policies import can, sees_everything
from otklik.accounts.web import permission_required
from otklik.core.actor import Actor
from otklik.core.blocks import blocks_of
from otklik.core.clock import now
from otklik.core.errors import Invalid
from otklik.core.hot import csrf_field, render_hot
from otklik.tickets import queries
from otklik.tickets.actions import Unseen
from otklik.tickets.actions.drafting import side_mode
from otklik.tickets.actions.side_answers import close_side, quote_side, read_side, reopen_side, side_to_note
from otklik.tickets.actions.sides import Letter, SideSent, open_side, write_side
from otklik.tickets.models import Channel, Draft, SideConversation, Ticket
from otklik.tickets.presenters.sides import present_offered, present_side, side_url
from otklik.tickets.presenters.thread import present_file, present_messages
from otklik.tickets.queries.sides import files_of, get_side, get_side_message, letters_of, offered_messages
from otklik.tickets.views.answers import actor_of, done, done_page, is_part, noun, only_fields
from otklik.tickets.views.clashes import seen_by_author, unseen_answer

_LETTER: Final = ("body", "format", "attachments", "forward", "files", "to", "cc")
_NEW: Final = (*_LETTER, "subject", "channel", "hold_ticket")
_BLOCKS: Final = ("deliveries", "email")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("tickets.reply")
@noun
def side_new(request: HttpRequest, number: int) -> HttpResponse:
    """GET: the form of a new side conversation; ``forward`` chooses messages. POST: write to the third party."""
    actor = actor_of(request)
    if request.method != "POST":
        ticket = queries.get_visible(actor, number, related=("channel", "requester"))
        return _form(request, actor, ticket)
    only_fields(request, _NEW)
    channel = request.POST.get("channel", "")
    sent = open_side(
        queries.get_visible(actor, number), _letter(request), subject=request.POST.get("subject", ""),
        **_people(request), channel=_mailbox(channel) if channel else None,
        status="on_hold" if request.POST.get("hold_ticket") else None, hold=True, by=actor,
    )  # fmt: skip
    return _sent(request, sent)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("tickets.view")
@noun
def side(request: HttpRequest, number: int, side_id: int) -> HttpResponse:
    """GET: the conversation; with ``parts`` only what may have changed. POST: write on in it."""
    actor = actor_of(request)
    row = get_side(actor, number, side_id)
    if request.method != "POST":
        return _page(request, actor, row)
    only_fields(request, (*_LETTER, "seen"))
    try:
        words = _people(request) | {"seen": seen_by_author(request)}
        return _sent(request, write_side(row, _letter(request), **words, hold=True, by=actor))
    except Unseen as unseen:
        return unseen_answer(request, unseen, part=is_part(request))


@require_POST
@permission_required("tickets.reply")
@noun
def side_state(request: HttpRequest, number: int, side_id: int) -> HttpResponse:
    """POST ``state``: ``closed`` or ``open``. An empty one that is closed is taken away."""
    actor = actor_of(request)
    only_fields(request, ("state",))
    row = get_side(actor, number, side_id)
    if request.POST.get("state") == "open":
        reopen_side(row, by=actor)
        return done(request, number, _("The side conversation is open again"))
    if request.POST.get("state") != "closed":
        raise Invalid(_("Choose whether it is open or closed."), field="state")
    close_side(row, by=actor)
    if row.message_count == 0:
        return done_page(f"/tickets/{number}/", {"value": _("The empty side conversation is gone")})
    return done(request, number, _("The side conversation is closed"))


@require_POST
@permission_required("tickets.note")
@noun
def side_seen(request: HttpRequest, number: int, side_id: int) -> HttpResponse:
    """Note that the reader has seen what came."""
    actor = actor_of(request)
    only_fields(request, ())
    read_side(get_side(actor, number, side_id), by=actor)
    return HttpResponse(status=204)


@require_POST
@permission_required("tickets.note")
@noun
def side_note(request: HttpRequest, message_id: int) -> HttpResponse:
    """Keep a letter as a note of the ticket."""
    actor = actor_of(request)
    only_fields(request, ())
    message = get_side_message(actor, message_id)
    side_to_note(message, by=actor)
    return done(request, message.ticket_id, _("The letter is a note of the ticket now"))


@require_POST
@permission_required("tickets.reply")
@noun
def side_quote(request: HttpRequest, message_id: int) -> HttpResponse:
    """Put the words of a letter into the reader's draft of the reply and go there; nothing is sent."""
    actor = actor_of(request)
    only_fields(request, ())
    ticket = quote_side(get_side_message(actor, message_id), by=actor)
    if not is_part(request):
        return redirect("tickets:card", ticket.pk)
    return done_page(f"/tickets/{ticket.pk}/", {"value": _("The words stand in your draft of the reply")})


def _letter(request: HttpRequest) -> Letter:
    body = request.POST.get("body", "")
    html = request.POST.get("format") == "html"
    return Letter(
        body_html=body if html else "", body_text="" if html else body,
        attachments=_ids(request, "attachments"), forward=_ids(request, "forward"), files=_ids(request, "files"),
    )  # fmt: skip


def _ids(request: HttpRequest, name: str) -> list[int]:
    values = request.POST.getlist(name)
    if not all(value.isascii() and value.isdigit() and len(value) < 18 for value in values):
        raise Invalid(_("This is not a number."), field=name)
    return [int(value) for value in values]


def _people(request: HttpRequest) -> dict[str, Any]:
    """Return the addresses that were written, separated by commas or semicolons."""
    return {
        name: [part.strip() for part in request.POST.get(name, "").replace(";", ",").split(",") if part.strip()]
        for name in ("to", "cc")
    }


def _mailbox(text: str) -> Channel:
    for channel in _mailboxes():
        if str(channel.pk) == text:
            return channel
    raise Invalid(_("There is no such mailbox."), field="channel")


def _mailboxes() -> list[Channel]:
    return [row for row in queries.active_channels() if row.kind == "email" and row.address]


def _sent(request: HttpRequest, sent: SideSent) -> HttpResponse:
    toast: dict[str, Any] = {"value": _("The letter to the third party is on its way")}
    if sent.step is not None:
        seconds = max(1, round((sent.step.until - sent.step.made_at).total_seconds()))
        toast |= {"undo": f"/tickets/undo/{sent.step.pk}/", "seconds": seconds}
    if not is_part(request):
        return redirect(side_url(sent.side))
    return done_page(side_url(sent.side), toast)


def _draft(actor: Actor, ticket: Ticket, row: SideConversation | None) -> dict[str, Any]:
    held = Draft.objects.filter(ticket=ticket, user_id=actor.id or 0, mode=side_mode(row)).first()
    if held is None:
        return {"text": "", "files": []}
    files = [{"id": file.pk, **present_file(file)} for file in files_of(held.attachments, actor.id or 0)]
    return {"text": held.text, "files": files}


def _addresses(ticket: Ticket) -> dict[str, str]:
    """Where a letter keeps its draft and finds saved replies."""
    return {"draft_url": f"/tickets/{ticket.pk}/draft/", "saved_url": f"/tickets/{ticket.pk}/saved-replies/"}


def _form(request: HttpRequest, actor: Actor, ticket: Ticket) -> HttpResponse:
    chosen = {int(value) for value in request.GET.getlist("forward") if value.isdigit() and len(value) < 18}
    offered = offered_messages(ticket)
    if not chosen and (incoming := [row.pk for row in offered if row.kind == "incoming"]):
        chosen = {incoming[0]}
    boxes = _mailboxes()
    own = next((box.pk for box in boxes if box.pk == ticket.channel_id), None)
    context = {
        "ticket": ticket, "base": f"/tickets/{ticket.pk}/", "editor_url": static("django_prose_editor/editor.js"),
        "offered": present_offered(offered, chosen, now()), "boxes": boxes, "own": own or (boxes[0].pk if boxes else 0),
        "draft": _draft(actor, ticket, None), "draft_mode": side_mode(None), **_addresses(ticket),
        "asked": bool(request.GET.getlist("forward")),  # by the arrow of a message
        "may_status": can(actor, "tickets.status") and ticket.is_open,
    }  # fmt: skip
    return render(request, "tickets/side_new.html", context)


def _page(request: HttpRequest, actor: Actor, row: SideConversation) -> HttpResponse:
    at = now()
    letters = letters_of(row)
    numbers = [letter.pk for letter in letters]
    blocks = {key: load(numbers) for key in _BLOCKS if (load := blocks_of("message").get(key)) and numbers}
    may = {name: can(actor, f"tickets.{name}") for name in ("reply", "note")}
    thread = render_hot(
        "tickets/side_thread.html", {"items": present_messages(row.ticket, letters, blocks, at), "may": may}
    )
    context = {
        "side": present_side(row, at), "ticket": row.ticket, "thread": thread, "may": may,
        "base": f"/tickets/{row.ticket_id}/", "csrf": csrf_field(request), "sees_all": sees_everything(actor),
    }  # fmt: skip
    if "parts" in request.GET:
        return render(request, "tickets/side_parts.html", context)
    context |= {
        "draft": _draft(actor, row.ticket, row), "draft_mode": side_mode(row), **_addresses(row.ticket),
        "editor_url": static("django_prose_editor/editor.js"), "newest": max(numbers, default=0),
        "offered": present_offered(offered_messages(row.ticket), set(), at) if may["reply"] else [],
        "lightbox": render_hot("tickets/lightbox.html", {}),
    }  # fmt: skip
    return render(request, "tickets/side.html", context)
