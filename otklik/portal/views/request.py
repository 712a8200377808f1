"""The private page of a request: what was said, and a place to add to it. Whoever has the link is let in."""

from typing import Any, cast
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from otklik.channels.webform import actions
from otklik.channels.webform.actions import TooMany
from otklik.channels.webform.queries import Opened, file_of, open_request, with_settings
from otklik.core.clock import now
from otklik.core.errors import Busy, Conflict, Invalid, NotFound, TooLarge
from otklik.portal import sent
from otklik.portal.presenters import again_at, present_request
from otklik.tickets.views.files import file_response


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show a request, or add to it what was posted."""
    try:
        opened = open_request(token)
    except NotFound:
        return _private(render(request, "portal/gone.html", status=404))
    if request.method != "POST":
        return _page(request, opened, token, {}, {})
    values: dict[str, str] = {}
    try:
        sent.read(request, ("text",), values)
        start = sent.check_start(token, values)
        words = sent.words(request, start, values, files=with_settings(opened.request.form).settings.files)
        posted = actions.continue_request(opened, words)
    except Invalid as error:
        return _page(request, opened, token, values, {key: str(text) for key, text in error.errors}, status=422)
    except (TooLarge, Conflict, Busy) as error:
        return _page(request, opened, token, values, {"": str(error)}, status=error.status)
    except TooMany as error:
        response = _page(request, opened, token, values, {"": again_at(error.again_at)}, status=429)
        response["Retry-After"] = str(max(1, int((error.again_at - now()).total_seconds()) + 1))
        return response
    same = posted.request.pk == opened.request.pk
    place = token if same else posted.request.mail_token if opened.proven else posted.request.token
    return _private(redirect(f"/portal/r/{quote(place)}/#m{posted.message_id}"))


@require_safe
def file(request: HttpRequest, token: str, file_token: str, name: str) -> HttpResponse:
    """Give a file of the messages that the page shows, so that it runs nothing."""
    try:
        found = file_of(open_request(token), file_token)
    except NotFound:
        return _private(render(request, "portal/gone.html", status=404))
    response = cast(HttpResponse, file_response(found))
    response["Cache-Control"] = "private, no-store"
    return _private(response)


def _page(
    request: HttpRequest, opened: Opened, token: str, values: dict[str, str], errors: dict[str, str], status: int = 200
) -> HttpResponse:
    held = with_settings(opened.request.form)
    context: dict[str, Any] = present_request(opened, held, token)
    context |= {
        "text": values.get("text", ""),
        "errors": errors,
        "start": sent.start_for(token, values),
        "trap": sent.TRAP,
        "link": sent.absolute(request, f"/portal/r/{token}/"),
        "lost_files": bool(errors and values and request.FILES),
    }
    return _private(render(request, "portal/request.html", context, status=status))


def _private(response: HttpResponse) -> HttpResponse:
    """Keep a private address out of search engines, caches and other sites' logs."""
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response
