"""What an event is: a frozen value that says what happened, and how it goes into the table and out again."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from types import UnionType
from typing import Any, ClassVar, Final, Union, get_args, get_origin, get_type_hints

from otklik.core.actor import Actor

event_classes: "dict[str, type[DomainEvent]]" = {}
_names_of: dict[str, tuple[str, ...]] = {}
_readers_of: dict[str, dict[str, Callable[[Any], Any]]] = {}


UNANNOUNCED: Final = "unannounced"
"""The key in an event's data that keeps it from being told."""


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """The base of all events. A subclass names its ``kind`` and adds fields of plain, JSON-able types.

    ``version`` goes up when the fields change their meaning; ``upgrade`` then turns old data into new.
    A ``silent`` event is told to subscribers and kept, but not shown in the history that people read.
    The words of an ``impersonal`` one are a whole sentence in every language: nobody is its subject.
    Never put bodies or secrets into an event: it is kept for ever.
    """

    kind: ClassVar[str] = ""
    subject_kind: ClassVar[int] = 0
    version: ClassVar[int] = 1
    silent: ClassVar[bool] = False
    impersonal: ClassVar[bool] = False

    subject_id: int

    def __init_subclass__(cls, **options: Any) -> None:
        """Enter the class under its kind; a kind that is taken is an error of the program."""
        super().__init_subclass__(**options)
        if "kind" not in cls.__dict__ or not cls.kind:
            return
        known = event_classes.get(cls.kind)
        if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"The event kind “{cls.kind}” belongs to {known.__qualname__} already.")
        event_classes[cls.kind] = cls
        _names_of.pop(cls.kind, None)
        _readers_of.pop(cls.kind, None)

    def describe(self) -> str:
        """Return the sentence of this event in the active language, without the actor's name.

        It is made of the event alone, in the reader's language and time zone: pages keep it.
        """
        return self.kind

    def audience(self) -> int | None:
        """Return the team that the change concerns, if it concerns one: the live stream filters by it."""
        team: int | None = getattr(self, "team_id", None)
        return team

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Return the data without what tells who a person is (called when a person is erased)."""
        return data

    @classmethod
    def upgrade(cls, data: dict[str, Any], version: int) -> dict[str, Any]:
        """Turn data that was written by an older version of the class into that of the present one."""
        return data


@dataclass(frozen=True, kw_only=True)
class UnknownEvent(DomainEvent):
    """Stands for an event whose class is gone, such as one of a plugin that was removed."""

    was: str = ""

    def describe(self) -> str:
        """Say the kind as it was."""
        return self.was


@dataclass(frozen=True)
class StoredEvent:
    """An event as subscribers and readers get it: the row's facts and the event itself."""

    id: int
    at: datetime
    kind: str
    actor: Actor
    subject_kind: int
    subject_id: int
    data: dict[str, Any]
    version: int = 1
    cause_id: int | None = None

    @property
    def is_announced(self) -> bool:
        """Tell whether people and programs may be told of it: not of history that was written down late."""
        return not self.data.get(UNANNOUNCED)

    @cached_property
    def event(self) -> DomainEvent:
        """The event as its class; ``UnknownEvent`` when the class is gone or the data no longer fits."""
        return from_data(self.kind, self.subject_id, self.data, self.version)


def to_data(event: DomainEvent) -> dict[str, Any]:
    """Return the own fields of an event as plain JSON values."""
    return {name: _plain(getattr(event, name)) for name in _names(type(event))}


def from_data(kind: str, subject_id: int, data: Mapping[str, Any], version: int) -> DomainEvent:
    """Build an event from its row; fields that are no longer known are left out, missing ones take defaults."""
    cls = event_classes.get(kind)
    if cls is None:
        return UnknownEvent(subject_id=subject_id, was=kind)
    held = dict(data)
    if version < cls.version:
        held = cls.upgrade(held, version)
    readers = _readers(cls)
    values = {name: readers[name](held[name]) for name in _names(cls) if name in held}
    try:
        return cls(subject_id=subject_id, **values)
    except TypeError:
        return UnknownEvent(subject_id=subject_id, was=kind)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(_plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def _names(cls: type[DomainEvent]) -> tuple[str, ...]:
    """Return the own fields of a class; worked out once a kind, as the event log is busy."""
    names = _names_of.get(cls.kind)
    if names is None:
        names = tuple(field.name for field in fields(cls) if field.name != "subject_id")
        _names_of[cls.kind] = names
    return names


def _readers(cls: type[DomainEvent]) -> dict[str, Callable[[Any], Any]]:
    """Return for each field what turns its JSON value back; worked out once a kind."""
    readers = _readers_of.get(cls.kind)
    if readers is None:
        hints = get_type_hints(cls)
        readers = {name: _reader(hints.get(name, Any)) for name in _names(cls)}
        _readers_of[cls.kind] = readers
    return readers


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return what turns a JSON value back into the declared type; anything that cannot be turned stays as it is."""
    if get_origin(hint) in {Union, UnionType}:
        inner = [_reader(part) for part in get_args(hint) if part is not type(None)]
        return inner[0] if len(inner) == 1 else _same
    target = get_origin(hint) or hint
    if target in {datetime, date}:
        return lambda value: target.fromisoformat(value) if isinstance(value, str) else value
    if target is Decimal:
        return lambda value: Decimal(value) if isinstance(value, str | int) else value
    if target in {tuple, frozenset, set}:
        return lambda value: target(value) if isinstance(value, list) else value
    return _same


def _same(value: Any) -> Any:
    return value


def required_fields(cls: type[DomainEvent]) -> list[str]:
    """Return the names of fields without a default; documentation and its test read them."""
    return [
        field.name
        for field in fields(cls)
        if field.name != "subject_id" and field.default is MISSING and field.default_factory is MISSING
    ]
