"""The addresses that watchers ask: ``/healthz`` (this process lives) and ``/readyz`` (the desk does its work)."""

import logging
from collections.abc import Iterator

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from otklik.config.checks import late_queues, silent_services

log = logging.getLogger(__name__)
_known_migrated = False


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that the process lives. Behind ``otklik.config.asgi`` the event loop answers before any thread does."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when everything works, else 503 with the reasons: fixed words, no error texts."""
    with translation.override("en"):
        reasons = list(_reasons())
    body = {"status": "not ready" if reasons else "ready", "reasons": reasons}
    return JsonResponse(body, status=503 if reasons else 200)


def _reasons() -> Iterator[str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _migrated():
            yield "The database lacks migrations of this version."
            return
        if silent := silent_services():
            yield f"Nobody does this background work: {', '.join(silent)}."
        yield from late_queues()
    except DatabaseError:
        log.exception("readiness: database away")
        yield "The database does not answer."


def _migrated() -> bool:
    """Compare applied with known migrations; once true it stays true, so the look at the files happens once."""
    global _known_migrated
    if not _known_migrated:
        loader = MigrationLoader(connection)
        _known_migrated = set(loader.disk_migrations) <= set(loader.applied_migrations)
    return _known_migrated
