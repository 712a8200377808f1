"""Whose people one sees: who sees only a part of the work sees the people of that part.

What the work is lies in rooms above: each says it by a ``Sight``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any, Final

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull

from otklik.contacts.events import SUBJECT_CONTACT, ContactAdded
from otklik.core.actor import Actor
from otklik.core.events import Event
from otklik.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Sight:
    """What a room says about a reader: the condition for the people of the work he sees (None: nothing is hidden from
    him), whether a person has work that he does not see, and whether the merge with this event moved such work."""

    people: Callable[[Actor], Q | None]
    hides_work_of: Callable[[Actor, int], bool]
    hides_moved: Callable[[Actor, int], bool]


def found_one(rows: QuerySet[Any]) -> Q:
    """Return the condition that one of these rows is there, looked up by an index for each row outside.

    No EXISTS: PostgreSQL likes to answer several of these by reading all that they could find, into memory, each time.
    """
    return Q(IsNull(Subquery(rows.values("pk")[:1]), False))


sights: Final[Registry[Sight]] = Registry("sights")


def people_in_sight(actor: Actor) -> Q | None:
    """Return the condition for the people an actor of the desk sees, None where he sees all.

    Whom he added himself he sees too, whatever came of it.
    """
    parts = [part for sight in sights if (part := sight.people(actor)) is not None]
    if not parts:
        return None
    added = Event.objects.filter(
        subject_kind=SUBJECT_CONTACT, subject_id=OuterRef("pk"), kind=ContactAdded.kind, actor_kind=actor.kind,
        actor_id=actor.id,
    )  # fmt: skip
    return reduce(and_, parts) | found_one(added)


def sees_everybody(actor: Actor) -> bool:
    """Tell whether no person is hidden from an actor of the desk."""
    return people_in_sight(actor) is None


def hides_work_of(actor: Actor, contact_id: int) -> bool:
    """Tell whether a person has work that the actor does not see."""
    return any(sight.hides_work_of(actor, contact_id) for sight in sights)


def hides_moved(actor: Actor, merge_event: int) -> bool:
    """Tell whether a merge moved work that the actor does not see."""
    return any(sight.hides_moved(actor, merge_event) for sight in sights)
