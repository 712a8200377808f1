"""What is being written on a card: drafts kept on the server, answers that wait, and taking things back."""

import json
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.accounts.web import permission_required
from otklik.core import shown
from otklik.core.clock import now
from otklik.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from otklik.tickets import queries
from otklik.tickets.actions.drafting import NEW_TICKET, save_draft
from otklik.tickets.actions.sending import cancel_scheduled, send_scheduled_now
from otklik.tickets.actions.stepping import get_step, undo_step
from otklik.tickets.models import Draft, Ticket
from otklik.tickets.presenters.thread import present_file
from otklik.tickets.queries.writing import COMPOSED, OwnDraft, get_scheduled, own_drafts
from otklik.tickets.views.answers import actor_of, done, done_page, is_part, noun, only_fields, told


@require_http_methods(["GET", "POST"])
@permission_required("tickets.note")
def draft(request: HttpRequest, number: int) -> HttpResponse:
    """GET: the reader's drafts on the ticket, those of the composer or the one of ``mode``. POST ``mode``, ``text``,
    ``attachments``, ``fields`` (JSON), ``version``: keep one; ``person`` is the id of whom the page was made for.

    409 with the present draft when another window wrote meanwhile.
    """
    try:
        return _draft(request, queries.get_visible(actor_of(request), number))
    except NotFound as error:
        raise Http404 from error


@require_http_methods(["GET", "POST"])
@permission_required("tickets.open")
def new_draft(request: HttpRequest) -> HttpResponse:
    """The same for the form of a new ticket, under the mode ``new``."""
    return _draft(request, None)


def _draft(request: HttpRequest, ticket: Ticket | None) -> HttpResponse:
    actor = actor_of(request)
    if request.method == "GET":
        modes = [request.GET["mode"]] if "mode" in request.GET else COMPOSED if ticket else [NEW_TICKET]
        return JsonResponse({row.draft.mode: _shown(row) for row in own_drafts(actor, ticket, modes)})
    mode = request.POST.get("mode", "")
    try:
        only_fields(request, ("mode", "text", "attachments", "fields", "version", "person"))
        if request.POST.get("person", "") not in {"", str(actor.id)}:
            raise Forbidden(_("Somebody else is signed in now."))  # a page that his colleague left open
        version = save_draft(
            ticket, mode=mode, text=request.POST.get("text", ""), version=_number(request.POST.get("version") or "0"),
            attachments=[_number(value) for value in request.POST.getlist("attachments")],
            fields=_fields(request.POST.get("fields")), by=actor,
        )  # fmt: skip
    except Conflict as error:
        held = own_drafts(actor, ticket, [mode])
        return JsonResponse({"message": str(error.message), "draft": _shown(held[0]) if held else None}, status=409)
    except NotFound:
        raise
    except DomainError as error:
        return told(error)
    return JsonResponse({"version": version})


def _fields(text: str | None) -> dict[str, Any] | None:
    """Return what else a form holds; nothing where only the text is kept."""
    if text is None:
        return None
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise Invalid(_("The fields are not readable."), field="fields")
    return fields


def _shown(row: OwnDraft) -> dict[str, Any]:
    held: Draft = row.draft
    files = []
    for file in row.files:
        facts = present_file(file)
        files.append({"id": file.pk, "name": file.name, "size": facts["size"], "url": facts["url"]})
    return {
        "text": held.text, "version": held.version, "files": files, "fields": held.fields,
        "saved": shown.moment(held.saved_at, now()), "saved_ms": int(held.saved_at.timestamp() * 1000),
    }  # fmt: skip


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise Invalid(_("This is not a number."))
    return int(text)


@require_POST
@permission_required("tickets.reply")
@noun
def scheduled(request: HttpRequest, number: int, scheduled_id: int) -> HttpResponse:
    """POST ``act``: ``cancel`` an answer that waits, its text is a draft again; ``now``: send it at once."""
    actor = actor_of(request)
    only_fields(request, ("act",))
    row = get_scheduled(actor, number, scheduled_id)
    if request.POST.get("act") == "now":
        sent = send_scheduled_now(row, by=actor)
        return done(request, number, _("The reply is on its way") if sent else _("This was done already"))
    if request.POST.get("act") != "cancel":
        raise Invalid(_("Choose what to do with the reply."), field="act")
    changed = cancel_scheduled(row, by=actor)
    said = _("The reply is called off, its text is a draft again") if changed else _("This was done already")
    return done(request, number, said, **{"draft-changed": {"number": number}})


@require_POST
@permission_required("tickets.view")
@noun
def undo(request: HttpRequest, step_id: int) -> HttpResponse:
    """Take back what the reader did a moment ago."""
    actor = actor_of(request)
    only_fields(request, ())
    undone = undo_step(get_step(actor, step_id), by=actor)
    if undone.url:
        return done_page(undone.url, {"value": undone.words}) if is_part(request) else redirect(undone.url)
    if undone.number and not is_part(request):
        return done(request, undone.number, undone.words)
    response = HttpResponse(status=204)
    news = {"number": undone.number} if undone.number else {}
    told_all: dict[str, Any] = {"ticket-changed": news, "toast": {"value": undone.words}}
    if undone.draft:
        told_all["draft-changed"] = news
    if undone.reload:
        told_all |= {"bulk-done": {}, "page-old": {}}
    response["HX-Trigger"] = json.dumps(told_all)
    return response


def moments() -> list[dict[str, str]]:
    """Return the usual moments to send an answer at, in the reader's zone, soonest first."""
    at = now()
    here = at.astimezone(timezone.get_current_timezone())
    morning = here.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
    found = [(_("In an hour"), (here + timedelta(hours=1)).replace(second=0, microsecond=0))]
    if here.hour < 16:
        found.append((_("Today at 18:00"), here.replace(hour=18, minute=0, second=0, microsecond=0)))
    found.append((_("Tomorrow morning"), morning))
    monday = morning + timedelta(days=(7 - morning.weekday()) % 7)
    if monday != morning:
        found.append((_("Monday morning"), monday))
    times = shown.Moments(at)
    return [{"label": words, "value": moment.isoformat(), "hint": times.weekday(moment)} for words, moment in found]


@require_safe
@permission_required("tickets.reply")
def send_times(request: HttpRequest) -> HttpResponse:
    """Show the menu of moments to send an answer at."""
    return render(request, "tickets/menus/send_later.html", {"moments": moments()})
