"""Tags: the tickets of one, read from the index of tags by number at any depth; who has pinned which; the directory."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from otklik.core.actor import Actor
from otklik.core.cached import kept_for
from otklik.core.db.fields import begins_with
from otklik.core.errors import NotFound
from otklik.core.text import normal_form
from otklik.tickets.models import PinnedTag, Tag, Ticket, TicketTag
from otklik.tickets.queries.access import sees_all, visible_to

MOST_PINNED: Final = 12
PINS: Final = "pinned tags"


def tagged(
    actor: Actor,
    name: str,
    *,
    after: int = 0,
    rising: bool = False,
    among: list[int] | None = None,
    limit: int = 50,
) -> QuerySet[Ticket]:
    """Return up to ``limit`` + 1 visible tickets with a tag, the newest numbers first, those behind ``after``.

    Open and closed ones; a tag that nobody has given finds none. ``rising``: the oldest first. ``among`` leaves only
    these numbers.
    """
    tickets = visible_to(actor).filter(tickettag__tag__name_key=normal_form(name)[:40], shelf__isnull=True)
    if after:
        beyond = "gt" if rising else "lt"
        tickets = tickets.filter(**{f"tickettag__ticket_id__{beyond}": after})
    if among is not None:
        tickets = tickets.filter(pk__in=among)
    return tickets.order_by("tickettag__ticket_id" if rising else "-tickettag__ticket_id")[: limit + 1]


def open_with_tag(actor: Actor, tag_id: int) -> QuerySet[Any]:
    """Return what there is to count of a tag: its open tickets that the actor sees, from the index of the open ones."""
    rows = TicketTag.objects.filter(tag_id=tag_id, is_open=True)
    return rows if sees_all(actor) else rows.filter(ticket__in=visible_to(actor))


@dataclass(frozen=True, slots=True)
class Pin:
    """A tag on somebody's rail."""

    tag_id: int
    name: str
    key: str


@kept_for(30, PINS)
def _pins() -> tuple[dict[int, tuple[Pin, ...]]]:
    """Return everybody's pins by user; in a tuple, as an empty directory would be read on every page."""
    found: dict[int, tuple[Pin, ...]] = defaultdict(tuple)
    rows = PinnedTag.objects.filter(tag__is_leaving=False).order_by("pk")
    for user_id, tag_id, name, key in rows.values_list("user_id", "tag_id", "tag__name", "tag__name_key"):
        found[user_id] += (Pin(tag_id, name, key),)
    return (dict(found),)


def pins_of(actor: Actor) -> tuple[Pin, ...]:
    """Return the tags on a person's rail in the order in which he pinned them; they cost a page nothing."""
    return _pins()[0].get(actor.id or 0, ()) if actor.kind == "user" else ()


def tags(*, beginning: str = "") -> QuerySet[Tag]:
    """Return the directory of tags by name, those that begin so; without what is being taken away."""
    rows = Tag.objects.filter(is_leaving=False)
    if key := normal_form(beginning.replace("\x00", ""))[:40]:
        rows = rows.filter(begins_with("name_key", key))
    return rows.order_by("name_key")


def get_tag(tag_id: int) -> Tag:
    """Return a tag that is in use, or raise ``NotFound``."""
    tag = Tag.objects.filter(pk=tag_id, is_leaving=False).first() if 0 < tag_id < 2**63 else None
    if tag is None:
        raise NotFound
    return tag
