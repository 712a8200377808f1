"""Turns domain errors of actions and queries into answers: one place for pages, fragments and files."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from otklik.config.outages import outage_response
from otklik.core import errors
from otklik.core.db.outages import outage_of
from otklik.core.problem import CONTENT_TYPE, as_response, problem

_PLAIN_FORM = "application/x-www-form-urlencoded"
_STATUS: dict[type[errors.DomainError], int] = {
    errors.Invalid: 422,
    errors.NotFound: 404,
    errors.Gone: 410,
    errors.Forbidden: 404,  # a page that one may not see does not exist for him
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.Busy: 503,
}


class DomainErrorMiddleware:
    """Answer a raised ``DomainError`` with its status and a page (or a short fragment for htmx)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        response = self.get_response(request)
        if response.status_code >= 400 and request.path.startswith("/api/"):
            return _as_problem(response)
        return response

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Refuse a form with the character NUL in a text, which PostgreSQL does not hold."""
        if request.method != "POST" or request.path.startswith("/api/") or "form" not in (request.content_type or ""):
            return None
        if request.content_type != _PLAIN_FORM and not hasattr(request, "_post"):
            return None  # a file on its way, not read yet: whoever takes it reads it
        for name, values in request.POST.lists():
            if any("\x00" in value for value in values):
                words = _("“%(name)s” holds characters that cannot be kept.") % {"name": name[:40]}
                return self.process_exception(request, errors.Invalid(words, field=name[:40]))
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Word the error for a person; anything that is not ours goes on to Django, and to ``outages.failure``."""
        if not isinstance(exception, errors.DomainError):
            outage = outage_of(exception)
            return None if outage is None else outage_response(request, outage)
        status = next((code for kind, code in _STATUS.items() if isinstance(exception, kind)), 400)
        if status == 404:
            return render(request, "404.html", status=404)
        template = "parts/error.html" if getattr(request, "htmx", False) else "error.html"
        response = render(request, template, {"message": str(exception), "status": status}, status=status)
        if isinstance(exception, errors.Busy):
            response["Retry-After"] = str(int(getattr(exception, "retry_after", 5) or 5))
        return response


def _as_problem(response: HttpResponse) -> HttpResponse:
    """Turn what Django itself answers under ``/api/`` (405, a body too large) into a problem; ours are left alone."""
    if response.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
        return response
    answer = as_response(problem(response.status_code))
    if "Allow" in response.headers:
        answer["Allow"] = response.headers["Allow"]
    return answer
