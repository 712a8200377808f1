"""The rail of the desk: rooms register their items, the shell shows those the actor may see."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from otklik.core.actor import Actor
from otklik.core.registry import Registry

MenuGroup = Literal["main", "foot", "settings"]


def _everybody(actor: Actor) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    """One place to go to. ``visible`` goes by the actor alone: what he sees is kept for him.

    ``count`` gives the number beside it and must be cheap: it runs on every page.
    """

    key: str
    label: Any
    icon: str
    url_name: str
    order: int = 100
    group: MenuGroup = "main"
    visible: Callable[[Actor], bool] = _everybody
    count: Callable[[Actor], int | None] | None = None


menu: Registry[MenuItem] = Registry("menu")


def register_menu(item: MenuItem) -> MenuItem:
    """Add an item to the menu."""
    return menu.register(item.key, item)


def menu_for(actor: Actor, group: MenuGroup | None = None) -> list[MenuItem]:
    """Return what the actor may see, in order; of one group, or of all."""
    return [item for item in _menu_of(actor, menu.version) if group is None or item.group == group]


@lru_cache(maxsize=500)
def _menu_of(actor: Actor, _version: int) -> tuple[MenuItem, ...]:
    shown = [item for item in menu if item.visible(actor)]
    return tuple(sorted(shown, key=lambda item: (item.order, item.key)))
