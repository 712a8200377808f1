"""Where a card was opened from, a folder or what a search found; the way back, and which ticket stands beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from otklik.accounts.queries import teams
from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.tickets.columns import DEFAULT_SORT
from otklik.tickets.models import Ticket
from otklik.tickets.queries.folders import Folder, folder_by_key, in_folder
from otklik.tickets.queries.searching import SORTS, search
from otklik.tickets.queries.understanding import LONGEST_LINE, understand

_LONGEST_KEY: Final = 60
_PAGE: Final = 100
_PAGES: Final = 5  # of what a search found are looked through for a ticket; further down the way leads to the list


@dataclass(frozen=True, slots=True)
class Place:
    """A folder by its key, or a search line and its order; nothing stands for a card that was opened by itself."""

    folder: str = ""
    line: str = ""
    sort: str = SORTS[0]

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "Place":
        """Return the place that an address or a form names."""
        if line := values.get("q", "").replace("\x00", "")[:LONGEST_LINE]:
            return cls(line=line, sort=next((sort for sort in SORTS if sort == values.get("sort")), SORTS[0]))
        return cls(folder=values.get("folder", "")[:_LONGEST_KEY])

    @property
    def query(self) -> str:
        """What the links of a card carry on, without the question mark."""
        if self.line:
            return urlencode({"q": self.line} | ({"sort": self.sort} if self.sort != SORTS[0] else {}))
        return urlencode({"folder": self.folder}) if self.folder else ""

    @property
    def suffix(self) -> str:
        """The same as the end of an address."""
        return f"?{self.query}" if self.query else ""

    @property
    def url(self) -> str:
        """The list that the card was opened from; that of all open tickets when it was none."""
        return f"/search/{self.suffix}" if self.line else f"/tickets/{self.suffix or '?folder=open'}"


def first_of(actor: Actor, place: Place, *, sort: str = DEFAULT_SORT) -> int | None:
    """Return the first ticket of a place. Raises ``NotFound`` when there is no such folder."""
    return next(iter(_numbers(actor, place, sort, limit=1)), None)


def beside(actor: Actor, place: Place, ticket: Ticket, *, step: int = 1, sort: str = DEFAULT_SORT) -> int | None:
    """Return the ticket after (``step`` 1) or before (-1) this one in its place, nothing at the end of what is there.

    ``sort`` is the order of a folder. After a ticket that is not there (any more) comes the first other one. Raises
    ``NotFound`` when there is no such folder.
    """
    if place.line:
        try:
            return _beside_found(actor, place, ticket.pk, step)
        except Invalid:
            return None  # half a line: the search page says what is wrong with it
    order = sort if step > 0 else _turned(sort)
    folder = _folder(place)
    rows = in_folder(actor, folder, after=(ticket.activity_at, ticket.pk), limit=1, sort=order)
    number = next(iter(rows.values_list("pk", flat=True)), None)
    if number is not None or step < 0:
        return number
    return next((pk for pk in _numbers(actor, place, sort, limit=2) if pk != ticket.pk), None)


def _beside_found(actor: Actor, place: Place, number: int, step: int) -> int | None:
    asked, cursor, before = understand(actor, place.line), "", None
    first: int | None = None
    for _page in range(_PAGES):
        found = search(actor, asked, limit=_PAGE, cursor=cursor, sort=place.sort)
        shown = list(found.numbers)
        first = first if first is not None else next((pk for pk in shown if pk != number), None)
        if number in shown:
            at = shown.index(number)
            if step < 0:
                return shown[at - 1] if at else before
            if at + 1 < len(shown):
                return shown[at + 1]
            if not found.next:
                return None
            rest = search(actor, asked, limit=1, cursor=found.next, sort=place.sort)
            return next(iter(rest.numbers), None)
        if not found.next:
            break
        cursor, before = found.next, shown[-1] if shown else before
    return first if step > 0 else None


def _numbers(actor: Actor, place: Place, sort: str, *, limit: int) -> list[int]:
    if not place.line:
        return list(in_folder(actor, _folder(place), limit=limit, sort=sort).values_list("pk", flat=True))
    try:
        return list(search(actor, understand(actor, place.line), limit=limit, sort=place.sort).numbers)
    except Invalid:
        return []


def _folder(place: Place) -> Folder:
    return folder_by_key(place.folder or "open", {team.pk: team.name for team in teams()})


def _turned(sort: str) -> str:
    return sort[1:] if sort.startswith("-") else f"-{sort}"
