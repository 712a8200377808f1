"""Replies to the customer and notes for colleagues: two nouns, so that one can never become the other."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from otklik.accounts.web import permission_required
from otklik.core import shown
from otklik.core.actor import Actor
from otklik.core.blocks import blocks_of
from otklik.core.clock import now
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.tickets import actions, queries
from otklik.tickets.actions.answering_many import ScheduledForMany, SentToMany, schedule_to_many, send_to_many
from otklik.tickets.actions.drafting import forget_draft
from otklik.tickets.actions.sending import chosen_fields
from otklik.tickets.models import Step, Ticket
from otklik.tickets.queries.places import Place
from otklik.tickets.views.answers import actor_of, done, is_part, noun, only_fields, told
from otklik.tickets.views.beside import address_of, number_beside
from otklik.tickets.views.clashes import seen_by_author, unseen_answer
from otklik.tickets.views.states import moment_of

FIELDS = {
    "mode", "reply_text", "reply_format", "note_text", "note_format", "attachments", "status", "then",
    "place", "seen", "send_at", "send_at_own", "also", "also_seen", "to", "from_channel", "spent",
    "incoming_text", "incoming_format", "incoming_channel", "incoming_author", "incoming_at",
}  # fmt: skip
"""What the composer sends, whichever of its texts is meant."""
_MOST_ALSO = 50


@require_POST
@permission_required("tickets.reply")
@noun
def replies(request: HttpRequest, number: int) -> HttpResponse:
    """Send an answer, with the files that were uploaded for it; ``status`` is set along, ``then=next`` goes on."""
    return _say(request, number, "reply")


@require_POST
@permission_required("tickets.note")
@noun
def notes(request: HttpRequest, number: int) -> HttpResponse:
    """Keep a note that only colleagues see."""
    return _say(request, number, "note")


def _say(request: HttpRequest, number: int, mode: str) -> HttpResponse:
    actor = actor_of(request)
    ticket = queries.get_visible(actor, number)
    step: Step | None = None
    following = _following(request, ticket) if mode == "reply" and request.POST.get("then") == "next" else ""
    try:
        only_fields(request, FIELDS)
        words: dict[str, Any] = {
            "body_html" if request.POST.get(f"{mode}_format") == "html" else "body_text": request.POST.get(
                f"{mode}_text", ""
            ),
            "attachments": ids_of(request.POST.getlist("attachments")),
        }
        words |= _spent(request)
        if mode == "note":
            actions.add_note(ticket, **words, by=actor)
            forget_draft(ticket, mode="note", by=actor)
            said = _("The note is saved")
        else:
            status = request.POST.get("status") or None
            words |= _where(request)
            others = _others(request, actor, number)
            if chosen := request.POST.get("send_at"):
                chosen = request.POST.get("send_at_own", "") if chosen == "own" else chosen
                later = schedule_to_many(
                    ticket, others, **words, status=status or "pending", send_at=moment_of(chosen, "send_at"),
                    seen=seen_by_author(request), also_seen=seen_by_author(request, "also_seen"), by=actor,
                )  # fmt: skip
                return done(request, number, _said_later(later))
            kept = chosen_fields(words.get("to"), words.get("channel"), [other.pk for other in others])
            sent = send_to_many(
                ticket, others, **words, chosen=kept, status=status, seen=seen_by_author(request),
                also_seen=seen_by_author(request, "also_seen"), by=actor,
            )  # fmt: skip
            step, said = sent.step, _said(sent.message.pk)
            if others:
                said = _said_to_many(sent)
    except actions.Unseen as unseen:
        return unseen_answer(request, unseen, part=is_part(request))
    except NotFound:
        raise
    except DomainError as error:
        if is_part(request):
            return told(error)
        raise
    if following:
        if not is_part(request):
            return redirect(following)
        response = done(request, number, **_with_undo(said, step))
        response["HX-Redirect"] = following
        return response
    if step is not None and is_part(request):
        return done(request, number, **_with_undo(said, step))
    return done(request, number, said)


def _following(request: HttpRequest, ticket: Ticket) -> str:
    """Return where to go on after an answer: seen before it goes, because it moves the ticket to the top of lists."""
    place = Place.of(QueryDict(request.POST.get("place", "")))
    try:
        return address_of(place, number_beside(request, place, ticket))
    except NotFound:
        return Place().url


def _spent(request: HttpRequest) -> dict[str, int]:
    """Return the seconds that the composer's timer counted; nothing where it was off."""
    text = request.POST.get("spent", "")
    return {"spent": min(int(text), 24 * 3600)} if text.isdecimal() and len(text) < 9 and int(text) > 0 else {}


def _where(request: HttpRequest) -> dict[str, Any]:
    """Return address and mailbox of the answer where they were chosen; the usual ones stand for nothing."""
    where: dict[str, Any] = {}
    if to := request.POST.get("to", ""):
        where["to"] = [to]
    if chosen := request.POST.get("from_channel", ""):
        boxes = [row for row in queries.active_channels() if row.kind == "email" and row.address]
        where["channel"] = next((row for row in boxes if str(row.pk) == chosen), None)
        if where["channel"] is None:
            raise Invalid(_("Choose a mailbox to write from."), field="from_channel")
    return where


def _others(request: HttpRequest, actor: Actor, number: int) -> list[Ticket]:
    """Return the visible tickets that get the same answer."""
    wanted = [pk for pk in ids_of(request.POST.getlist("also")) if pk != number][:_MOST_ALSO]
    return list(queries.visible_to(actor).filter(pk__in=wanted).order_by("pk")) if wanted else []


def _said_to_many(sent: SentToMany) -> str:
    count = sent.also + 1
    said = ngettext("The reply went to %(count)s ticket", "The reply went to %(count)s tickets", count)
    return said % {"count": count} + _not_to(sent.refused)


def _said_later(later: ScheduledForMany) -> str:
    count = later.also + 1
    facts = {"time": shown.moment(later.row.send_at, now()), "count": count}
    if not later.also and not later.refused:
        return _("The reply will leave %(time)s") % facts
    said = ngettext(
        "The reply to %(count)s ticket will leave %(time)s", "The reply to %(count)s tickets will leave %(time)s",
        count,
    )  # fmt: skip
    return said % facts + _not_to(later.refused)


def _not_to(refused: list[tuple[int, str]]) -> str:
    if not refused:
        return ""
    return ". " + _("Not to: %(numbers)s") % {"numbers": ", ".join(f"№ {number}" for number, _why in refused)}


def _with_undo(said: str, step: Step | None) -> dict[str, Any]:
    """Return the toast that offers to take the answer back while it is held."""
    if step is None:
        return {"toast": {"value": said}}
    seconds = round((step.until - step.made_at).total_seconds())
    return {"toast": {"value": said, "undo": f"/tickets/undo/{step.pk}/", "seconds": seconds}}


def _said(message_id: int) -> str:
    """Return what to tell after an answer: that it is on its way, or that something keeps it here."""
    load = blocks_of("message").get("deliveries")
    entries = load([message_id]).get(message_id, []) if load else []
    if not entries:
        return _("The reply is saved. No mail goes out: the customer has no address")
    if any(entry["state"] == "queued" and entry["error"] for entry in entries):
        return _("The reply is saved and waits until sending is set up")
    return _("The reply is on its way")


def ids_of(values: list[str]) -> list[int]:
    """Return the files that a form names; raises ``Invalid`` for what is no number."""
    if not all(value.isascii() and value.isdigit() and len(value) < 18 for value in values):
        raise Invalid(_("One of the files is gone or was sent already."), field="attachments")
    return [int(value) for value in values]
