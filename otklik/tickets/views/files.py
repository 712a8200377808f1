"""Files: taking uploads, giving attachments, and the sandboxed frame of an HTML mail."""

import re
from typing import Any, BinaryIO, Final, cast
from urllib.parse import quote, unquote

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from otklik.accounts.web import permission_required
from otklik.core.errors import DomainError, Invalid, NotFound
from otklik.tickets import actions, queries
from otklik.tickets.models import Attachment, Message
from otklik.tickets.presenters.thread import PICTURES, present_file
from otklik.tickets.views.answers import actor_of, told

FILE_POLICY: Final = "sandbox; default-src 'none'"
FRAME_POLICY: Final = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'self' 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
    "img-src 'self' data:"
)
_CID = re.compile(r"""(src\s*=\s*["'])cid:([^"'\s>]{1,255})""", re.IGNORECASE)


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


@require_safe
@permission_required("tickets.view")
@xframe_options_sameorigin
def frame(request: HttpRequest, message_id: int) -> HttpResponse:
    """Show a mail's own HTML inside a sandbox: no script, no forms, and pictures from outside only when asked for."""
    actor = actor_of(request)
    message = queries.messages_visible_to(actor).filter(pk=message_id).prefetch_related("attachments").first()
    if message is None or not message.body_html:
        raise Http404
    outside = request.GET.get("pictures") == "1"
    response = render(request, "tickets/frame.html", {**_frame_context(message, outside=outside), "outside": outside})
    response["Content-Security-Policy"] = FRAME_POLICY + (" https: http:" if outside else "")
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response


def _frame_context(message: Message, *, outside: bool) -> dict[str, Any]:
    # programs write the id of a picture encoded or in another case than its part
    by_cid = {
        file.cid.lower(): present_file(file)["url"]
        for file in message.attachments.all()
        if file.cid and file.content_type.startswith("image/")  # what is kept as a plain file is not drawn
    }

    def picture(match: re.Match[str]) -> str:
        return match.group(1) + by_cid.get(unquote(match.group(2)).lower(), "data:,")

    body = _CID.sub(picture, message.body_html)
    if outside:
        # where the cleaner keeps the addresses of pictures until a reader asks for them
        body = body.replace(' data-remote-src="http', ' src="http')
    # cleaned when it was stored; sandbox and policy above hold even if a trick got past the cleaner
    return {"body": mark_safe(body)}
