"""The same act on a whole folder: chosen by condition, done by a job, stopped or taken back as a whole.

Each ticket has a transaction of its own, in which the run's place moves on too: what was cut off goes on where it was
and does nothing twice. Who asked for it is looked up anew for every slice, so a right that was taken away ends it.

The condition counts at the moment when a ticket's turn comes: what left the folder meanwhile is not touched, nor is
what came after the run was begun. Nobody saw the tickets one by one, so there is no "as it was shown": a ticket of
which a colleague set the same property after the run was begun keeps his value and is named among the refused, with his
name. What he set before, the run may set anew: that stood in the folder when it was chosen.
"""

from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from otklik.accounts.queries import actor_for, teams
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, DomainError, Invalid, NotFound
from otklik.core.jobs import keep_alive
from otklik.tickets.actions.bulk import KNOWN_ACTS, Act, clean_value
from otklik.tickets.actions.meeting import Clash, value_of
from otklik.tickets.actions.retagging import (
    RETAG,
    RETAGGING,
    end_retagging,
    end_taking_back,
    give_up_retagging,
    with_tag,
)
from otklik.tickets.models import BulkItem, BulkRun, RunState, Ticket
from otklik.tickets.queries.access import visible_to
from otklik.tickets.queries.changes import last_change
from otklik.tickets.queries.folders import Folder, folder_by_key

UNDO_FOR: Final = timedelta(days=1)
MOST_FIXED: Final = 2000
_SLICE: Final = 25
_KEPT: Final = timedelta(days=30)
_NO_WAY: Final[Any] = object()  # like no value that a property may have


class _Halt(Exception):
    """The run was stopped or taken back meanwhile."""


def start_run(folder: Folder, *, act: str, value: Any = None, by: Actor) -> BulkRun:
    """Begin an act on everything an actor sees in a folder now; the job does it. ``value`` is as for ``run_bulk``.

    What a search or a tag finds is fixed here, at most ``MOST_FIXED`` tickets: the newest. Raises ``Invalid`` for an
    unknown act or an empty folder, ``Conflict`` while another run of his goes on.
    """
    value = clean_value(act, value)
    if by.kind != "user" or by.id is None:
        raise NotFound
    numbers, capped = None, False
    if folder.fixed is not None:
        found = folder.fixed(by, MOST_FIXED + 1)
        numbers, capped = sorted(found[:MOST_FIXED]), len(found) > MOST_FIXED
        total, top = len(numbers), max(numbers, default=None)
    else:
        chosen = visible_to(by).filter(folder.where(by)).order_by()
        total, top = chosen.count(), chosen.order_by("-pk").values_list("pk", flat=True).first()
    if top is None:
        raise Invalid(_("The folder is empty."), field="folder")
    kept = value.isoformat() if hasattr(value, "isoformat") else value
    with transaction.atomic():
        return begin_run(
            folder=folder.key, act=act, value=kept, total=total, top_id=top, numbers=numbers, capped=capped, by=by
        )


def begin_run(*, by: Actor, **facts: Any) -> BulkRun:
    """Write a run and its job, inside the caller's transaction; raises ``Conflict`` while another of his goes on."""
    from otklik.tickets.tasks import bulk_run

    assert by.id is not None
    going = BulkRun.objects.filter(user_id=by.id, state__in=[RunState.RUNNING, RunState.UNDOING])
    if going.exists():
        raise Conflict(_("Your last run is not over yet."))
    run = BulkRun.objects.create(user_id=by.id, made_at=now(), **facts)
    bulk_run.enqueue(run.pk)
    return run


def stop_run(run: BulkRun) -> bool:
    """Stop a run where it is; what it changed stays and can be taken back. False when it is over."""
    with transaction.atomic():
        running = BulkRun.objects.filter(pk=run.pk, state=RunState.RUNNING)
        stopped = running.update(state=RunState.STOPPED, ended_at=now()) > 0
        if stopped and run.act == RETAG:
            give_up_retagging(run)
    return stopped


def undo_run(run: BulkRun) -> bool:
    """Take a run back as a whole, by a job; what somebody changed since stays. False when that began already.

    Raises ``Conflict`` a day after it ended.
    """
    from otklik.tickets.tasks import bulk_run

    if run.ended_at is not None and now() > run.ended_at + UNDO_FOR:
        raise Conflict(_("Too late: this run cannot be taken back any more."))
    with transaction.atomic():
        over = BulkRun.objects.filter(pk=run.pk, state__in=[RunState.RUNNING, RunState.STOPPED, RunState.DONE])
        if not over.update(state=RunState.UNDOING, last_id=0, done=0, total=F("changed"), changed=0, refused=0):
            return False
        if run.act == RETAG:
            give_up_retagging(run)
        bulk_run.enqueue(run.pk)
    return True


def go_on(run_id: int) -> int:
    """Do what is left of a run; return how many tickets were changed. Safe to call again after a crash."""
    while True:
        run = BulkRun.objects.select_related("user").filter(pk=run_id).first()
        if run is None or run.state not in {RunState.RUNNING, RunState.UNDOING}:
            return run.changed if run else 0
        if not run.user.is_active:
            stop_run(run)
            return run.changed
        by = actor_for(run.user)
        try:
            more = _back_slice(run, by) if run.state == RunState.UNDOING else _do_slice(run, by)
        except (_Halt, NotFound):
            continue
        if not more and run.act == RETAG and run.state == RunState.RUNNING:
            more = not end_retagging(run)
        if not more and run.act == RETAG and run.state == RunState.UNDOING:
            end_taking_back(run, by=by)
        if not more:
            ended = RunState.UNDONE if run.state == RunState.UNDOING else RunState.DONE
            BulkRun.objects.filter(pk=run_id, state=run.state).update(state=ended, ended_at=now())
        keep_alive(120)


def _do_slice(run: BulkRun, by: Actor) -> bool:
    numbers, rows = _following(run, by)
    seen = rows.select_related("status").in_bulk(numbers)
    for number in numbers:
        with transaction.atomic():
            _do_one(run, _act_of(run), number, seen.get(number), by)
    return len(numbers) == _SLICE


def _following(run: BulkRun, by: Actor) -> tuple[list[int], QuerySet[Ticket]]:
    """Return the numbers that a run looks at next, and the tickets among which it may find them."""
    if run.act == RETAG:
        return with_tag(run, _SLICE), Ticket.objects.all()  # the right is one on the tag, wherever it hangs
    if run.numbers is not None:
        return [number for number in run.numbers if number > run.last_id][:_SLICE], visible_to(by)
    try:
        folder = folder_by_key(run.folder, {team.pk: team.name for team in teams()})
    except NotFound:
        stop_run(run)
        raise
    chosen = visible_to(by).filter(folder.where(by), pk__gt=run.last_id, pk__lte=run.top_id)
    return list(chosen.order_by("pk").values_list("pk", flat=True)[:_SLICE]), visible_to(by)


def _act_of(run: BulkRun) -> Act:
    return RETAGGING if run.act == RETAG else KNOWN_ACTS[run.act]


def _do_one(run: BulkRun, act: Act, number: int, ticket: Ticket | None, by: Actor) -> None:
    before = act.look(ticket) if ticket is not None else None
    try:
        if ticket is None:
            raise NotFound(_("There is nothing here."))
        with transaction.atomic():
            changed = bool(act.do(ticket, run.value, _seen(run, act, ticket), by))
    except DomainError as error:
        _move_on(run, number, refused=1)
        BulkItem.objects.create(run=run, number=number, refused=_why(error)[:200])
        return
    _move_on(run, number, changed=int(changed))
    if changed:
        BulkItem.objects.create(run=run, number=number, before=before, after=act.look(ticket))


def _seen(run: BulkRun, act: Act, ticket: Ticket) -> dict[str, Any] | None:
    """Return how the property that an act sets must stand: as it was read, which is before the lock; no way at all when
    a colleague set it after the run was begun."""
    if not act.sets:
        return None
    last = last_change(ticket, act.sets) if ticket.updated_at > run.made_at else None
    theirs = last is not None and last.at > run.made_at and (last.actor.kind, last.actor.id) != ("user", run.user_id)
    return {act.sets: _NO_WAY if theirs else value_of(ticket, act.sets)}


def _why(error: DomainError) -> str:
    last = last_change(error.current, error.name) if isinstance(error, Clash) else None
    if last is None:
        return str(error.message)
    return _("%(name)s changed this after the run was begun.") % {"name": last.actor.name}


def _back_slice(run: BulkRun, by: Actor) -> bool:
    items = list(run.items.filter(refused="", number__gt=run.last_id).order_by("number")[:_SLICE])
    seen = visible_to(by).select_related("status").in_bulk([item.number for item in items])
    act = _act_of(run)
    for item in items:
        with transaction.atomic():
            _back_one(run, act, item, seen.get(item.number), by)
    return len(items) == _SLICE


def _back_one(run: BulkRun, act: Act, item: BulkItem, ticket: Ticket | None, by: Actor) -> None:
    done = False
    if ticket is not None and act.look(ticket) == item.after:
        try:
            with transaction.atomic():
                done = bool(act.back(ticket, item.before, by))
        except DomainError:
            done = False
    _move_on(run, item.number, changed=int(done), refused=int(not done))
    if not done:
        why = str(_("This was changed meanwhile."))
        BulkItem.objects.filter(pk=item.pk).update(refused=why)


def _move_on(run: BulkRun, number: int, *, changed: int = 0, refused: int = 0) -> None:
    """Move the run's place on in the ticket's transaction; when the run was stopped, that ticket stays as it was."""
    mine = BulkRun.objects.filter(pk=run.pk, state=run.state, last_id__lt=number)
    facts = {"changed": F("changed") + changed, "refused": F("refused") + refused}
    if not mine.update(last_id=number, done=F("done") + 1, **facts):
        raise _Halt


def forget_old_runs() -> int:
    """Delete runs of a month ago with what they did; return how many rows went."""
    return BulkRun.objects.filter(ended_at__lt=now() - _KEPT).delete()[0]
