"""Going through a folder: begin, go on, skip, leave; and the page of what was skipped."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from otklik.accounts import policies as rights
from otklik.accounts.web import permission_required
from otklik.core.clock import now
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.core.pages import keyset_page
from otklik.core.shown import Moments
from otklik.queues import actions, queries
from otklik.queues.actions import Handed
from otklik.queues.models import SkipReason
from otklik.queues.work import Guarded, actor_of, number_of, only_fields
from otklik.tickets.queries.scopes import SEARCH, line_of

_BY_TIME: list[tuple[str, type]] = [("-id", int)]
_PAGE = 50
_LINE = "walked_line"
walked: Guarded = permission_required("tickets.reply")


@require_POST
@walked
def start(request: HttpRequest) -> HttpResponse:
    """Begin to go through ``folder``, which may be ``search:`` and a line."""
    key = request.POST.get("folder", "")
    try:
        only_fields(request, ("folder",))
        folder = queries.folder_with(key)
        request.session[_LINE] = line_of(key)  # not in the walk: a line may hold names, and a session ends
        return _to(request, actions.start_walk(folder=folder, by=actor_of(request)))
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return _told(request, error, SEARCH if line_of(key) else key or "open")


@require_POST
@walked
def further(request: HttpRequest) -> HttpResponse:
    """Leave the ticket ``number`` behind and take the next."""
    try:
        only_fields(request, ("number",))
        return _to(request, actions.go_on(done=number_of(request.POST.get("number", "")), by=actor_of(request)))
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return _told(request, error)


@require_POST
@walked
def skip(request: HttpRequest) -> HttpResponse:
    """Skip the ticket ``number`` for a ``reason``, with ``words`` where one has some, and take the next."""
    try:
        only_fields(request, ("number", "reason", "words"))
        reason = queries.reason_by_id(request.POST.get("reason"))
        number = number_of(request.POST.get("number", ""))
        words = request.POST.get("words", "")
        return _to(request, actions.skip_ticket(number or 0, reason=reason, words=words, by=actor_of(request)))
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return _told(request, error)


@require_POST
@walked
def leave(request: HttpRequest) -> HttpResponse:
    """Stop walking and go back to the folder."""
    try:
        only_fields(request, ())
    except Invalid as error:
        return _told(request, error)
    return redirect(_place(request, actions.leave_walk(by=actor_of(request)) or "open"))


def _place(request: HttpRequest, folder: str, number: int | None = None) -> str:
    """Return the address of the list that is gone through, or of a ticket in it."""
    line = request.session.get(_LINE, "")
    if folder == SEARCH and number is None:
        return f"/search/?{urlencode({'q': line})}" if line else "/search/"
    query = urlencode({"q": line} if folder == SEARCH else {"folder": folder})
    return f"/tickets/?{query}" if number is None else f"/tickets/{number}/?{query}&walk=1"


def _to(request: HttpRequest, handed: Handed) -> HttpResponse:
    """Go to the ticket that was handed out, or back to the folder when nothing is left."""
    if handed.number is None:
        messages.success(request, _("Nothing is left here for you: the rest is done, skipped or with colleagues."))
    return redirect(_place(request, handed.folder, handed.number))


def _told(request: HttpRequest, error: DomainError, folder: str = "") -> HttpResponse:
    """Say what is wrong where the person is: on the held ticket, else in the folder."""
    messages.error(request, str(error.message))
    walk = queries.walk_of(actor_of(request))
    if walk is not None and walk.ticket_id is not None:
        return redirect(_place(request, walk.folder, walk.ticket_id))
    return redirect(_place(request, folder or (walk.folder if walk else "open")))


@require_safe
@permission_required("tickets.skips")
def skips(request: HttpRequest) -> HttpResponse:
    """Show who skipped what and why, newest first, with the sums of the last days; ``cursor`` gives the next."""
    return _skips_page(request, "")


@require_POST
@permission_required("settings.edit")
def reasons(request: HttpRequest) -> HttpResponse:
    """Save a reason: ``id`` (none for a new one), ``name_ru``, ``name_en``, ``enabled``."""
    try:
        only_fields(request, ("id", "name_ru", "name_en", "enabled"))
        row = _reason(request.POST.get("id", ""))
        actions.save_reason(
            row, name_ru=request.POST.get("name_ru", ""), name_en=request.POST.get("name_en", ""),
            enabled=row is None or request.POST.get("enabled") == "1", by=actor_of(request),
        )  # fmt: skip
    except DomainError as error:
        return _skips_page(request, str(error.message), status=error.status)
    messages.success(request, _("The reason is saved"))
    return redirect("queues:skips")


def _reason(text: str) -> SkipReason | None:
    if not text:
        return None
    known = SkipReason.objects.filter(pk=number_of(text) or 0).first()
    if known is None:
        raise Http404
    return known


def _skips_page(request: HttpRequest, error: str, status: int = 200) -> HttpResponse:
    actor, times = actor_of(request), Moments(now())
    try:
        rows = queries.skips_visible_to(actor)
        page = keyset_page(rows, order=_BY_TIME, cursor=request.GET.get("cursor") or None, limit=_PAGE)
    except Invalid as wrong:
        raise Http404 from wrong
    shown = [
        {
            "number": row.ticket_id, "subject": row.ticket.subject or "—", "who": row.user.name,
            "hue": row.user.hue, "initials": row.user.initials, "reason": str(row.reason), "words": row.words,
            "age": times.age(row.at), "exact": times.exact(row.at),
        }
        for row in page.items
    ]  # fmt: skip
    context: dict[str, Any] = {
        "rows": shown,
        "more_url": f"?{urlencode({'cursor': page.next})}" if page.next else "",
        "sums": queries.skip_sums(actor),
        "days": queries.REPORT_DAYS,
        "may_edit": rights.can(actor, "settings.edit"),
        "reasons": SkipReason.objects.all(),
        "error": error,
    }
    return render(request, "queues/skips.html", context, status=status)
