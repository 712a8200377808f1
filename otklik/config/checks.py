"""The checks of `otklik check` that belong to the installation as a whole; rooms add theirs in their ``health.py``.

Each check answers findings: what is so, and for trouble what to do. None of them changes anything.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from otklik import sqlite_is_safe
from otklik.config.backup.make import last_backup
from otklik.config.setup_address import setup_address
from otklik.config.upgrade import UpgradeRefused, refuse_half_restored, refuse_newer
from otklik.core import engine, health
from otklik.core.clock import now
from otklik.core.health import Check, Finding, Level
from otklik.core.shown import file_size

_LITTLE_SPACE, _NO_SPACE = 2 * 1024**3, 200 * 1024**2
_OLDEST_POSTGRES = 140000
_OLD_BACKUP = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Result:
    """A finding with the name of the check that made it."""

    check: str
    level: Level
    text: str
    advice: str


def configuration() -> Iterator[Finding]:
    """Look at what the environment says."""
    host = urlsplit(settings.BASE_URL).hostname or ""
    if not settings.BASE_URL:
        yield Finding("warning", _("No OTKLIK_BASE_URL."), _("Set it: links in mail are made from it alone."))
    elif settings.BASE_URL.startswith("http://") and not _is_loopback(host):
        yield Finding(
            "warning",
            _("%(address)s is not encrypted.") % {"address": settings.BASE_URL},
            _("Put a proxy with TLS in front and set https://."),
        )
    else:
        yield Finding("ok", _("Links begin with %(address)s.") % {"address": settings.BASE_URL})
    if "*" in settings.ALLOWED_HOSTS:
        yield Finding("error", _("OTKLIK_ALLOWED_HOSTS allows every name."), _("Name the hosts that people use."))
    if settings.BASE_URL.startswith("https://") and not settings.TRUSTED_PROXIES:
        yield Finding(
            "warning",
            _("Links use https, but no proxy is trusted."),
            _(
                "Set OTKLIK_TRUSTED_PROXIES to the address of the proxy that ends TLS, else every visitor has its"
                " address."
            ),
        )
    if settings.DEMO and host and not _is_loopback(host):
        yield Finding(
            "error",
            _("The demo company, whose passwords are public, is reachable."),
            _("Use another data folder."),
        )
    for name, path in (
        ("OTKLIK_SMTP_TLS_CERTIFICATE", settings.SMTP_TLS_CERTIFICATE),
        ("OTKLIK_SMTP_TLS_KEY", settings.SMTP_TLS_KEY),
    ):
        if path and not os.access(path, os.R_OK):
            yield Finding("error", _("%(name)s cannot be read.") % {"name": name}, _("Correct the path or its rights."))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def data_folder() -> Iterator[Finding]:
    """Look at the folder: rights and room."""
    for folder in {Path(settings.DATA_DIR), Path(settings.BLOB_DIR)}:
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        if not os.access(existing, os.W_OK | os.X_OK):
            yield Finding(
                "error",
                _("%(folder)s cannot be written.") % {"folder": folder},
                _("Give it to the user who runs Otklik."),
            )
            continue
        free = shutil.disk_usage(existing).free
        text = _("%(folder)s: %(size)s free.") % {"folder": folder, "size": file_size(free)}
        if free < _NO_SPACE:
            yield Finding("error", text, _("Make room: mail is refused for the time being when nothing can be stored."))
        elif free < _LITTLE_SPACE:
            yield Finding("warning", text, _("Make room soon."))
        else:
            yield Finding("ok", text)
    key = Path(settings.DATA_DIR, "secret.key")
    if key.exists() and key.stat().st_mode & 0o077:
        yield Finding("error", _("Others may read secret.key."), f"chmod 600 {key}")


def database() -> Iterator[Finding]:
    """Look at the database itself: reachable, of a version without known damage, set to durable commits."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            yield from _sqlite(cursor)
        else:
            cursor.execute("SHOW server_version_num")
            number = int(cursor.fetchone()[0])
            shown = f"PostgreSQL {number // 10000}.{number % 10000}"
            if number < _OLDEST_POSTGRES:
                yield Finding(
                    "error", _("%(database)s is too old.") % {"database": shown}, _("Use PostgreSQL 14 or newer.")
                )
            else:
                yield Finding("ok", shown)


def _sqlite(cursor: object) -> Iterator[Finding]:
    version = sqlite3.sqlite_version
    if not sqlite_is_safe(sqlite3.sqlite_version_info):
        yield Finding(
            "error",
            _("SQLite %(version)s can damage a database (WAL-reset fault).") % {"version": version},
            _("Install the package pysqlite3."),
        )
    values = {}
    for name in ("journal_mode", "synchronous", "foreign_keys"):
        cursor.execute(f"PRAGMA {name}")  # type: ignore[attr-defined]
        values[name] = str(cursor.fetchone()[0])  # type: ignore[attr-defined]
    if values != {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}:
        yield Finding(
            "error",
            _("SQLite is not set to durable commits: %(values)s.") % {"values": values},
            _("Report this: it is our fault."),
        )
    else:
        yield Finding("ok", _("SQLite %(version)s, WAL, durable commits.") % {"version": version})


def migrations() -> Iterator[Finding]:
    """Compare the tables with what this code expects."""
    executor = MigrationExecutor(connection)
    try:
        refuse_half_restored()
        refuse_newer(executor)
    except UpgradeRefused as error:
        yield Finding("error", str(error), "")
        return
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        yield Finding(
            "error", _("%(count)s migrations are missing.") % {"count": len(missing)}, _("Run: otklik manage migrate")
        )
    else:
        yield Finding("ok", _("The database fits this version."))


def first_administrator() -> Iterator[Finding]:
    """Tell how somebody can sign in at all; silent once there is a user."""
    if address := setup_address():
        yield Finding(
            "warning",
            _("Nobody can sign in yet."),
            _("Make the first administrator at %(address)s, or with `otklik user add`.") % {"address": address},
        )


def background() -> Iterator[Finding]:
    """Tell whether the engine lives and its queues move."""
    troubles = list(late_queues())
    silent = silent_services()
    if len(silent) == len(engine.services):
        yield Finding("error", _("Nobody does the background work."), _("Start `otklik serve` (or `otklik worker`)."))
    elif silent:
        yield Finding(
            "error",
            _("These services are silent: %(names)s.") % {"names": ", ".join(silent)},
            _("Look at the log for their errors."),
        )
    for text in troubles:
        yield Finding("error", text, _("Look at the log for what fails there."))
    if not troubles and not silent:
        yield Finding("ok", _("The background work is done as it comes."))


def silent_services() -> list[str]:
    """Name the engine's loops that have not been heard of lately in any process."""
    return list(engine.healthy(engine.services.keys()))


def late_queues() -> Iterator[str]:
    """Name the queues whose oldest waiting row is older than its limit."""
    at = now()
    for queue in health.queues:
        oldest = queue.oldest()
        if oldest is not None and at - oldest > queue.limit:
            yield _("%(queue)s: the oldest waits for %(time)s.") % {"queue": queue.label, "time": _span(at - oldest)}


def _span(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": minutes}
    return _("%(hours)s h %(minutes)s min") % {"hours": minutes // 60, "minutes": minutes % 60}


def backups() -> Iterator[Finding]:
    """Tell how old the last backup is; a demo needs none."""
    if settings.DEMO:
        return
    last = last_backup()
    advice = _("Let `otklik backup FILE` run every night; deploy/ has a timer for it.")
    if last is None:
        if connection.vendor == "sqlite":  # PostgreSQL may be backed up by its own means
            yield Finding("warning", _("No backup of this desk is known."), advice)
    elif now() - last > _OLD_BACKUP:
        yield Finding("warning", _("The last backup is %(days)s days old.") % {"days": (now() - last).days}, advice)
    else:
        yield Finding("ok", _("The last backup is %(time)s old.") % {"time": _span(now() - last)})


CHECKS: tuple[tuple[str, Check], ...] = (
    ("configuration", configuration),
    ("data folder", data_folder),
    ("database", database),
    ("migrations", migrations),
    ("first administrator", first_administrator),
    ("background work", background),
    ("backups", backups),
)
_STOP_AFTER = frozenset({"database", "migrations"})  # without them every later check would only repeat the error


def run_checks(*, live: bool = False) -> list[Result]:
    """Run all checks, ours and the rooms'; a check that fails is itself a finding.

    With ``live`` other servers are asked too, which takes up to a minute or so.
    """
    results: list[Result] = []
    checks = [*CHECKS, *health.checks.items()]
    if live:
        from otklik.config import live_checks  # noqa: F401 - registers those that belong to no room

        checks += health.live_checks.items()
    for name, check in checks:
        found = _run(name, check)
        results += found
        if name in _STOP_AFTER and any(result.level == "error" for result in found):
            break
    return results


def _run(name: str, check: Check) -> list[Result]:
    findings: Iterable[Finding]
    try:
        findings = list(check())
    except DatabaseError as error:
        text = str(error).partition("\n")[0][:200]
        findings = [
            Finding(
                "error",
                _("The database cannot be used: %(error)s") % {"error": text},
                _("Look at OTKLIK_DATABASE_URL and rights."),
            )
        ]
    except Exception as error:  # one broken check must not hide the others
        findings = [
            Finding(
                "error", _("This check itself failed: %(error)s.") % {"error": type(error).__name__}, _("Report this.")
            )
        ]
    return [Result(name, finding.level, finding.text, finding.advice) for finding in findings]
