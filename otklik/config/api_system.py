"""REST of how the installation is: the same facts as on the page of the system."""

from collections.abc import Iterator
from datetime import timedelta

from django.http import HttpRequest
from ninja import Router

from otklik import __version__
from otklik.accounts.rest import Json, needs
from otklik.accounts.shapes import Shape
from otklik.config.checks import run_checks
from otklik.config.metrics import mail_states
from otklik.core import engine, health
from otklik.core.clock import now

router = Router(tags=["administration"])
_WORST = ("error", "warning", "ok")


class FindingOut(Shape):
    """What a check found, and what to do about it."""

    check: str
    level: str
    text: str
    advice: str


class QueueOut(Shape):
    """A queue: how old its oldest due row is, null for an empty one, and how old it may get."""

    name: str
    age_seconds: float | None
    limit_seconds: float
    late: bool


class LoopOut(Shape):
    """A loop of a process, and when it was heard of last."""

    name: str
    process: str
    heard_seconds_ago: float
    restarts: int
    error: str
    alive: bool


class SystemOut(Shape):
    """How the installation is; ``level`` is that of its worst finding."""

    version: str
    level: str
    findings: list[FindingOut]
    queues: list[QueueOut]
    loops: list[LoopOut]
    mail_in: dict[str, int]
    mail_out: dict[str, int]


@router.get("/system", response=SystemOut, summary="State of the installation")
def get_system(request: HttpRequest) -> Json:
    """What is wrong and what to do, how old the queues are, and which loops live."""
    needs(request, "settings.view")
    findings = [
        {"check": found.check, "level": found.level, "text": str(found.text), "advice": str(found.advice)}
        for found in run_checks()
    ]
    levels = {found["level"] for found in findings}
    return {
        "version": __version__, "level": next((level for level in _WORST if level in levels), "ok"),
        "findings": sorted(findings, key=lambda found: _WORST.index(found["level"])), "queues": list(_queues()),
        "loops": list(_loops()), "mail_in": _states("otklik_mail_in"), "mail_out": _states("otklik_mail_out"),
    }  # fmt: skip


def _queues() -> Iterator[Json]:
    at = now()
    for queue in health.queues:
        oldest = queue.oldest()
        age = max(timedelta(), at - oldest) if oldest else None
        yield {
            "name": str(queue.label), "age_seconds": age.total_seconds() if age is not None else None,
            "limit_seconds": queue.limit.total_seconds(), "late": age is not None and age > queue.limit,
        }  # fmt: skip


def _loops() -> Iterator[Json]:
    at = now()
    for item in engine.health()[:100]:
        yield {
            "name": item.name, "process": item.process, "restarts": item.restarts, "error": item.last_error[:200],
            "heard_seconds_ago": (at - item.beat_at).total_seconds(), "alive": item.alive,
        }  # fmt: skip


def _states(family: str) -> dict[str, int]:
    counted = next((samples for name, _text, samples in mail_states() if name == family), [])
    return {labels["state"]: int(count) for labels, count in counted}
