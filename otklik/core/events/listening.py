"""Who listens to what. Declared with ``@subscriber`` in a room's ``subscribers.py``."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from otklik.core.events.base import StoredEvent
from otklik.core.registry import Registry

Tell = Callable[[list[StoredEvent]], None]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A function and the kinds it hears; ``ticket.*`` hears every kind that begins so, ``*`` hears all."""

    name: str
    patterns: tuple[str, ...]
    tell: Tell
    inside: bool
    order: int = 100

    def hears(self, kind: str) -> bool:
        """Tell whether an event of this kind is for the subscriber."""
        return _hears(self.patterns, kind)


@lru_cache(maxsize=4096)
def _hears(patterns: tuple[str, ...], kind: str) -> bool:
    return any(kind == pattern or (pattern.endswith("*") and kind.startswith(pattern[:-1])) for pattern in patterns)


subscribers: Registry[Subscriber] = Registry("subscribers")


def subscriber(name: str, *patterns: str, inside: bool = False, order: int = 100) -> Callable[[Tell], Tell]:
    """Declare a function as subscriber of events.

    ``inside``: runs in the transaction of the change, in ascending ``order``, and undoes the change when it raises;
    database only. Otherwise it runs after the commit, in the engine, with up to 200 events at once, in a transaction
    that the engine commits; it is told at least once, so its effect must be a row unique by what happened. Neither
    may touch the network or do slow work: an after-commit subscriber writes a row that a worker picks up.
    """
    if not patterns:
        raise ValueError(f"The subscriber “{name}” listens to nothing.")

    def declare(function: Tell) -> Tell:
        subscribers.register(name, Subscriber(name, patterns, function, inside, order))
        return function

    return declare


def inside_subscribers() -> list[Subscriber]:
    """Return those that run in the transaction of the change, in their order."""
    return sorted((item for item in subscribers if item.inside), key=lambda item: item.order)


def outside_subscribers() -> list[Subscriber]:
    """Return those that are told after the commit, in their order."""
    return sorted((item for item in subscribers if not item.inside), key=lambda item: item.order)
