"""One kind of list for everything that rooms add to: menu, panels, blocks, handlers, services, health checks.

Rooms fill registries from the modules that are loaded at start (see ``core.apps``); a name is given once.
"""

import re
from collections.abc import Iterator

_KEY = re.compile(r"[a-z0-9][a-z0-9_.:*-]{0,79}")


class Registry[T]:
    """Things by key, in the order in which they came; a key that is taken is an error of the program."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.version = 0
        """Another number after every change, so that what was made of the items can be kept until then."""
        self._items: dict[str, T] = {}

    def register(self, key: str, item: T) -> T:
        """Add ``item`` and return it. Raises ``ValueError`` for a taken or malformed key.

        The very same item may come again: a module that is imported twice does no harm.
        """
        if not _KEY.fullmatch(key):
            raise ValueError(f"{self.name}: “{key}” is not a key.")
        known = self._items.get(key)
        if known is not None and known is not item and known != item:
            raise ValueError(f"{self.name}: “{key}” is registered already.")
        self._items[key] = item
        self.version += 1
        return item

    def unregister(self, key: str) -> None:
        """Take an item out again (tests and plugins that are switched off)."""
        self._items.pop(key, None)
        self.version += 1

    def get(self, key: str) -> T | None:
        """Return the item, or None."""
        return self._items.get(key)

    def __getitem__(self, key: str) -> T:
        """Return the item; raises ``KeyError`` that names the registry."""
        try:
            return self._items[key]
        except KeyError:
            raise KeyError(f"{self.name}: there is no “{key}”.") from None

    def __contains__(self, key: object) -> bool:
        """Tell whether the key is taken."""
        return key in self._items

    def __iter__(self) -> Iterator[T]:
        """Walk over the items in the order of registration."""
        return iter(list(self._items.values()))

    def __len__(self) -> int:
        """Return how many items there are."""
        return len(self._items)

    def keys(self) -> list[str]:
        """Return the keys in the order of registration."""
        return list(self._items)

    def items(self) -> list[tuple[str, T]]:
        """Return keys and items in the order of registration."""
        return list(self._items.items())
