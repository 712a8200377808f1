"""The rail's counters as shown: capped at 99+, empty for nothing."""

from otklik.accounts.queries import teams
from otklik.core.actor import Actor
from otklik.core.menu import menu_for
from otklik.tickets.queries import COUNT_CAP, counters


def shown(count: int | None) -> str:
    """Return a counter as the rail shows it: nothing for zero, 99+ from the cap on."""
    if not count:
        return ""
    return f"{COUNT_CAP - 1}+" if count >= COUNT_CAP else str(count)


def folder_counters(actor: Actor) -> dict[str, str]:
    """Return the counters of folders and teams for an actor (one statement)."""
    return {key: shown(count) for key, count in counters(actor, [team.pk for team in teams()]).items()}


def menu_counters(actor: Actor) -> dict[str, str]:
    """Return the counters of menu items, keyed ``menu.<key>`` (what each item costs)."""
    return {
        f"menu.{item.key}": shown(item.count(actor))
        for item in menu_for(actor)
        if item.count is not None and item.group != "settings"
    }
