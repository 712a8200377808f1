"""The sandboxed frame of an HTML mail: its own looks, its quotes folded, and pictures from outside through us."""

import re
from html import escape, unescape
from typing import Any, Final
from urllib.parse import unquote, urlencode

from django.core.signing import Signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.safestring import mark_safe
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from otklik.accounts.web import permission_required
from otklik.core import outside_pictures
from otklik.core.markup import split_html
from otklik.tickets import queries
from otklik.tickets.models import Message
from otklik.tickets.presenters.thread import present_file
from otklik.tickets.views.answers import actor_of
from otklik.tickets.views.files import FILE_POLICY

# it keeps its origin, so that pictures are asked for with the reader's right: docs/adr/0018 says why that is safe
FRAME_POLICY: Final = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'self' 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
    "img-src 'self' data:"
)
MOST_PICTURES: Final = 200
LONGEST_URL: Final = 2048
_LARGEST_FOLDED: Final = 300_000  # letters; taking a larger mail apart would keep a thread of the desk too long
_CID: Final = re.compile(r"""(src\s*=\s*["'])cid:([^"'\s>]{1,255})""", re.IGNORECASE)
_IMAGE: Final = re.compile(r"<img\b[^<>]{0,8000}>", re.IGNORECASE)
# the cleaner writes double quotes round a value and none inside it, so such a pair is never a piece of another value
_OUTSIDE: Final = re.compile(r'\s(?:data-remote-src|src)="(https?://[^"]{1,8200})"', re.IGNORECASE)
_signer = Signer(salt="tickets.outside-picture")


@require_safe
@permission_required("tickets.view")
@xframe_options_sameorigin
def frame(request: HttpRequest, message_id: int) -> HttpResponse:
    """Show a mail's own HTML inside a sandbox: no script, no forms, and pictures from outside only when asked for."""
    messages = queries.messages_visible_to(actor_of(request)).prefetch_related("attachments")
    message = messages.filter(pk=message_id).first()
    if message is None or not message.body_html:
        raise Http404
    outside = request.GET.get("pictures") == "1"
    response = render(request, "tickets/frame.html", _context(message, outside=outside))
    response["Content-Security-Policy"] = FRAME_POLICY
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@permission_required("tickets.view")
def outside_picture(request: HttpRequest, message_id: int) -> HttpResponse:
    """Give a picture that a mail names, fetched by us: the address is signed for this message when somebody asks."""
    url, signature = request.GET.get("url", ""), request.GET.get("sign", "")
    if set(request.GET) != {"url", "sign"} or not constant_time_compare(signature, _signature(message_id, url)):
        raise Http404
    if not queries.messages_visible_to(actor_of(request)).filter(pk=message_id).exists():
        raise Http404
    try:
        picture = outside_pictures.fetch(url)
    except outside_pictures.NoPicture as error:
        raise Http404 from error
    response = HttpResponse(picture.body, content_type=picture.content_type)
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    response["Cache-Control"] = "private, max-age=86400"
    return response


def picture_url(message_id: int, url: str) -> str:
    """Return our own address of a picture that the message names."""
    address = reverse("tickets:outside-picture", kwargs={"message_id": message_id})
    return f"{address}?{urlencode({'url': url, 'sign': _signature(message_id, url)})}"


def _signature(message_id: int, url: str) -> str:
    return _signer.signature(f"{message_id}\n{url}")


def _context(message: Message, *, outside: bool) -> dict[str, Any]:
    shown, folded = message.body_html, ""
    if len(shown) <= _LARGEST_FOLDED and queries.has_earlier_messages(message):
        shown, folded = split_html(shown)
    painter = _Painter(message, outside=outside)
    # cleaned when it was stored; sandbox and policy above hold even if a trick got past the cleaner
    return {"body": mark_safe(painter.draw(shown)), "folded": mark_safe(painter.draw(folded))}


class _Painter:
    """Gives the pictures of a mail addresses of ours: its own files, and those from outside when they are wanted."""

    def __init__(self, message: Message, *, outside: bool) -> None:
        # programs write the id of a picture encoded or in another case than its part
        self._by_cid = {
            file.cid.lower(): present_file(file)["url"]
            for file in message.attachments.all()
            if file.cid and file.content_type.startswith("image/")  # what is kept as a plain file is not drawn
        }
        self._message = message
        self._outside = outside
        self._signed: dict[str, str] = {}

    def draw(self, html: str) -> str:
        """Return the HTML with addresses that the frame's policy lets through; other pictures have none."""
        return _CID.sub(self._own, _IMAGE.sub(lambda tag: _OUTSIDE.sub(self._foreign, tag[0]), html))

    def _own(self, match: re.Match[str]) -> str:
        return match[1] + self._by_cid.get(unquote(match[2]).lower(), "data:,")

    def _foreign(self, match: re.Match[str]) -> str:
        url = unescape(match[1])
        if not self._outside or len(url) > LONGEST_URL:
            return ""
        if url not in self._signed and len(self._signed) < MOST_PICTURES:
            self._signed[url] = picture_url(self._message.pk, url)
        return f' src="{escape(self._signed[url])}"' if url in self._signed else ""
