"""The rail's counters as shown: capped at 99+, empty for nothing."""

from collections.abc import Collection

from otklik.accounts.queries import teams
from otklik.core.actor import Actor
from otklik.core.menu import menu_for
from otklik.notifications.queries import unread_of
from otklik.tickets.queries import COUNT_CAP, counters
from otklik.tickets.queries import counters_of_many as tickets_of_many

BELL = "bell"


def shown(count: int | None) -> str:
    """Return a counter as the rail shows it: nothing for zero, 99+ from the cap on."""
    if not count:
        return ""
    return f"{COUNT_CAP - 1}+" if count >= COUNT_CAP else str(count)


def folder_counters(actor: Actor) -> dict[str, str]:
    """Return the counters of folders and teams for an actor (one statement)."""
    return {key: shown(count) for key, count in counters(actor, [team.pk for team in teams()]).items()}


def menu_counters(actor: Actor) -> dict[str, str]:
    """Return the counters of menu items, keyed ``menu.<key>`` (what each item costs), and ``bell`` (kept: no cost)."""
    return {BELL: shown(unread_of(actor))} | {
        f"menu.{item.key}": shown(item.count(actor))
        for item in menu_for(actor)
        if item.count is not None and item.group != "settings"
    }


def counters_of_many(actors: Collection[Actor]) -> dict[Actor, dict[str, str]]:
    """Return all counters of the rail for many actors, at far less than what each costs by himself."""
    counted = tickets_of_many(actors, [team.pk for team in teams()])
    return {
        actor: {key: shown(count) for key, count in own.items()} | menu_counters(actor)
        for actor, own in counted.items()
    }
