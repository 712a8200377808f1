"""What `otklik check` says about the core: events a subscriber failed on, jobs and moments that do not get done."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _

from otklik.core.clock import now
from otklik.core.engine.beats import health
from otklik.core.events.models import Failure
from otklik.core.health import Finding, register_check
from otklik.core.jobs.models import Job, JobState
from otklik.core.moments import Moment

_LATELY = timedelta(days=1)


def events() -> Iterable[Finding]:
    """Name the subscribers that failed and whether their events are still tried."""
    rows = Failure.objects.values("subscriber").annotate(
        events=Count("id"), tried=Count("run_at"), error=Max("last_error"), since=Min("first_failed_at")
    )
    for row in rows.order_by("subscriber"):
        parked = row["events"] - row["tried"]
        text = _("“%(name)s” failed on %(count)s events since %(since)s UTC") % {
            "name": row["subscriber"],
            "count": row["events"],
            "since": f"{row['since']:%Y-%m-%d %H:%M}",
        }
        advice = _last_error(row["error"])
        if parked:
            yield Finding(
                "error", _("%(text)s; %(count)s of them are tried no more.") % {"text": text, "count": parked}, advice
            )
        else:
            yield Finding("warning", _("%(text)s; they are tried again.") % {"text": text}, advice)


def jobs() -> Iterable[Finding]:
    """Name the tasks that failed for good lately."""
    rows = Job.objects.filter(state=JobState.FAILED, finished_at__gt=now() - _LATELY).values("task")
    for row in rows.annotate(failed=Count("id")).order_by("task"):
        text = _("%(count)s jobs %(task)s failed in the last day.") % {"count": row["failed"], "task": row["task"]}
        yield Finding("warning", text, _("Look at the log for why."))


def moments() -> Iterable[Finding]:
    """Name what was planned for a time and fails again and again."""
    rows = Moment.objects.filter(attempts__gte=3).values("kind")
    for row in rows.annotate(stuck=Count("id"), error=Max("last_error")).order_by("kind"):
        text = _("%(count)s moments “%(kind)s” fail again and again.") % {"count": row["stuck"], "kind": row["kind"]}
        yield Finding("error", text, _last_error(row["error"]))


def services() -> Iterable[Finding]:
    """Name the loops that were started again lately, with the error that ended them."""
    for item in health():
        if item.alive and item.last_error_at is not None and now() - item.last_error_at < _LATELY:
            text = _("“%(name)s” was started again, %(count)s times in all.") % {
                "name": item.name,
                "count": item.restarts,
            }
            yield Finding("warning", text, _last_error(item.last_error))


def _last_error(error: str) -> str:
    return _("Last error: %(error)s") % {"error": error[:200]}


register_check("events", events)
register_check("jobs", jobs)
register_check("moments", moments)
register_check("services", services)
