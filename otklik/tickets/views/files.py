"""Files: taking uploads and giving attachments."""

from typing import BinaryIO, Final, cast
from urllib.parse import quote

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.formats import number_format
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from otklik.accounts.web import permission_required
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.core.shown import file_size
from otklik.tickets import actions, queries
from otklik.tickets.actions.retention import count_removable
from otklik.tickets.app_settings import FILES_DAYS
from otklik.tickets.models import Attachment
from otklik.tickets.models.messages import FileRemoved
from otklik.tickets.presenters.thread import PICTURES, present_file
from otklik.tickets.views.answers import actor_of, told

FILE_POLICY: Final = "sandbox; default-src 'none'"


_REMOVED_PICTURE: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="116" height="84" viewBox="0 0 116 84" fill="none" stroke="#8a8a85"'
    b' stroke-width="2"><rect x="1" y="1" width="114" height="82" rx="6" stroke-dasharray="5 4"/>'
    b'<path d="m38 56 14-16 10 11 7-7 9 12M45 30h.1M36 22l44 42"/></svg>'
)


@require_POST
@permission_required("tickets.note")
def upload(request: HttpRequest) -> HttpResponse:
    """Keep a file for its uploader until a message takes it; answer with its id and how to show it."""
    file = request.FILES.get("file")
    try:
        if file is None:
            raise Invalid(_("No file came."), field="file")
        kept = actions.upload(
            cast(BinaryIO, file.file), name=file.name or "", content_type=file.content_type or "", size=file.size or 0,
            by=actor_of(request),
        )  # fmt: skip
    except DomainError as error:
        return told(error)
    shown = present_file(kept)
    answer = {"id": kept.pk, "name": kept.name, "url": shown["url"], "size": shown["size"], "picture": shown["picture"]}
    return JsonResponse(answer, status=201)


@require_safe
@permission_required("tickets.view")
def attachment(request: HttpRequest, token: str, name: str) -> HttpResponse:
    """Give a file: pictures that browsers draw safely may be shown in the page, everything else is a download."""
    try:
        file = queries.get_attachment(actor_of(request), token)
    except NotFound as error:
        raise Http404 from error
    return cast(HttpResponse, file_response(file))  # a stream is a response to everything that stands around it


def file_response(file: Attachment) -> HttpResponse | FileResponse:
    """Return a file so that it runs nothing: no sniffing, a sandbox without rights, a download unless a picture.

    In place of a picture that the rule of retention removed stands a drawn one. Raises ``FileRemoved`` for other files.
    """
    picture = file.content_type.lower() in PICTURES
    if file.blob is None and picture:
        return _placeholder()
    response = FileResponse(file.content.open())
    response["Content-Type"] = file.content_type.lower() if picture else "application/octet-stream"
    response["Content-Length"] = str(file.size)
    response["Content-Disposition"] = (
        f"{'inline' if picture else 'attachment'}; filename*=UTF-8''{quote(file.name, safe='')}"
    )
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def _placeholder() -> HttpResponse:
    """Return the picture that stands for one that is gone; browsers draw it all the same."""
    response = HttpResponse(_REMOVED_PICTURE, content_type="image/svg+xml", status=FileRemoved.status)
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@permission_required("settings.view")
def retention_preview(request: HttpRequest) -> HttpResponse:
    """Say what the rule of retention would remove now with so many days; a line of the settings page."""
    given = request.GET.get(f"value.{FILES_DAYS}", "")
    days = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
    if not days:
        return HttpResponse("")
    found = count_removable(days)
    words = ngettext(
        "Would remove %(files)s file now, %(size)s.", "Would remove %(files)s files now, %(size)s.", found.files
    )
    told_ = {"files": number_format(found.files, force_grouping=True), "size": file_size(found.bytes)}
    return HttpResponse(escape(words % told_))
