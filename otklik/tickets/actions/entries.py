"""The directories of statuses and request types: what a workspace adds, renames, puts in order and out of use."""

import re
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.core.events import record
from otklik.core.text import normal_form, printable
from otklik.tickets import events
from otklik.tickets.models import Category, DirectoryEntry, Status, TicketType
from otklik.tickets.queries.line_keys import ACTIVE

MOST: Final = 60
"""So many entries a directory takes: menus hold all of them."""
_KEY = re.compile(r"[a-z0-9_-]{1,32}", re.ASCII)
_LATIN: Final = str.maketrans({
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
})  # fmt: skip
_ORDER: Final[dict[str, int]] = {str(category): place for place, category in enumerate(Category)}
_EVENTS: Final[dict[type[DirectoryEntry], Any]] = {
    Status: (events.StatusAdded, events.StatusEdited),
    TicketType: (events.TypeAdded, events.TypeEdited),
}


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What an entry is to be. None leaves what is there; of a new one, an empty name is the other language's.

    ``position`` counts from 0 through the whole directory, ``step`` from where the entry is; a status stays within its
    category.
    """

    name_ru: str | None = None
    name_en: str | None = None
    in_use: bool | None = None
    position: int | None = None
    step: int = 0


def add_status(facts: EntryFacts, *, category: str, key: str = "", by: Actor) -> Status:
    """Add a status to a category, last of it unless a position is given; records ``status.added``.

    Without a ``key`` one is made of the name. Raises ``Invalid`` naming the field, ``Forbidden`` by right.
    """
    if category not in Category:
        raise Invalid(_("There is no such category."), field="category")
    return _add(Status(category=category), facts, key, by)


def add_type(facts: EntryFacts, *, key: str = "", by: Actor) -> TicketType:
    """Add a request type, last unless a position is given; records ``type.added``. Raises as ``add_status`` does."""
    return _add(TicketType(), facts, key, by)


def change_entry[Entry: DirectoryEntry](
    row: Entry, facts: EntryFacts, *, version: int | None = None, by: Actor
) -> Entry:
    """Rename, move, put out of use or back; records ``status.changed`` or ``type.changed``, nothing for no change.

    Raises ``Conflict`` when ``version`` is older than the row's, ``Invalid`` naming the field, ``Forbidden`` by right.
    """
    _may(by)
    with transaction.atomic():
        rows = _held(type(row))
        current = next((one for one in rows if one.pk == row.pk), None)
        if current is None or (version is not None and current.version != version):
            raise Conflict(_("Somebody changed this entry meanwhile."), current=current)
        russian, english = _names(facts, current)
        in_use = current.in_use if facts.in_use is None else facts.in_use
        if not in_use and isinstance(current, Status) and current.is_built_in:
            raise Invalid(_("The desk itself sets this status: it stays in use."), field="in_use")
        _look_for_namesakes(rows, current, russian, english)
        was = _state(current)
        current.name_ru, current.name_en, current.in_use = russian, english, in_use
        place = facts.position
        if facts.step:
            place = rows.index(current) + facts.step
        moved = _place(rows, current, place)
        became = _state(current)
        changes = {name: [was[name], became[name]] for name in was if was[name] != became[name]}
        if changes:
            current.version += 1
            current.save()
            record(_EVENTS[type(row)][1](**_told(current), changes=changes), by=by)
        for other in moved:
            other.save(update_fields=["position"])
    _tell()
    return current


def _add[Entry: DirectoryEntry](fresh: Entry, facts: EntryFacts, key: str, by: Actor) -> Entry:
    _may(by)
    russian, english = _names(facts, fresh)
    if key and not _KEY.fullmatch(key):
        raise Invalid(_("A key has up to 32 small Latin letters, digits, “-” and “_”."), field="key")
    with transaction.atomic():
        rows = _held(type(fresh))
        if len(rows) >= MOST:
            raise Invalid(_("There are enough of them; rename one that is out of use."), field="name_ru")
        _look_for_namesakes(rows, fresh, russian, english)
        fresh.key = _free_key({row.key for row in rows}, key, english)
        fresh.name_ru, fresh.name_en, fresh.in_use = russian, english, facts.in_use is not False
        moved = _place([*rows, fresh], fresh, len(rows) if facts.position is None else facts.position)
        fresh.save()
        for other in moved:
            other.save(update_fields=["position"])
        changes = {name: [None, value] for name, value in _state(fresh).items() if name != "position"}
        if isinstance(fresh, Status):
            changes["category"] = [None, fresh.category]
        record(_EVENTS[type(fresh)][0](**_told(fresh), changes=changes), by=by)
    _tell()
    return fresh


def _tell() -> None:
    """Drop what is kept in memory: for what follows in this transaction, and again once others can see it."""
    forget("directories")
    transaction.on_commit(lambda: forget("directories"))


def _may(by: Actor) -> None:
    if not rights.can(by, "settings.edit"):
        raise Forbidden(_("You have no right to do this."))


def _names(facts: EntryFacts, entry: DirectoryEntry) -> tuple[str, str]:
    given = (facts.name_ru, entry.name_ru), (facts.name_en, entry.name_en)
    russian, english = (" ".join(printable(held if name is None else name).split()) for name, held in given)
    if not (russian or english):
        raise Invalid(_("Enter a name."), field="name_ru")
    for field, name in (("name_ru", russian), ("name_en", english)):
        if len(name) > 60:
            raise Invalid(_("A name has up to 60 characters."), field=field)
        if isinstance(entry, Status) and normal_form(name) in ACTIVE:
            raise Invalid(_("A search takes “%(name)s” for all that are not closed.") % {"name": name}, field=field)
    return russian or english, english or russian


def _held[Entry: DirectoryEntry](model: type[Entry]) -> list[Entry]:
    """Return the whole directory in its order, locked: names, keys and places are compared with all others."""
    list(model._default_manager.select_for_update().order_by("pk").values_list("pk"))
    return list(model._default_manager.all())


def _look_for_namesakes(rows: list[Any], entry: DirectoryEntry, russian: str, english: str) -> None:
    for field, name in (("name_ru", russian), ("name_en", english)):
        wanted = normal_form(name)
        if any(normal_form(getattr(row, field)) == wanted for row in rows if row.pk != entry.pk):
            raise Invalid(_("“%(name)s” is there already.") % {"name": name}, field=field)


def _free_key(taken: set[str], key: str, english: str) -> str:
    """Return the wanted key, or one made of the name and, where that is taken or not Latin, a number."""
    if key:
        if key in taken:
            raise Invalid(_("“%(name)s” is there already.") % {"name": key}, field="key")
        return key
    stem = slugify(english.lower().translate(_LATIN))[:28].strip("-_") or "entry"
    numbered = (f"{stem}-{number}" for number in range(2, MOST + 2))
    return next(one for one in (stem, *numbered) if one not in taken | ACTIVE)


def _place[Entry: DirectoryEntry](rows: list[Entry], entry: Entry, position: int | None) -> list[Entry]:
    """Number the directory anew with the entry at its place; return the others that moved."""
    if position is None:
        return []
    before = {id(row): row.position for row in rows}
    others = sorted((row for row in rows if row is not entry), key=lambda row: (_group(row), row.position))
    first = sum(_group(row) < _group(entry) for row in others)
    last = first + sum(_group(row) == _group(entry) for row in others)
    others.insert(max(first, min(position, last)), entry)
    for place, row in enumerate(others):
        row.position = place
    return [row for row in others if row is not entry and row.position != before[id(row)]]


def _group(entry: DirectoryEntry) -> int:
    return _ORDER[entry.category] if isinstance(entry, Status) else 0


def _state(entry: DirectoryEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ("name_ru", "name_en", "in_use", "position")}


def _told(entry: DirectoryEntry) -> dict[str, Any]:
    return {"subject_id": entry.pk, "key": entry.key, "name": {"ru": entry.name_ru, "en": entry.name_en}}
