"""One's own notes: changed in place, taken away with a way back; what they said before, for supervisors. The time spent
on an answer or note, corrected afterwards."""

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from otklik.accounts import policies as rights
from otklik.accounts.web import permission_required
from otklik.core import shown
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Invalid, NotFound
from otklik.tickets import queries
from otklik.tickets.actions.drafting import note_mode
from otklik.tickets.actions.rewriting import edit_note, remove_note
from otklik.tickets.actions.timing import correct_time, may_correct
from otklik.tickets.models import Message, MessageVersion
from otklik.tickets.presenters.text import rich_html
from otklik.tickets.presenters.thread import present_file
from otklik.tickets.views.answers import actor_of, done, noun, only_fields


def _message(actor: Actor, message_id: int, kinds: Collection[str] = ("note",)) -> Message:
    rows = queries.messages_visible_to(actor).select_related("ticket").filter(pk=message_id, kind__in=kinds)
    message = rows.first() if 0 < message_id < 2**63 else None
    if message is None:
        raise NotFound
    return message


@require_http_methods(["GET", "POST", "DELETE"])
@permission_required("tickets.note")
@noun
def note(request: HttpRequest, message_id: int) -> HttpResponse:
    """GET: the form of one's own note. POST ``body`` and ``format``: change it. DELETE: take it away."""
    actor = actor_of(request)
    message = _message(actor, message_id)
    if request.method == "GET":
        if message.author_id != actor.id or message.removed_at is not None:
            raise NotFound
        context = {
            "message": message, "editor_url": static("django_prose_editor/editor.js"), "draft_mode": note_mode(message),
            "draft_url": f"/tickets/{message.ticket_id}/draft/",
        }  # fmt: skip
        return render(request, "tickets/note_form.html", context)
    if request.method == "DELETE":
        step = remove_note(message, by=actor)
        toast: dict[str, Any] = {"value": _("The note is taken away")}
        if step is not None:
            toast |= {"undo": f"/tickets/undo/{step.pk}/", "seconds": 10}
        return done(request, message.ticket_id, toast=toast)
    only_fields(request, ("body", "format"))
    given = "body_html" if request.POST.get("format") == "html" else "body_text"
    changed = edit_note(message, by=actor, **{given: request.POST.get("body", "")})
    return done(request, message.ticket_id, _("The note is saved") if changed else "")


@require_http_methods(["GET", "POST"])
@permission_required("tickets.note")
@noun
def time_spent(request: HttpRequest, message_id: int) -> HttpResponse:
    """GET: the form of the time spent on an answer or note. POST ``minutes``: correct it, nothing for nothing."""
    actor = actor_of(request)
    message = _message(actor, message_id, ("note", "reply"))
    if not may_correct(actor, message):
        raise NotFound
    if request.method == "GET":
        minutes = max(1, round(message.spent_seconds / 60)) if message.spent_seconds else ""
        return render(request, "tickets/time_form.html", {"message": message, "minutes": minutes})
    only_fields(request, ("minutes",))
    text = request.POST.get("minutes", "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Invalid(_("Give the time in whole minutes."), field="minutes")
    changed = correct_time(message, spent=int(text or "0") * 60, by=actor)
    return done(request, message.ticket_id, _("The time is corrected") if changed else "")


@require_safe
@permission_required("tickets.view")
@noun
def versions(request: HttpRequest, message_id: int) -> HttpResponse:
    """Show what a note said before, to those who see everything."""
    actor = actor_of(request)
    if not rights.sees_everything(actor):
        raise NotFound
    message = _message(actor, message_id)
    times = shown.Moments(now())
    rows = [
        {"body": rich_html(row.body_html), "until": times.moment(row.until), "exact": times.exact(row.until)}
        for row in MessageVersion.objects.filter(message=message).order_by("-id")[:50]
    ]
    files = [present_file(file) for file in message.attachments.all()] if message.removed_at is not None else []
    return render(request, "tickets/note_versions.html", {"rows": rows, "files": files})
