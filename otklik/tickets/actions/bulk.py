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
from otklik.core.text import normal_form
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
class Act:
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
    return set_tags(ticket, tags=[*ticket.tags_shown, *tags], seen=ticket.tags_shown, by=by)


def _untag(ticket: Ticket, tags: Sequence[str], by: Actor) -> object:
    gone = {normal_form(name) for name in tags}
    kept = [name for name in ticket.tags_shown if normal_form(name) not in gone]
    return set_tags(ticket, tags=kept, seen=ticket.tags_shown, by=by)


def _set_back(ticket: Ticket, tags: Sequence[str], by: Actor) -> object:
    return set_tags(ticket, tags=tags, by=by)


def _tags_of(ticket: Ticket) -> list[str]:
    return list(ticket.tags_shown)


KNOWN_ACTS: Final[dict[str, Act]] = {
    "assignee": Act(
        lambda t, pk, by: assign(t, assignee=_user(pk), by=by),
        lambda t: t.assignee_id,
        lambda t, pk, by: assign(t, assignee=_user(pk), by=by),
    ),
    "team": Act(
        lambda t, pk, by: assign(t, team=_team(pk), by=by),
        lambda t: t.team_id,
        lambda t, pk, by: assign(t, team=_team(pk), by=by),
    ),
    "status": Act(
        lambda t, key, by: change_status(t, status=key, by=by),
        lambda t: t.status.key,
        lambda t, key, by: change_status(t, status=key, back=True, by=by),
    ),
    "priority": Act(
        lambda t, value, by: edit_properties(t, priority=value, by=by),
        lambda t: t.priority,
        lambda t, value, by: edit_properties(t, priority=value, by=by),
    ),
    "tags": Act(_tag, _tags_of, _set_back),
    "untags": Act(_untag, _tags_of, _set_back),
    "snooze": Act(_sleep, lambda t: t.snoozed_until.isoformat() if t.snoozed_until else None, _sleep),
    "spam": Act(lambda t, _v, by: mark_spam(t, by=by), lambda t: t.shelf, lambda t, _v, by: restore(t, by=by)),
    "bin": Act(lambda t, _v, by: put_in_bin(t, by=by), lambda t: t.shelf, lambda t, _v, by: restore(t, by=by)),
    "restore": Act(
        lambda t, _v, by: restore(t, by=by),
        lambda t: t.shelf,
        lambda t, shelf, by: mark_spam(t, by=by) if shelf == "spam" else put_in_bin(t, by=by),
    ),
}
ACTS: Final = frozenset(KNOWN_ACTS)


def clean_value(act: str, value: Any) -> Any:
    """Return the value of an act as it is kept; raises ``Invalid`` for an unknown act or tags that cannot be."""
    if act not in KNOWN_ACTS:
        raise Invalid(_("There is no such act."), field="act")
    if act not in {"tags", "untags"}:
        return value
    tags = list(clean_tags(value).values())
    if not tags:
        raise Invalid(_("Name a tag."), field=act)
    return tags


def run_bulk(numbers: Sequence[int], *, act: str, value: Any = None, by: Actor) -> BulkResult:
    """Do an act to each of the visible tickets; one that refuses is named and does not stop the rest.

    ``value`` is an id for ``assignee`` and ``team`` (None for nobody), a key for ``status``, 1…4 for ``priority``,
    words for ``tags`` (added) and ``untags`` (removed), a moment for ``snooze``. Raises ``Invalid`` for more than 200
    tickets or an unknown act.
    """
    value = clean_value(act, value)
    if not 0 < len(numbers) <= MOST:
        raise Invalid(_("Select up to 200 tickets."), field="ids")
    result, undo = BulkResult(), []
    seen = visible_to(by).filter(pk__in=numbers).select_related("status").in_bulk()
    for number in dict.fromkeys(numbers):
        ticket = seen.get(number)
        if ticket is None:
            result.refused.append((number, str(_("There is nothing here."))))
            continue
        before = KNOWN_ACTS[act].look(ticket)
        try:
            if not KNOWN_ACTS[act].do(ticket, value, by):
                continue
        except DomainError as error:
            result.refused.append((number, str(error.message)))
            continue
        result.changed += 1
        undo.append([number, before, KNOWN_ACTS[act].look(ticket)])
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
    act = KNOWN_ACTS[step.data["act"]]
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
