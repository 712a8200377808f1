"""Error pages: fixed words, no trace of what went wrong; the log has that."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

logger = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that the request was not understood."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that the form has expired."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that there is no such page, or none for this reader."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours; if even the page cannot be made (no database), say it in one plain line."""
    try:
        return render(request, "500.html", status=500)
    except Exception:
        logger.exception("The error page itself could not be made.")
        return HttpResponse("Otklik: 500", status=500, content_type="text/plain; charset=utf-8")
