"""The same act on many tickets: each through its own action, in its own transaction, with one undo for all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from otklik.accounts.models import Team, User
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import DomainError, Invalid
from otklik.tickets.actions.assigning import assign
from otklik.tickets.actions.editing import edit_properties
from otklik.tickets.actions.shelving import mark_spam, put_in_bin, restore
from otklik.tickets.actions.snoozing import snooze, unsnooze
from otklik.tickets.actions.status import change_status
from otklik.tickets.actions.tagging import clean_tags, set_tags
from otklik.tickets.models import Step, Ticket
from otklik.tickets.queries.access import visible_to

MOST: Final = 200
_UNDO_FOR: Final = timedelta(minutes=10)


@dataclass(slots=True)
class BulkResult:
    """What became of a run: how many changed, who refused with what words, and the step that undoes it."""

    changed: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class _Act:
    """How to do it to one ticket, how it stands, and how to bring it back to how it stood."""

    do: Callable[[Ticket, Any, Actor], object]
    look: Callable[[Ticket], Any]
    back: Callable[[Ticket, Any, Actor], object]


def _user(pk: int | None) -> User | None:
    return User.objects.filter(pk=pk).first() if pk else None


def _team(pk: int | None) -> Team | None:
    return Team.objects.filter(pk=pk).first() if pk else None


def _sleep(ticket: Ticket, until: datetime | str | None, by: Actor) -> object:
    moment = datetime.fromisoformat(until) if isinstance(until, str) else until
    return snooze(ticket, until=moment, by=by) if moment else unsnooze(ticket, by=by)


def _tag(ticket: Ticket, tags: Sequence[str], by: Actor) -> object:
    return set_tags(ticket, tags=[*ticket.tags_shown, *tags], by=by)


_ACTS: Final[dict[str, _Act]] = {
    "assignee": _Act(
        lambda t, pk, by: assign(t, assignee=_user(pk), by=by),
        lambda t: t.assignee_id,
        lambda t, pk, by: assign(t, assignee=_user(pk), by=by),
    ),
    "team": _Act(
        lambda t, pk, by: assign(t, team=_team(pk), by=by),
        lambda t: t.team_id,
        lambda t, pk, by: assign(t, team=_team(pk), by=by),
    ),
    "status": _Act(
        lambda t, key, by: change_status(t, status=key, by=by),
        lambda t: t.status.key,
        lambda t, key, by: change_status(t, status=key, by=by),
    ),
    "priority": _Act(
        lambda t, value, by: edit_properties(t, priority=value, by=by),
        lambda t: t.priority,
        lambda t, value, by: edit_properties(t, priority=value, by=by),
    ),
    "tags": _Act(_tag, lambda t: list(t.tags_shown), lambda t, tags, by: set_tags(t, tags=tags, by=by)),
    "snooze": _Act(_sleep, lambda t: t.snoozed_until.isoformat() if t.snoozed_until else None, _sleep),
    "spam": _Act(lambda t, _v, by: mark_spam(t, by=by), lambda t: t.shelf, lambda t, _v, by: restore(t, by=by)),
    "bin": _Act(lambda t, _v, by: put_in_bin(t, by=by), lambda t: t.shelf, lambda t, _v, by: restore(t, by=by)),
    "restore": _Act(
        lambda t, _v, by: restore(t, by=by),
        lambda t: t.shelf,
        lambda t, shelf, by: mark_spam(t, by=by) if shelf == "spam" else put_in_bin(t, by=by),
    ),
}
ACTS: Final = frozenset(_ACTS)


def run_bulk(numbers: Sequence[int], *, act: str, value: Any = None, by: Actor) -> BulkResult:
    """Do an act to each of the visible tickets; one that refuses is named and does not stop the rest.

    ``value`` is an id for ``assignee`` and ``team`` (None for nobody), a key for ``status``, 1…4 for ``priority``,
    words for ``tags`` (added), a moment for ``snooze``. Raises ``Invalid`` for more than 200 tickets or an unknown act.
    """
    if act not in _ACTS:
        raise Invalid(_("There is no such act."), field="act")
    if not 0 < len(numbers) <= MOST:
        raise Invalid(_("Select up to 200 tickets."), field="ids")
    if act == "tags":
        value = list(clean_tags(value).values())
    result, undo = BulkResult(), []
    seen = visible_to(by).filter(pk__in=numbers).select_related("status").in_bulk()
    for number in dict.fromkeys(numbers):
        ticket = seen.get(number)
        if ticket is None:
            result.refused.append((number, str(_("There is nothing here."))))
            continue
        before = _ACTS[act].look(ticket)
        try:
            if not _ACTS[act].do(ticket, value, by):
                continue
        except DomainError as error:
            result.refused.append((number, str(error.message)))
            continue
        result.changed += 1
        undo.append([number, before, _ACTS[act].look(ticket)])
    if undo and by.id is not None:
        at = now()
        data = {"act": act, "tickets": undo}
        result.step = Step.objects.create(kind="bulk", user_id=by.id, data=data, made_at=at, until=at + _UNDO_FOR)
    return result


def undo_bulk(step: Step, *, by: Actor) -> BulkResult:
    """Bring each ticket of a run back to how it stood; one that somebody changed since stays and is named.

    A second time changes nothing.
    """
    result = BulkResult()
    if not Step.objects.filter(pk=step.pk, undone_at__isnull=True).update(undone_at=now()):
        return result
    act = _ACTS[step.data["act"]]
    seen = visible_to(by).filter(pk__in=[row[0] for row in step.data["tickets"]]).select_related("status").in_bulk()
    for number, before, after in step.data["tickets"]:
        ticket = seen.get(number)
        if ticket is None or act.look(ticket) != after:
            result.refused.append((number, str(_("This was changed meanwhile."))))
            continue
        try:
            result.changed += bool(act.back(ticket, before, by))
        except DomainError as error:
            result.refused.append((number, str(error.message)))
    return result
