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

from otklik import sqlite_is_safe
from otklik.core import engine, health
from otklik.core.clock import now
from otklik.core.health import Check, Finding, Level

_LITTLE_SPACE, _NO_SPACE = 2 * 1024**3, 200 * 1024**2
_OLDEST_POSTGRES = 140000


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
        yield Finding("warning", "No OTKLIK_BASE_URL.", "Set it: links in mail are made from it alone.")
    elif settings.BASE_URL.startswith("http://") and not _is_loopback(host):
        yield Finding(
            "warning", f"{settings.BASE_URL} is not encrypted.", "Put a proxy with TLS in front and set https://."
        )
    else:
        yield Finding("ok", f"Links begin with {settings.BASE_URL}.")
    if "*" in settings.ALLOWED_HOSTS:
        yield Finding("error", "OTKLIK_ALLOWED_HOSTS allows every name.", "Name the hosts that people use.")
    if settings.BASE_URL.startswith("https://") and not settings.TRUSTED_PROXIES:
        yield Finding(
            "warning",
            "Links use https, but no proxy is trusted.",
            "Set OTKLIK_TRUSTED_PROXIES to the address of the proxy that ends TLS, else every visitor has its address.",
        )
    if settings.DEMO and host and not _is_loopback(host):
        yield Finding(
            "error", "The demo company, whose passwords are public, is reachable.", "Use another data folder."
        )
    for name, path in (("CERTIFICATE", settings.SMTP_TLS_CERTIFICATE), ("KEY", settings.SMTP_TLS_KEY)):
        if path and not os.access(path, os.R_OK):
            yield Finding("error", f"OTKLIK_SMTP_TLS_{name} cannot be read.", "Correct the path or its rights.")


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
            yield Finding("error", f"{folder} cannot be written.", "Give it to the user who runs Otklik.")
            continue
        free = shutil.disk_usage(existing).free
        text = f"{folder}: {free / 1024**3:.1f} GB free."
        if free < _NO_SPACE:
            yield Finding("error", text, "Make room: mail is refused for the time being when nothing can be stored.")
        elif free < _LITTLE_SPACE:
            yield Finding("warning", text, "Make room soon.")
        else:
            yield Finding("ok", text)
    key = Path(settings.DATA_DIR, "secret.key")
    if key.exists() and key.stat().st_mode & 0o077:
        yield Finding("error", "Others may read secret.key.", f"Run: chmod 600 {key}")


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
                yield Finding("error", f"{shown} is too old.", "Use PostgreSQL 14 or newer.")
            else:
                yield Finding("ok", shown)


def _sqlite(cursor: object) -> Iterator[Finding]:
    version = sqlite3.sqlite_version
    if not sqlite_is_safe(sqlite3.sqlite_version_info):
        yield Finding(
            "error", f"SQLite {version} can damage a database (WAL-reset fault).", "Install the package pysqlite3."
        )
    values = {}
    for name in ("journal_mode", "synchronous", "foreign_keys"):
        cursor.execute(f"PRAGMA {name}")  # type: ignore[attr-defined]
        values[name] = str(cursor.fetchone()[0])  # type: ignore[attr-defined]
    if values != {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}:
        yield Finding("error", f"SQLite is not set to durable commits: {values}.", "Report this: it is our fault.")
    else:
        yield Finding("ok", f"SQLite {version}, WAL, durable commits.")


def migrations() -> Iterator[Finding]:
    """Compare the tables with what this code expects."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        yield Finding("error", f"{len(missing)} migrations are missing.", "Run: otklik manage migrate")
    else:
        yield Finding("ok", "The database fits this version.")


def background() -> Iterator[Finding]:
    """Tell whether the engine lives and its queues move."""
    troubles = list(late_queues())
    silent = silent_services()
    if len(silent) == len(engine.services):
        yield Finding("error", "Nobody does the background work.", "Start `otklik serve` (or `otklik worker`).")
    elif silent:
        yield Finding("error", f"These services are silent: {', '.join(silent)}.", "Look at the log for their errors.")
    for text in troubles:
        yield Finding("error", text, "Look at the log for what fails there.")
    if not troubles and not silent:
        yield Finding("ok", "The background work is done as it comes.")


def silent_services() -> list[str]:
    """Name the engine's loops that have not been heard of lately in any process."""
    return list(engine.healthy(engine.services.keys()))


def late_queues() -> Iterator[str]:
    """Name the queues whose oldest waiting row is older than its limit."""
    at = now()
    for queue in health.queues:
        oldest = queue.oldest()
        if oldest is not None and at - oldest > queue.limit:
            yield f"{queue.label}: the oldest waits for {_span(at - oldest)}."


def _span(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


CHECKS: tuple[tuple[str, Check], ...] = (
    ("configuration", configuration),
    ("data folder", data_folder),
    ("database", database),
    ("migrations", migrations),
    ("background work", background),
)
_STOP_AFTER = frozenset({"database", "migrations"})  # without them every later check would only repeat the error


def run_checks() -> list[Result]:
    """Run all checks, ours and the rooms'; a check that fails is itself a finding."""
    results: list[Result] = []
    for name, check in (*CHECKS, *health.checks.items()):
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
        findings = [Finding("error", f"The database cannot be used: {text}", "Look at OTKLIK_DATABASE_URL and rights.")]
    except Exception as error:  # one broken check must not hide the others
        findings = [Finding("error", f"This check itself failed: {type(error).__name__}.", "Report this.")]
    return [Result(name, finding.level, finding.text, finding.advice) for finding in findings]
