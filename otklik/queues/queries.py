"""What a walk holds, what comes next, and who skipped what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from otklik.accounts import policies as rights
from otklik.accounts.queries import teams
from otklik.core.actor import Actor
from otklik.core.cached import kept_for
from otklik.core.clock import now
from otklik.presence.models import Looking
from otklik.queues.models import Passed, Skip, SkipReason, Walk
from otklik.tickets.queries import AWAKE, Folder, visible_to
from otklik.tickets.queries.scopes import SEARCH, scope_by_key

REPORT_DAYS = 30


def folder_with(key: str) -> Folder:
    """Return what can be gone through by its key: a folder, or for ``search:…`` what a line finds of open tickets.

    Raises ``NotFound``.
    """
    return scope_by_key(key, {team.pk: team.name for team in teams()}, awake=True)


def folder_of(walk: Walk) -> Folder:
    """Return the folder of a walk, without a name for what a search had found; raises ``NotFound`` when it is gone."""
    if walk.folder == SEARCH:
        return Folder(SEARCH, "", "search", lambda _actor: Q(pk__in=walk.numbers or []), counted=False)
    return folder_with(walk.folder)


def walk_of(actor: Actor) -> Walk | None:
    """Return where the actor walks, in one statement."""
    return Walk.objects.filter(user_id=actor.id or 0).first() if actor.kind == "user" else None


def still_held(actor: Actor, walk: Walk) -> bool:
    """Tell whether a walk's ticket is still to be worked on by its holder."""
    if walk.ticket_id is None:
        return False
    open_ones = visible_to(actor).filter(pk=walk.ticket_id, is_open=True, snoozed_until__isnull=True)
    return open_ones.exists()


def next_number(actor: Actor, folder: Folder, numbers: Sequence[int] | None = None) -> int | None:
    """Return the first ticket in the folder's order that no colleague holds or has open and that one has not had.

    ``numbers`` are what a search had found, in its order. Of these, and of a tag's tickets, only open ones are handed.
    """
    at = now()
    others = {"ticket_id": OuterRef("pk"), "until__gt": at}
    had = Passed.objects.filter(
        user_id=actor.id or 0, version=OuterRef("version"), message_count=OuterRef("message_count"), **others
    )
    where = Q() if numbers is not None else folder.where(actor)
    free = visible_to(actor).filter(
        where & AWAKE if folder.tag or numbers is not None else where,
        ~Exists(Walk.objects.filter(**others).exclude(user_id=actor.id or 0)),
        ~Exists(Looking.objects.filter(**others).exclude(user_id=actor.id or 0)),
        ~Exists(had),
    )
    if numbers is not None:
        left = set(free.filter(pk__in=list(numbers)).values_list("pk", flat=True))
        return next((number for number in numbers if number in left), None)
    return next(iter(free.order_by("-activity_at", "-id").values_list("pk", flat=True)[:1]), None)


@kept_for(30, "skip reasons")
def _reasons() -> list[SkipReason]:
    return list(SkipReason.objects.filter(enabled=True))


def reasons() -> Sequence[SkipReason]:
    """Return the reasons in use, in their order."""
    return _reasons()


def reason_by_id(text: str | int | None) -> SkipReason | None:
    """Return a reason in use, or nothing."""
    return next((row for row in reasons() if str(row.pk) == str(text)), None)


def skips_visible_to(actor: Actor | None) -> QuerySet[Skip]:
    """Return the skips that an actor may read: those of visible tickets, for whoever may see the report."""
    if actor is None or not rights.can(actor, "tickets.skips"):
        return Skip.objects.none()
    skips = Skip.objects.select_related("user", "reason", "ticket")
    return skips if rights.sees_everything(actor) else skips.filter(ticket__in=visible_to(actor))


@dataclass(frozen=True, slots=True)
class SkipSums:
    """How often tickets were skipped in the last days: by reason, by person, and which were skipped most."""

    reasons: list[tuple[str, int]]
    people: list[tuple[str, int]]
    tickets: list[tuple[int, str, int]]


def skip_sums(actor: Actor) -> SkipSums:
    """Return the sums of the last 30 days."""
    rows = skips_visible_to(actor).select_related(None).order_by().filter(at__gte=now() - timedelta(days=REPORT_DAYS))

    def by(*names: str, least: int = 1) -> list[tuple[Any, ...]]:
        found = rows.values(*names).annotate(times=Count("id")).filter(times__gte=least).order_by("-times", *names)
        return list(found.values_list(*names, "times")[:8])

    names = {row.pk: str(row) for row in SkipReason.objects.all()}
    return SkipSums(
        reasons=[(names[pk], times) for pk, times in by("reason_id")],
        people=[(name, times) for _pk, name, times in by("user_id", "user__name")],
        tickets=[(pk, subject, times) for pk, subject, times in by("ticket_id", "ticket__subject", least=2)],
    )
