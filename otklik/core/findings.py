"""What `otklik check` says about the core: events a subscriber failed on, jobs and moments that do not get done."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.core.blobs.notes import read_note, waiting
from otklik.core.clock import now
from otklik.core.engine.beats import health
from otklik.core.events.models import Failure
from otklik.core.health import Finding, register_check
from otklik.core.jobs.models import Job, JobState
from otklik.core.moments import Moment
from otklik.core.shown import file_size

_LATELY = timedelta(days=1)
_NOT_HEARD = timedelta(minutes=10)
_LONG_WAIT = timedelta(minutes=10)
_AWAY = {
    "unreachable": (
        gettext_lazy("it does not answer"),
        gettext_lazy(
            "Look at its address in OTKLIK_ATTACHMENTS_URL and at the network. New files wait here meanwhile."
        ),
    ),
    "refused": (
        gettext_lazy("it refuses the key"),
        gettext_lazy("Look at the key and its rights: list, read, write and delete in this bucket."),
    ),
    "no-bucket": (gettext_lazy("it has no such bucket"), gettext_lazy("Make the bucket, or correct its name.")),
    "half": (
        gettext_lazy("it breaks off its answers"),
        gettext_lazy("Look at the server's log and at what stands between it and the desk."),
    ),
    "wrong-answer": (
        gettext_lazy("it answers what cannot be understood"),
        gettext_lazy("Does the address lead to an S3 server? A proxy between them must not change anything."),
    ),
}


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


def files() -> Iterable[Finding]:
    """Say how the object store is, as the mover of this machine last found it, and what waits here for it."""
    place = settings.BLOB_STORE
    if not place:
        return
    note, left = read_note(), waiting()
    named = {"store": place.shown}
    if note is None or note.age > _NOT_HEARD:
        yield Finding(
            "warning",
            _("The object store %(store)s was not looked at lately.") % named,
            _("Start the desk; `otklik blobs status` looks at once."),
        )
    elif note.state == "away":
        reason, advice = _AWAY.get(note.reason, _AWAY["unreachable"])
        yield Finding("error", _("The object store %(store)s: %(reason)s.") % {**named, "reason": reason}, str(advice))
    elif note.state == "other":
        yield Finding(
            "error",
            _("The object store %(store)s belongs to another desk: this one only reads there.") % named,
            _("If that desk is gone, run: otklik blobs own. A copy for trying out needs a bucket of its own."),
        )
    elif note.reason:
        yield Finding(
            "error",
            _("Files that wait for the object store are damaged on this disk."),
            _("Look at the log for their numbers and at the disk for errors; restore them from a backup."),
        )
    else:
        facts = {**named, "count": max(0, note.objects), "size": file_size(note.bytes)}
        text = _("The object store %(store)s answers.") % named
        yield Finding("ok", _("%(store)s: %(count)s files, %(size)s.") % facts if note.objects >= 0 else text)
    if left.oldest is not None and now() - left.oldest > _LONG_WAIT:
        text = _("%(count)s files (%(size)s) wait on this machine for the object store.")
        yield Finding(
            "warning",
            text % {"count": left.files, "size": file_size(left.bytes)},
            _("Nothing is lost: they are read from here and go by themselves. Keep room on this disk."),
        )


def _last_error(error: str) -> str:
    return _("Last error: %(error)s") % {"error": error[:200]}


register_check("events", events)
register_check("jobs", jobs)
register_check("moments", moments)
register_check("services", services)
register_check("files", files)
