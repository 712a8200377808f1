"""A person's own runs."""

from django.db.models import QuerySet

from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.tickets.models import BulkRun, RunState


def runs_of(actor: Actor) -> QuerySet[BulkRun]:
    """Return the actor's own runs; only people have some."""
    return BulkRun.objects.filter(user_id=actor.id or 0) if actor.kind == "user" else BulkRun.objects.none()


def get_run(actor: Actor, run_id: int) -> BulkRun:
    """Return one of the actor's own runs, or raise ``NotFound``."""
    run = runs_of(actor).filter(pk=run_id).first() if 0 < run_id < 2**63 else None
    if run is None:
        raise NotFound
    return run


def going_run(actor: Actor) -> BulkRun | None:
    """Return the actor's run that goes on now."""
    going = [RunState.RUNNING, RunState.UNDOING]
    return BulkRun.objects.filter(user_id=actor.id or 0, state__in=going).order_by("-id").first()


def refusals(run: BulkRun, limit: int = 20) -> list[tuple[int, str]]:
    """Return the first tickets of a run that were left as they were, each with the reason."""
    return list(run.items.exclude(refused="").order_by("number").values_list("number", "refused")[:limit])
