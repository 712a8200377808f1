"""Errors as problem+json (RFC 9457): one shape for every machine that talks to us."""

from typing import Any

from django.http import JsonResponse
from django.utils.translation import gettext_lazy as _

from otklik.core.errors import Busy, Conflict, DomainError, Invalid

CONTENT_TYPE = "application/problem+json"

TITLES: dict[int, Any] = {
    400: _("The request cannot be understood."),
    401: _("Sign in first."),
    403: _("You have no right to do this."),
    404: _("There is nothing here."),
    405: _("This cannot be done here."),
    409: _("This was changed meanwhile."),
    410: _("This is not kept any more."),
    413: _("This is too large."),
    415: _("This kind of content is not taken."),
    422: _("Please check what you have entered."),
    429: _("Too many requests."),
    500: _("Something went wrong on our side."),
    503: _("The desk is busy. Please try again in a moment."),
}


def problem(
    status: int,
    detail: object = "",
    *,
    code: str = "",
    errors: list[tuple[str, object]] | None = None,
    **extra: Any,
) -> dict[str, Any]:
    """Return the body of a problem. ``code`` is its stable name, ``errors`` are pairs of field and sentence."""
    body: dict[str, Any] = {
        "type": f"urn:otklik:problem:{code}" if code else "about:blank",
        "title": str(TITLES.get(status, TITLES[400])),
        "status": status,
        "detail": str(detail) or str(TITLES.get(status, TITLES[400])),
        "errors": [{"field": field, "message": str(message)} for field, message in errors or []],
    }
    return body | extra


def problem_of(error: DomainError) -> dict[str, Any]:
    """Return the body for an error that an action or a query raised."""
    errors = [pair for pair in error.errors if pair[0]] if isinstance(error, Invalid) else None
    # what a program may read; an action's own row is for the door that knows how to word it
    extra = {"current": error.current} if isinstance(error, Conflict) and isinstance(error.current, dict) else {}
    return problem(error.status, error.message, code=error.code, errors=errors, **extra)


def problem_response(error: DomainError) -> JsonResponse:
    """Return the answer for an error that an action or a query raised."""
    response = as_response(problem_of(error))
    if isinstance(error, Busy):
        response["Retry-After"] = str(max(1, round(error.retry_after)))
    return response


def as_response(body: dict[str, Any]) -> JsonResponse:
    """Return a problem's body as an answer with its status and content type."""
    return JsonResponse(body, status=body["status"], content_type=CONTENT_TYPE)
