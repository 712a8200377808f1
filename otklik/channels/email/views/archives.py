"""Archives of old mail: upload, look what is inside, start, watch, stop."""

from typing import BinaryIO, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from otklik.accounts.web import StaffRequest, permission_required
from otklik.channels.email import archive_words, queries
from otklik.channels.email.actions import archives as actions
from otklik.channels.email.models import MailArchive
from otklik.channels.email.old_mail import AUTO, ENDS, WORDS
from otklik.core.actor import Actor
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.tickets.models import Channel

_NEWEST = 20


def _actor(request: HttpRequest) -> Actor:
    return cast(StaffRequest, request).actor


def _only(request: HttpRequest, *fields: str) -> None:
    for name in {*request.POST, *request.FILES}:
        if name not in {*fields, "csrfmiddlewaretoken"}:
            raise Invalid(_("There is no field “%(field)s”.") % {"field": name[:40]}, field=name[:40])


def _found(request: HttpRequest, archive_id: int) -> MailArchive:
    rows = queries.archives_visible_to(_actor(request)).select_related("channel", "user")
    row = rows.filter(pk=archive_id).first() if 0 < archive_id < 2**63 else None
    if row is None:
        raise NotFound
    return row


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("settings.edit")
def index(request: HttpRequest) -> HttpResponse:
    """Offer the choice of a file and list the last archives; POST keeps a file and has it looked through."""
    error, status = "", 200
    if request.method == "POST":
        try:
            _only(request, "file", "channel", "ends")
            return redirect("email:archive", _take_upload(request).pk)
        except DomainError as failed:
            error, status = str(failed.message), failed.status
    rows = queries.archives_visible_to(_actor(request)).select_related("channel", "user").order_by("-id")[:_NEWEST]
    context = {
        "archives": [archive_words.present(row) for row in rows],
        "mailboxes": Channel.objects.filter(kind="email", enabled=True).order_by("id"),
        "most": actions.MOST_MB,
        "ends": [(key, WORDS[key]) for key in ENDS],
        "error": error,
    }
    return render(request, "email/archives.html", context, status=status)


def _take_upload(request: HttpRequest) -> MailArchive:
    file, chosen = request.FILES.get("file"), request.POST.get("channel", "")
    if file is None:
        raise Invalid(_("Choose a file."), field="file")
    channel = None
    if chosen:
        fits = chosen.isascii() and chosen.isdigit() and len(chosen) < 18
        channel = queries.mailbox_that_takes(int(chosen)) if fits else None
        if channel is None:
            raise Invalid(_("There is no such mailbox."), field="channel")
    return actions.add_archive(
        cast(BinaryIO, file.file), name=file.name or "", size=file.size or 0, channel=channel,
        ends=request.POST.get("ends", AUTO), by=_actor(request),
    )  # fmt: skip


@require_safe
@permission_required("settings.edit")
def one(request: HttpRequest, archive_id: int) -> HttpResponse:
    """Show what an archive holds, how far it is, and what became of it; a part of the page while it is at work."""
    shown = archive_words.present(_found(request, archive_id))
    part = request.headers.get("HX-Request") == "true"
    return render(request, "email/archive_progress.html" if part else "email/archive.html", {"archive": shown})


@require_POST
@permission_required("settings.edit")
def start(request: HttpRequest, archive_id: int) -> HttpResponse:
    """Have an archive taken in."""
    _only(request)
    actions.start_archive(_found(request, archive_id), by=_actor(request))
    return redirect("email:archive", archive_id)


@require_POST
@permission_required("settings.edit")
def stop(request: HttpRequest, archive_id: int) -> HttpResponse:
    """Stop an archive, or drop one that was not started."""
    _only(request)
    actions.stop_archive(_found(request, archive_id), by=_actor(request))
    return redirect("email:archive", archive_id)
