"""What people and programs are told while the database is away or its disk is full: 503, never a wrong 500.

Nothing here may ask the database. As the handler of failures it hears of errors in views and in the middleware alike.
"""

import json
import logging
import sys
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _

from otklik.accounts.middleware import wished_language
from otklik.core.db.outages import CommitUnknown, outage_of
from otklik.core.errors import Busy
from otklik.core.problem import problem_response
from otklik.desk.views.errors import server_error

log = logging.getLogger(__name__)

_LONG = 40
_MOST_FIELDS = 200


@dataclass(frozen=True, slots=True)
class Typed:
    """A field of a form that could not be taken; ``shown`` when somebody may want to copy it."""

    name: str
    value: str
    shown: bool


def failure(request: HttpRequest) -> HttpResponse:
    """Answer a request that ended in an error: 503 for an outage, 500 for a fault of ours."""
    outage = outage_of(sys.exc_info()[1])
    return server_error(request) if outage is None else outage_response(request, outage)


def outage_response(request: HttpRequest, outage: Busy) -> HttpResponse:
    """Word an outage for a page, a part of one, or a program; in the reader's language as far as it is known."""
    language = getattr(request, "LANGUAGE_CODE", "") or wished_language(request) or settings.LANGUAGE_CODE
    with translation.override(language):
        log.warning("outage", extra={"why": outage.code})
        if request.path_info.startswith("/api/"):
            return problem_response(outage)
        if request.headers.get("HX-Request"):
            response = _part(outage, wrote=request.method not in {"GET", "HEAD"})
        else:
            response = _page(request, outage)
        response["Retry-After"] = str(max(1, round(outage.retry_after)))
        response["Cache-Control"] = "no-store"
        return response


def _part(outage: Busy, *, wrote: bool) -> HttpResponse:
    """Tell it beside what was typed, which stays where it is: nothing on the page is replaced."""
    stays = _("What you typed stays here; try again in a minute.")
    message = f"{outage} {stays}" if wrote and not isinstance(outage, CommitUnknown) else str(outage)
    response = JsonResponse({"message": message, "code": outage.code}, status=503)
    response["HX-Trigger"] = json.dumps({"toast": {"value": message, "bad": True}})
    return response


def _page(request: HttpRequest, outage: Busy) -> HttpResponse:
    fields = _typed(request)
    context = {
        "message": outage,
        "posted": request.method == "POST",
        "unknown": isinstance(outage, CommitUnknown),
        "fields": fields,
        "has_files": bool(fields) and bool(request.FILES),
        "address": request.get_full_path(),
    }
    return render(request, "503.html", context, status=503)


def _typed(request: HttpRequest) -> list[Typed]:
    """Return what a form brought, to be sent once more; nothing where a password may be among it."""
    if request.method != "POST" or request.path_info.startswith("/accounts/"):
        return []
    try:
        pairs = [(name, value) for name, values in request.POST.lists() for value in values]
    except (OSError, SuspiciousOperation, UnreadablePostError, MultiPartParserError):
        return []
    if len(pairs) > _MOST_FIELDS or any(word in name for name, _value in pairs for word in ("password", "secret")):
        return []
    return [Typed(name, str(value), len(value) > _LONG and name != "csrfmiddlewaretoken") for name, value in pairs]
