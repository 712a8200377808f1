"""The addresses that watchers ask: ``/healthz`` (this process lives) and ``/readyz`` (the desk does its work)."""

import logging
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from tempfile import TemporaryFile

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from otklik.config.checks import late_queues, silent_services

log = logging.getLogger(__name__)
_known_migrated = False
_ROOM = 1024 * 1024


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
        if not _has_room():
            yield "The disk is full."
        if not _migrated():
            yield "The database lacks migrations of this version."
            return
        if silent := silent_services():
            yield f"Nobody does this background work: {', '.join(silent)}."
        yield from late_queues()
    except DatabaseError:
        log.exception("readiness: database away")
        yield "The database does not answer."


def _has_room() -> bool:
    """Tell whether the disks take a small file: room that is counted may be kept for others, or be bound by a quota."""
    try:
        for folder in {Path(settings.DATA_DIR), Path(settings.BLOB_DIR)}:
            if folder.is_dir():
                with TemporaryFile(dir=folder) as probe:  # nameless: nothing of it is ever left
                    probe.write(bytes(_ROOM))
                    probe.flush()
    except OSError:
        log.exception("readiness: disk full")
        return False
    return True


def _migrated() -> bool:
    """Compare applied with known migrations; once true it stays true, so the look at the files happens once."""
    global _known_migrated
    if not _known_migrated:
        _known_migrated = _known_names() <= set(MigrationRecorder(connection).applied_migrations()) or _all_applied()
    return _known_migrated


def _known_names() -> set[tuple[str, str]]:
    """Return all migrations by the names of their files: a process that serves pages never needs what is in them."""
    names = set()
    for app in apps.get_app_configs():
        module, _explicit = MigrationLoader.migrations_module(app.label)
        found = find_spec(module) if module else None
        for file in iter_modules(found.submodule_search_locations) if found else ():
            if not file.ispkg and file.name[0] not in "_~":
                names.add((app.label, file.name))
    return names


def _all_applied() -> bool:
    """Compare by what is in the files: one that replaces others counts as applied when those are."""
    loader = MigrationLoader(connection)
    return set(loader.disk_migrations) <= set(loader.applied_migrations)
