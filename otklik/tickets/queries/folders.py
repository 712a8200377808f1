"""Standing folders: what is in each, in which order, and the capped counters of all of them in one statement."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.core.prepared import Found, Prepared, found_by
from otklik.core.text import normal_form
from otklik.tickets.models import Category, Ticket, TicketTag
from otklik.tickets.queries.access import assigned_to, is_limited, sees_all, visible_to
from otklik.tickets.queries.tagged import open_with_tag, pins_of, tagged

COUNT_CAP: Final = 100  # counters say "99+" from here on


@dataclass(frozen=True, slots=True)
class Folder:
    """A standing view: its key in addresses, name, icon, and the condition over visible tickets.

    ``tag`` is the normal form of the tag whose folder it is: it is in the order of numbers, closed tickets too.
    ``fixed`` gives the numbers that an actor finds now, at most so many, where what is found changes by itself: an act
    on the whole is then about these, and no others.
    """

    key: str
    name: str | Promise
    icon: str
    where: Callable[[Actor], Q]
    counted: bool = True
    team_id: int | None = None
    tag: str = ""
    fixed: Callable[[Actor, int], list[int]] | None = None


AWAKE: Final = Q(is_open=True, snoozed_until__isnull=True)
TAG: Final = "tag:"

FOLDERS: Final[tuple[Folder, ...]] = (
    Folder("mine", _("Mine"), "user", lambda actor: AWAKE & assigned_to(actor)),
    Folder("unassigned", _("Unassigned"), "user-none", lambda actor: AWAKE & Q(assignee__isnull=True)),
    Folder("open", _("All open"), "stack", lambda actor: AWAKE),
    Folder("snoozed", _("Snoozed"), "snooze", lambda actor: Q(snoozed_until__isnull=False)),
    Folder("solved", _("Solved tickets"), "check", lambda actor: Q(category=Category.SOLVED), counted=False),
    Folder("all", _("All tickets"), "book", lambda actor: Q(shelf__isnull=True), counted=False),
    Folder("spam", _("Spam"), "spam", lambda actor: Q(shelf="spam"), counted=False),
    Folder("bin", _("Bin"), "box", lambda actor: Q(shelf="bin"), counted=False),
)


def team_folder(team_id: int, name: str) -> Folder:
    """Return the folder of a team's open tickets."""
    return Folder(f"team-{team_id}", name, "users", lambda actor: AWAKE & Q(team_id=team_id), team_id=team_id)


def tag_folder(name: str) -> Folder:
    """Return the folder of a tag; one that nobody has given is an empty folder."""
    key = normal_form(name.replace("\x00", ""))[:40]

    def where(_actor: Actor) -> Q:
        held = TicketTag.objects.filter(ticket_id=OuterRef("pk"), tag__name_key=key)
        return Q(Exists(held), shelf__isnull=True)

    def fixed(actor: Actor, most: int) -> list[int]:
        return list(tagged(actor, key, limit=most - 1).values_list("pk", flat=True))

    return Folder(f"{TAG}{key}", name, "tag", where, counted=False, tag=key, fixed=fixed)


def folder_by_key(key: str, teams: Mapping[int, str]) -> Folder:
    """Return a folder, standing, of a team or of a tag; ``teams`` names the teams the actor may see.

    Raises ``NotFound``.
    """
    for folder in FOLDERS:
        if folder.key == key:
            return folder
    if key.startswith(TAG) and (name := " ".join(key[len(TAG) :].replace("\x00", "").split())[:40]):
        return tag_folder(name)
    prefix, _dash, number = key.partition("-")
    if prefix == "team" and number.isascii() and number.isdigit() and len(number) < 12 and int(number) in teams:
        return team_folder(int(number), teams[int(number)])
    raise NotFound


def in_folder(
    actor: Actor, folder: Folder, *, after: tuple[datetime, int] | None = None, limit: int = 50, sort: str = "-activity"
) -> QuerySet[Ticket]:
    """Return up to ``limit`` + 1 tickets of a folder in an order of ``columns.SORTS``, beginning after a key.

    The one more tells whether there is a next page. The key is (activity_at, id), compared as a tuple, which both
    databases answer from the index at any depth. A tag's folder knows the orders by number only.
    """
    rising = not sort.startswith("-")
    if folder.tag:
        return tagged(actor, folder.tag, after=after[1] if after else 0, rising=rising, limit=limit)
    tickets = visible_to(actor).filter(folder.where(actor))
    if sort.endswith("created"):  # numbers are given in the order of opening
        key = "id"
        if folder.key != "all":
            # A sum has no index: the folder's own is read and sorted; the key of the table would lead over all tickets.
            key, tickets = "key", tickets.alias(key=F("id") + 0)
        if after is not None:
            tickets = tickets.filter(**{f"{key}__{'gt' if rising else 'lt'}": after[1]})
        return tickets.order_by(key if rising else f"-{key}")[: limit + 1]
    if after is not None:
        beyond = TupleGreaterThan if rising else TupleLessThan
        tickets = tickets.filter(beyond(("activity_at", "id"), after))
    order = ("activity_at", "id") if rising else ("-activity_at", "-id")
    return tickets.order_by(*order)[: limit + 1]


_first_pages: dict[tuple[str, tuple[str, ...], int], Prepared[Ticket]] = {}


def first_rows(actor: Actor, folder: Folder, columns: tuple[str, ...], limit: int = 50) -> Found[Any]:
    """Return the columns of what ``in_folder`` begins with; the most asked statement of the desk, worded once.

    Only for whom nothing is hidden; for others their own conditions are worded each time.
    """
    if not sees_all(actor) or actor.id is None or (folder.key == "mine" and actor.stands_in_for):
        return found_by(in_folder(actor, folder, limit=limit).values_list(*columns))
    key = (folder.key, columns, limit)
    if key not in _first_pages:
        _first_pages[key] = _first_page(folder, columns, limit)
    return _first_pages[key].found(actor.id) if folder.key == "mine" else _first_pages[key].found()


def _first_page(folder: Folder, columns: tuple[str, ...], limit: int) -> Prepared[Ticket]:
    def build(actor_id: int = 0) -> QuerySet[Ticket, Any]:
        tickets = Ticket.objects.filter(folder.where(Actor(kind="user", id=actor_id, name="")))
        return tickets.order_by("-activity_at", "-id").values_list(*columns)[: limit + 1]

    return Prepared(build)


def counters(actor: Actor, team_ids: list[int]) -> dict[str, int]:
    """Return how many tickets each counted folder, each team and each pinned tag holds, at most ``COUNT_CAP`` each, in
    one statement.

    Each count stops at the cap inside a subquery of its own, so the cost does not grow with the table.
    """
    pinned = tuple(pin.tag_id for pin in pins_of(actor))
    return _counted(*_counting(actor, is_limited(actor), tuple(team_ids), tag_ids=pinned))


def tag_counters(actor: Actor, tag_ids: Collection[int]) -> dict[int, int]:
    """Return how many open tickets of each tag the actor sees, at most ``COUNT_CAP`` each, in one statement."""
    counted = _counted(*_counting(actor, is_limited(actor), (), (), tuple(tag_ids)))
    return {tag_id: counted[f"tag-{tag_id}"] for tag_id in tag_ids}


def counters_of_many(actors: Collection[Actor], team_ids: list[int]) -> dict[Actor, dict[str, int]]:
    """Return the counters of many actors. Those from whom nothing is hidden share one statement for what is the same
    for all, and need a small one each for their own folders."""
    found: dict[Actor, dict[str, int]] = {}
    shared: dict[str, int] | None = None
    for actor in actors:
        if not sees_all(actor):
            found[actor] = counters(actor, team_ids)
            continue
        if shared is None:
            common = tuple(folder.key for folder in FOLDERS if folder.counted and folder.key not in _own_keys())
            shared = _counted(*_counting(actor, False, tuple(team_ids), common))
        pinned = tuple(pin.tag_id for pin in pins_of(actor))
        found[actor] = shared | _counted(*_counting(actor, False, (), _own_keys(), pinned))
    return found


def _is_own(folder: Folder) -> bool:
    """Tell whether a folder holds something else for each actor."""
    one, other = (folder.where(Actor(kind="user", id=number, name="")) for number in (1, 2))
    return one != other


@lru_cache(maxsize=1)
def _own_keys() -> tuple[str, ...]:
    return tuple(folder.key for folder in FOLDERS if folder.counted and _is_own(folder))


def _counted(keys: tuple[str, ...], sql: str, params: tuple[Any, ...]) -> dict[str, int]:
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row: tuple[Any, ...] = cursor.fetchone()
    return {key: int(value) for key, value in zip(keys, row, strict=True)}


@lru_cache(maxsize=1024)
def _counting(
    actor: Actor,
    _limited: bool,
    team_ids: tuple[int, ...],
    only: tuple[str, ...] | None = None,
    tag_ids: tuple[int, ...] = (),
) -> tuple[tuple[str, ...], str, tuple[Any, ...]]:
    """Return the statement of the counters, compiled once for an actor: it stands on every page of the desk.

    ``_limited`` is in the key because what an actor sees depends on a setting besides himself. ``only`` names folders;
    what is counted under ``tag-…`` are the open tickets of a tag.
    """
    base = visible_to(actor)
    parts: list[tuple[str, QuerySet[Any]]] = [
        (folder.key, base.filter(folder.where(actor)))
        for folder in FOLDERS
        if folder.counted and (only is None or folder.key in only)
    ]
    parts += [(f"team-{team_id}", base.filter(AWAKE & Q(team_id=team_id))) for team_id in team_ids]
    parts += [(f"tag-{tag_id}", open_with_tag(actor, tag_id)) for tag_id in tag_ids]
    selects: list[str] = []
    params: list[Any] = []
    for _key, tickets in parts:
        sql, values = tickets.order_by().values_list("pk", flat=True)[:COUNT_CAP].query.sql_with_params()
        selects.append(f"(SELECT COUNT(*) FROM ({sql}) AS capped)")  # noqa: S608 - compiled by the ORM, values apart
        params.extend(values)
    statement = f"SELECT {', '.join(selects)}"
    return tuple(key for key, _tickets in parts), statement, tuple(params)
