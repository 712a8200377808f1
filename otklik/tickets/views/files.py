"""Files: taking uploads and giving attachments."""

from typing import BinaryIO, Final, cast
from urllib.parse import quote

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from otklik.accounts.web import permission_required
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.tickets import actions, queries
from otklik.tickets.models import Attachment
from otklik.tickets.presenters.thread import PICTURES, present_file
from otklik.tickets.views.answers import actor_of, told

FILE_POLICY: Final = "sandbox; default-src 'none'"


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


def file_response(file: Attachment) -> FileResponse:
    """Return a file so that it runs nothing: no sniffing, a sandbox without rights, a download unless a picture."""
    picture = file.content_type.lower() in PICTURES
    response = FileResponse(file.blob.open())
    response["Content-Type"] = file.content_type.lower() if picture else "application/octet-stream"
    response["Content-Length"] = str(file.size)
    response["Content-Disposition"] = (
        f"{'inline' if picture else 'attachment'}; filename*=UTF-8''{quote(file.name, safe='')}"
    )
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
