"""The system page: what is wrong and what to do, queues, loops, leases, mail, disk and versions."""

import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from otklik import __version__
from otklik.accounts.policies import can
from otklik.accounts.web import permission_required
from otklik.channels.email.models import DeliveryState, InboundState
from otklik.config.checks import Result, run_checks
from otklik.config.metrics import mail_states
from otklik.core import engine, health
from otklik.core.clock import now
from otklik.core.leases import Lease
from otklik.core.menu import MenuItem, register_menu
from otklik.core.shown import Moments, file_size

_ORDER = {"error": 0, "warning": 1, "ok": 2}
_MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One queue: how old its oldest due row is and how old it may get."""

    label: str
    age: str
    limit: str
    late: bool


@dataclass(frozen=True, slots=True)
class LoopLine:
    """One loop of one process."""

    name: str
    process: str
    heard: str
    restarts: int
    error: str
    silent: bool


@dataclass(frozen=True, slots=True)
class Tile:
    """One fact with its name."""

    value: str
    label: str


register_menu(
    MenuItem(
        key="system",
        label=gettext_lazy("System health"),
        icon="chart",
        url_name="system",
        order=95,
        group="settings",
        visible=lambda actor: can(actor, "settings.view"),
    )
)


@never_cache
@require_safe
@permission_required("settings.view")
def system(request: HttpRequest) -> HttpResponse:
    """Show how the installation is."""
    findings = sorted(run_checks(), key=lambda result: _ORDER[result.level])
    moments = Moments(now())
    leases = Lease.objects.filter(expires_at__gt=now()).order_by("name")[:_MOST_ROWS]
    context: dict[str, Any] = {
        "troubles": [result for result in findings if result.level != "ok"],
        "well": [result for result in findings if result.level == "ok"],
        "worst": _verdict(findings),
        "tiles": list(_tiles()),
        "queues": list(_queues()),
        "loops": list(_loops(moments)),
        "leases": [(lease.name, lease.holder, moments.exact(lease.expires_at)) for lease in leases],
        "mail_in": _states("otklik_mail_in", InboundState),
        "mail_out": _states("otklik_mail_out", DeliveryState),
    }
    return render(request, "system.html", context)


def _verdict(findings: list[Result]) -> str:
    return findings[0].level if findings else "ok"


def _tiles() -> Iterator[Tile]:
    yield Tile(__version__, _("Otklik"))
    yield Tile(_database(), _("Database"))
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        size = sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*") if each.is_file())
        yield Tile(file_size(size), _("Size of the database"))
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            yield Tile(file_size(int(cursor.fetchone()[0])), _("Size of the database"))
    folder = next(path for path in (Path(settings.DATA_DIR), *Path(settings.DATA_DIR).parents) if path.exists())
    yield Tile(file_size(shutil.disk_usage(folder).free), _("Free on the disk"))
    yield Tile(platform.python_version(), "Python")
    yield Tile(django.get_version(), "Django")


def _database() -> str:
    if connection.vendor == "sqlite":
        import sqlite3

        return f"SQLite {sqlite3.sqlite_version}"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {str(cursor.fetchone()[0]).split()[0]}"


def _queues() -> Iterator[QueueLine]:
    at = now()
    for queue in health.queues:
        oldest = queue.oldest()
        age = max(timedelta(), at - oldest) if oldest else None
        label = str(queue.label)
        yield QueueLine(
            label=label[:1].upper() + label[1:],
            age=_span(age) if age is not None else _("empty"),
            limit=_span(queue.limit),
            late=age is not None and age > queue.limit,
        )


def _loops(moments: Moments) -> Iterator[LoopLine]:
    for item in engine.health()[:_MOST_ROWS]:
        yield LoopLine(
            name=item.name,
            process=":".join(item.process.split(":")[:2]),
            heard=_span(moments.now - item.beat_at),
            restarts=item.restarts,
            error=item.last_error[:200],
            silent=not item.alive,
        )


def _span(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": seconds}
    if seconds < 3600:
        return _("%(minutes)s min") % {"minutes": seconds // 60}
    return _("%(hours)s h %(minutes)s min") % {"hours": seconds // 3600, "minutes": seconds % 3600 // 60}


def _states(family: str, choices: Any) -> list[tuple[str, int]]:
    """Return the mails of one direction by state, in the order of the states."""
    counted = next((samples for name, _text, samples in mail_states() if name == family), [])
    by_state = {labels["state"]: int(count) for labels, count in counted}
    return [(str(label), by_state[value]) for value, label in choices.choices if value in by_state]
