"""Queries that are worded once: Django's time to word an ordinary statement is several times SQLite's to answer it.

    user_by_id = Prepared(lambda pk: User.objects.filter(pk=pk))
    user_by_id(7)  ->  [User]

The builder is called with stand-ins for its arguments, and where they end up in the parameters is remembered. So it
may only filter by them: a builder that looks at a value, or that adds conditions of its own by reader (``visible_to``),
does not belong here. Arguments are whole numbers, texts, or lists of either.
"""

import copy
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Model, QuerySet

type Argument = int | str | Sequence[int] | Sequence[str]
type Row = tuple[Any, ...]
"""One row as the database gave it. Both databases give values that can be compared and be part of a key."""

_STAND_IN = 7_345_000_000_000_000_000
"""For lists of ids: no id comes near; within the signed 64 bits that both databases have."""
_SMALL_STAND_IN = 32_345
"""For single numbers: within the smallest column, as Django words a number that does not fit as "nothing is found"."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The statement for one shape of arguments on one connection; ``slots`` fill its parameters in order."""

    queryset: QuerySet[Any]
    compiler: Any
    sql: str
    slots: tuple[tuple[int, int] | None, ...]
    constants: tuple[Any, ...]
    converters: dict[Any, Any] = field(default_factory=dict)  # of values from the database, by its connection


@dataclass(frozen=True, slots=True)
class Found[M: Model]:
    """Rows that tell whether something is as it was before; objects are made only of those that are wanted.

    Of a query for values the objects are tuples of these, as fields give them.
    """

    rows: Sequence[Row]
    _plan: _Plan | None = None

    def objects(self, rows: Sequence[Row] | None = None) -> list[M]:
        """Return the objects of all rows found, or of some of them."""
        wanted = self.rows if rows is None else rows
        if not wanted or self._plan is None:
            return []
        return list(_objects(self._plan, wanted, connections[self._plan.queryset.db]))


def found_by(queryset: QuerySet[Any, Any]) -> Found[Any]:
    """Return the rows of an ordinary query, as a prepared one gives them."""
    compiler = queryset.query.get_compiler(using=queryset.db)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:  # a condition that nothing fits
        return Found(())
    return _found(_Plan(queryset, compiler, sql, (), parameters), parameters)


def place_of(model: type[Model], column: str) -> int:
    """Return where a row of a query for whole objects of a model holds a column."""
    return [field.attname for field in model._meta.concrete_fields].index(column)


class Prepared[M: Model]:
    """A query by its arguments; the statement is worded at the first call of each thread and shape."""

    def __init__(self, build: Callable[..., QuerySet[M]]) -> None:
        self._build = build
        self._local = threading.local()

    def __call__(self, *arguments: Argument) -> list[M]:
        """Return the objects in the order of the query. An empty list among the arguments finds nothing."""
        return self.found(*arguments).objects()

    def found(self, *arguments: Argument) -> Found[M]:
        """Return the rows in the order of the query, from which the objects can be made."""
        given: list[Any] = [list(value) if not isinstance(value, int | str) else value for value in arguments]
        if any(value == [] for value in given):
            return Found(())
        given = [_padded(value) if isinstance(value, list) else value for value in given]
        plan = self._plan(given)
        filled = [
            constant if slot is None else _filled(given, slot)
            for slot, constant in zip(plan.slots, plan.constants, strict=True)
        ]
        return _found(plan, filled)

    def _plan(self, given: list[Any]) -> _Plan:
        plans: dict[tuple[Any, ...], _Plan] = self._local.__dict__.setdefault("plans", {})
        shape = tuple((len(value), type(value[0])) if isinstance(value, list) else type(value) for value in given)
        queryset = plans.get(shape)
        if queryset is None:
            queryset = plans[shape] = self._worded(given)
        return queryset

    def _worded(self, given: list[Any]) -> _Plan:
        marks: dict[Any, tuple[int, int]] = {}
        stand_ins = [_stand_in(place, value, marks) for place, value in enumerate(given)]
        queryset = self._build(*stand_ins)
        if queryset._prefetch_related_lookups:  # type: ignore[attr-defined]
            raise ValueError("A prepared query cannot prefetch: prepare the second one too.")
        compiler = queryset.query.get_compiler(using=queryset.db)
        sql, parameters = compiler.as_sql()
        slots = tuple(marks.get(value) if isinstance(value, int | str) else None for value in parameters)
        if {slot for slot in slots if slot is not None} != set(marks.values()):
            raise ValueError("The builder must use each of its arguments as it is.")
        return _Plan(queryset, compiler, sql, slots, tuple(parameters))


def _padded(values: list[Any]) -> list[Any]:
    """Repeat the last value up to a power of two, so that few shapes serve lists of all lengths."""
    wanted = 1 << (len(values) - 1).bit_length()
    return values + [values[-1]] * (wanted - len(values))


def _stand_in(place: int, value: Any, marks: dict[Any, tuple[int, int]]) -> Any:
    if isinstance(value, list):
        texts = isinstance(value[0], str)
        numbers = range(len(value))
        made = [f"\x01{place}:{n}\x01" if texts else _STAND_IN + place * 100_000 + n for n in numbers]
        marks.update({mark: (place, number) for number, mark in enumerate(made)})
        return made
    mark: Any = f"\x01{place}\x01" if isinstance(value, str) else _SMALL_STAND_IN + place
    marks[mark] = (place, -1)
    return mark


def _filled(given: list[Any], slot: tuple[int, int]) -> Any:
    place, number = slot
    return given[place] if number < 0 else given[place][number]


def _found(plan: _Plan, parameters: Sequence[Any]) -> Found[Any]:
    with connections[plan.queryset.db].cursor() as cursor:
        cursor.execute(plan.sql, parameters)
        return Found(cursor.fetchall(), plan)


def _objects(plan: _Plan, rows: Sequence[tuple[Any, ...]], connection: Any) -> Iterable[Any]:
    """Let Django make objects of the rows, as it does with those of its own statements."""
    compiler = copy.copy(plan.compiler)
    compiler.connection = connection
    compiler.execute_sql = lambda *_args, **_options: [rows]
    compiler.get_converters = lambda columns: _converters(plan, connection, columns)
    query = _Instead(plan.queryset.query, get_compiler=lambda *_args, **_options: compiler)
    make: Callable[[Any], Iterable[Any]] = plan.queryset._iterable_class  # type: ignore[assignment]
    return make(_Instead(plan.queryset, query=query))


def _converters(plan: _Plan, connection: Any, columns: Sequence[Any]) -> Any:
    """Return what turns values of the database into those of fields; Django would look it up for every column anew."""
    if (kept := plan.converters.get(connection)) is None:
        plan.converters.clear()  # one thread has one connection, unless that was made anew
        plan.compiler.connection = connection
        kept = plan.converters[connection] = plan.compiler.get_converters(columns)
    return kept


class _Instead:
    """Stands in for an object towards Django's iterables, with some of its attributes replaced."""

    def __init__(self, original: Any, **replaced: Any) -> None:
        self.__dict__.update(replaced)
        self._original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)
