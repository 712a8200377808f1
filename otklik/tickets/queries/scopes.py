"""What an act on the whole or guided work may be about: a folder, or what a search line finds."""

from collections.abc import Mapping
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.tickets.queries.access import visible_to
from otklik.tickets.queries.folders import Folder, folder_by_key
from otklik.tickets.queries.searching import search
from otklik.tickets.queries.understanding import LONGEST_LINE, understand

SEARCH: Final = "search"
_PREFIX: Final = f"{SEARCH}:"
_AT_ONCE: Final = 200


def scope_by_key(key: str, teams: Mapping[int, str], *, awake: bool = False) -> Folder:
    """Return a folder, or for ``search:…`` what a line finds, with ``awake`` only of the open tickets.

    Raises ``NotFound``.
    """
    if not key.startswith(_PREFIX):
        return folder_by_key(key, teams)
    line = line_of(key)
    if not line:
        raise NotFound
    return search_folder(f"status:active {line}" if awake else line)


def line_of(key: str) -> str:
    """Return the search line that a key is about, "" for a folder's."""
    if not key.startswith(_PREFIX):
        return ""
    line = key[len(_PREFIX) :].replace("\x00", "")[:LONGEST_LINE]
    return line if line.strip() else ""


def search_folder(line: str) -> Folder:
    """Return what a search line finds, as something that acts may be about; its numbers are asked for once.

    The line itself is kept nowhere: it may hold names of people.
    """

    def fixed(actor: Actor, most: int) -> list[int]:
        return found_numbers(actor, line.replace("\x00", " "), most)

    return Folder(SEARCH, _("Search"), "search", lambda _actor: Q(pk__in=[]), counted=False, fixed=fixed)


def found_numbers(actor: Actor, line: str, most: int) -> list[int]:
    """Return up to so many numbers of what a line finds, the newest hits first; raises ``Invalid`` for a line that
    means nothing."""
    asked = understand(actor, line, longest=LONGEST_LINE + 20)
    numbers: dict[int, None] = {}
    cursor = ""
    while len(numbers) < most:
        found = search(actor, asked, limit=_AT_ONCE, cursor=cursor)
        if found.corrected:
            asked = understand(actor, found.corrected)
        numbers |= dict.fromkeys(found.numbers)
        if found.next is None:
            break
        cursor = found.next
    return list(numbers)[:most]


def whole_of(actor: Actor, folder: Folder, most: int) -> tuple[int, bool]:
    """Return how many tickets an act on the whole would be about, and whether there are more than these.

    Counted only when somebody is about to mean the whole of it.
    """
    if folder.fixed is None:
        return visible_to(actor).filter(folder.where(actor)).order_by().count(), False
    found = folder.fixed(actor, most + 1)
    return min(len(found), most), len(found) > most
