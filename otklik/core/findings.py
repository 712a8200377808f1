"""What `otklik check` says about the core: events a subscriber failed on, jobs and moments that do not get done."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count, Max, Min

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
        text = f"“{row['subscriber']}” failed on {row['events']} events since {row['since']:%Y-%m-%d %H:%M} UTC"
        advice = f"Last error: {row['error'][:200]}"
        if parked:
            yield Finding("error", f"{text}; {parked} of them are tried no more.", advice)
        else:
            yield Finding("warning", f"{text}; they are tried again.", advice)


def jobs() -> Iterable[Finding]:
    """Name the tasks that failed for good lately."""
    rows = Job.objects.filter(state=JobState.FAILED, finished_at__gt=now() - _LATELY).values("task")
    for row in rows.annotate(failed=Count("id")).order_by("task"):
        yield Finding(
            "warning", f"{row['failed']} jobs {row['task']} failed in the last day.", "Look at the log for why."
        )


def moments() -> Iterable[Finding]:
    """Name what was planned for a time and fails again and again."""
    rows = Moment.objects.filter(attempts__gte=3).values("kind")
    for row in rows.annotate(stuck=Count("id"), error=Max("last_error")).order_by("kind"):
        text = f"{row['stuck']} moments “{row['kind']}” fail again and again."
        yield Finding("error", text, f"Last error: {row['error'][:200]}")


def services() -> Iterable[Finding]:
    """Name the loops that were started again lately, with the error that ended them."""
    for item in health():
        if item.alive and item.last_error_at is not None and now() - item.last_error_at < _LATELY:
            text = f"“{item.name}” was started again, {item.restarts} times in all."
            yield Finding("warning", text, f"Last error: {item.last_error[:200]}")


register_check("events", events)
register_check("jobs", jobs)
register_check("moments", moments)
register_check("services", services)
