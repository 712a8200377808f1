"""The same act on many tickets: each through its own action, in its own transaction, with one undo for all."""

from collections.abc import Callable, Mapping, Sequence
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
from otklik.tickets.actions.meeting import Clash
from otklik.tickets.actions.shelving import mark_spam, put_in_bin, restore
from otklik.tickets.actions.snoozing import snooze, unsnooze
from otklik.tickets.actions.status import change_status
from otklik.tickets.actions.tagging import clean_tags, set_tags
from otklik.tickets.models import Step, Ticket
from otklik.tickets.queries.access import visible_to

MOST: Final = 200
_UNDO_FOR: Final = timedelta(minutes=10)
type Seen = Mapping[str, Any] | None


@dataclass(slots=True)
class BulkResult:
    """What became of a run: how many changed, who refused with what words, and the step that undoes it.

    ``clashes`` are the tickets on which a colleague was faster; each holds what was seen, what is now, and the ticket.
    """

    changed: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """How to do it to one ticket, how it stands, and how to bring it back to how it stood.

    ``sets`` is the property that it gives another value; ``do`` takes how its author saw that. Acts on tags set none:
    they add and take off single words, and what a colleague did beside that stays.
    """

    do: Callable[[Ticket, Any, Seen, Actor], object]
    look: Callable[[Ticket], Any]
    back: Callable[[Ticket, Any, Actor], object]
    sets: str = ""


def _user(pk: int | None) -> User | None:
    return User.objects.filter(pk=pk).first() if pk else None


def _team(pk: int | None) -> Team | None:
    return Team.objects.filter(pk=pk).first() if pk else None


def _sleep(ticket: Ticket, until: datetime | str | None, seen: Seen, by: Actor) -> object:
    moment = datetime.fromisoformat(until) if isinstance(until, str) else until
    return snooze(ticket, until=moment, seen=seen, by=by) if moment else unsnooze(ticket, seen=seen, by=by)


def _status(ticket: Ticket, key: str, seen: Seen, by: Actor) -> object:
    return change_status(ticket, status=key, seen=None if seen is None else seen["status"], by=by)


def _tag(ticket: Ticket, tags: Sequence[str], _seen: Seen, by: Actor) -> object:
    return set_tags(ticket, tags=[*ticket.tags_shown, *tags], seen=ticket.tags_shown, by=by)


def _untag(ticket: Ticket, tags: Sequence[str], _seen: Seen, by: Actor) -> object:
    gone = {normal_form(name) for name in tags}
    kept = [name for name in ticket.tags_shown if normal_form(name) not in gone]
    return set_tags(ticket, tags=kept, seen=ticket.tags_shown, by=by)


def _set_back(ticket: Ticket, tags: Sequence[str], by: Actor) -> object:
    return set_tags(ticket, tags=tags, by=by)


def _tags_of(ticket: Ticket) -> list[str]:
    return list(ticket.tags_shown)


KNOWN_ACTS: Final[dict[str, Act]] = {
    "assignee": Act(
        lambda t, pk, seen, by: assign(t, assignee=_user(pk), seen=seen, by=by),
        lambda t: t.assignee_id,
        lambda t, pk, by: assign(t, assignee=_user(pk), by=by),
        "assignee",
    ),
    "team": Act(
        lambda t, pk, seen, by: assign(t, team=_team(pk), seen=seen, by=by),
        lambda t: t.team_id,
        lambda t, pk, by: assign(t, team=_team(pk), by=by),
        "team",
    ),
    "status": Act(
        _status,
        lambda t: t.status.key,
        lambda t, key, by: change_status(t, status=key, back=True, by=by),
        "status",
    ),
    "priority": Act(
        lambda t, value, seen, by: edit_properties(t, priority=value, seen=seen, by=by),
        lambda t: t.priority,
        lambda t, value, by: edit_properties(t, priority=value, by=by),
        "priority",
    ),
    "tags": Act(_tag, _tags_of, _set_back),
    "untags": Act(_untag, _tags_of, _set_back),
    "snooze": Act(
        _sleep,
        lambda t: t.snoozed_until.isoformat() if t.snoozed_until else None,
        lambda t, until, by: _sleep(t, until, None, by),
        "until",
    ),
    "spam": Act(
        lambda t, _v, seen, by: mark_spam(t, seen=seen, by=by),
        lambda t: t.shelf,
        lambda t, _v, by: restore(t, by=by),
        "shelf",
    ),
    "bin": Act(
        lambda t, _v, seen, by: put_in_bin(t, seen=seen, by=by),
        lambda t: t.shelf,
        lambda t, _v, by: restore(t, by=by),
        "shelf",
    ),
    "restore": Act(
        lambda t, _v, seen, by: restore(t, seen=seen, by=by),
        lambda t: t.shelf,
        lambda t, shelf, by: mark_spam(t, by=by) if shelf == "spam" else put_in_bin(t, by=by),
        "shelf",
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


def seen_by_act(act: Act, seen: Mapping[str, Any] | None) -> Seen:
    """Return what was seen of the property that an act sets; nothing where it sets none or that was not told."""
    return {act.sets: seen[act.sets]} if act.sets and seen is not None and act.sets in seen else None


def run_bulk(
    numbers: Sequence[int],
    *,
    act: str,
    value: Any = None,
    seen: Mapping[int, Mapping[str, Any]] | None = None,
    by: Actor,
) -> BulkResult:
    """Do an act to each of the visible tickets; one that refuses is named and does not stop the rest.

    ``value`` is an id for ``assignee`` and ``team`` (None for nobody), a key for ``status``, 1…4 for ``priority``,
    words for ``tags`` (added) and ``untags`` (removed), a moment for ``snooze``. ``seen`` tells for each number what
    the author saw, by property (``Clash``): a ticket on which a colleague gave the same property another value
    meanwhile is left as it is and stands among ``clashes``. Raises ``Invalid`` for more than 200 tickets or an unknown
    act.
    """
    value = clean_value(act, value)
    if not 0 < len(numbers) <= MOST:
        raise Invalid(_("Select up to 200 tickets."), field="ids")
    result, undo = BulkResult(), []
    known, doing = visible_to(by).filter(pk__in=numbers).select_related("status").in_bulk(), KNOWN_ACTS[act]
    for number in dict.fromkeys(numbers):
        ticket = known.get(number)
        if ticket is None:
            result.refused.append((number, str(_("There is nothing here."))))
            continue
        before = doing.look(ticket)
        try:
            if not doing.do(ticket, value, seen_by_act(doing, (seen or {}).get(number)), by):
                continue
        except Clash as clash:
            result.clashes.append(clash)
            continue
        except DomainError as error:
            result.refused.append((number, str(error.message)))
            continue
        result.changed += 1
        undo.append([number, before, doing.look(ticket)])
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
