"""What is well and what is not: findings for people and queues for readiness; rooms register both.

A check answers findings in plain words: what is wrong and what to do about it. A live check asks other servers for
that, so it is run by `otklik check` alone, never by a page or a probe. A queue answers how old its oldest waiting row
is; past its limit the installation is not ready. All only read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from otklik.core.registry import Registry

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one thing, and for trouble one about what to do."""

    level: Level
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class WaitingQueue:
    """Work that waits in rows: ``oldest`` answers since when the oldest due row waits, ``None`` when none does."""

    label: Any
    oldest: Callable[[], datetime | None]
    limit: timedelta


Check = Callable[[], Iterable[Finding]]

checks: Registry[Check] = Registry("health checks")
live_checks: Registry[Check] = Registry("live health checks")
queues: Registry[WaitingQueue] = Registry("health queues")


def register_check(key: str, check: Check) -> None:
    """Add a check to ``otklik check``."""
    checks.register(key, check)


def register_live_check(key: str, check: Check) -> None:
    """Add a check that asks other servers to ``otklik check``; it has to end by itself within seconds."""
    live_checks.register(key, check)


def register_queue(key: str, label: Any, oldest: Callable[[], datetime | None], limit: timedelta) -> None:
    """Add a queue to readiness: due work older than ``limit`` means that nobody does it."""
    queues.register(key, WaitingQueue(label, oldest, limit))
