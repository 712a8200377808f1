"""Rows of the ticket list: one statement of plain values, one dictionary of ready strings a row."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from otklik.core import shown
from otklik.core.clock import now
from otklik.tickets.models import Category, Priority, Ticket

Row = dict[str, Any]
COLUMNS: Final = (
    "pk", "subject", "activity_at", "last_author_kind", "last_author_name", "preview", "awaits_us", "priority",
    "tags_shown", "snoozed_until", "woke_at", "category", "status__name_ru", "status__name_en", "channel__kind",
    "channel__name", "requester__name", "organization__name", "assignee_id", "assignee__name", "assignee__hue",
    "version", "message_count",
)  # fmt: skip
CHANNEL_ICONS: Final = {"email": "mail", "call": "phone", "visit": "user", "api": "api", "web": "globe", "chat": "chat"}
_STATE_CLASS: Final = {
    Category.NEW: "state--new", Category.OPEN: "state--open", Category.PENDING: "state--waiting",
    Category.ON_HOLD: "state--waiting", Category.SOLVED: "state--solved", Category.CLOSED: "state--closed",
}  # fmt: skip


def channel_icon(kind: str) -> str:
    """Return the icon of a kind of channel."""
    return CHANNEL_ICONS.get(kind, "inbox")


def sort_key(activity_at: datetime, number: int) -> str:
    """Return what the script puts rows in order by: bigger is higher in the list."""
    return f"{int(activity_at.timestamp() * 1_000_000):020}-{number:019}"


def present_rows(tickets: QuerySet[Ticket], *, query: str = "", limit: int = 50) -> tuple[list[Row], Row | None]:
    """Read up to ``limit`` rows and make them ready; also return the last one when there are more.

    ``query`` is what the links carry on, so that the card knows which folder it was opened from.
    """
    values = list(tickets.values_list(*COLUMNS))
    rows = _ready(values[:limit], query)
    return rows, rows[-1] if len(values) > limit else None


def _ready(values: Iterable[tuple[Any, ...]], query: str) -> list[Row]:
    at = now()
    words = _Words()
    return [_row(dict(zip(COLUMNS, value, strict=True)), at, words, query) for value in values]


class _Words:
    """The words every row needs, translated once for the page."""

    def __init__(self) -> None:
        self.russian = shown.speaks_russian()
        self.open_label = _("Ticket %(number)s: %(subject)s")
        self.select_label = _("Select %(number)s")
        self.nobody = _("No assignee")
        self.waits = _("The customer waits for an answer")
        self.woke = _("Back from snooze")
        self.priorities = {Priority.HIGH: _("High"), Priority.URGENT: _("Urgent")}


def _row(value: dict[str, Any], at: datetime, words: _Words, query: str) -> Row:
    number, subject, activity = value["pk"], value["subject"] or "—", value["activity_at"]
    tags = value["tags_shown"]
    state, icon, label = _state(value, at, words)
    priority = value["priority"]
    return {
        "number": number,
        "url": f"/tickets/{number}/{query}",
        "version": f"{value['version']}-{value['message_count']}-{value['awaits_us']:d}",
        "sort": sort_key(activity, number),
        "activity_at": activity,
        "subject": subject,
        "open_label": words.open_label % {"number": number, "subject": subject},
        "select_label": words.select_label % {"number": number},
        "unread": value["awaits_us"] and value["category"] in {Category.NEW, Category.OPEN},
        "unread_label": words.waits,
        "icon": channel_icon(value["channel__kind"]),
        "channel": value["channel__name"],
        "who": value["requester__name"],
        "organization": value["organization__name"] or "",
        "said_by": value["last_author_name"].split(" ", 1)[0] if value["last_author_kind"] == "user" else "",
        "preview": value["preview"],
        "priority": words.priorities.get(priority, ""),
        "priority_class": "chip--bad" if priority == Priority.URGENT else "chip--warn",
        "tags": tags[:2],
        "more_tags": f"+{len(tags) - 2}" if len(tags) > 2 else "",
        "all_tags": ", ".join(tags),
        "assignee": value["assignee__name"] or words.nobody,
        "initials": shown.initials(value["assignee__name"]) if value["assignee_id"] else "",
        "hue": f"avatar--{value['assignee__hue']}",
        "state": state,
        "state_icon": icon,
        "state_label": label,
        "age": shown.age(activity, at),
        "exact": shown.exact(activity),
    }


def _state(value: dict[str, Any], at: datetime, words: _Words) -> tuple[str, str, str]:
    """Return class, icon and words of a row's state: a snooze and its end stand before the status."""
    if value["snoozed_until"] is not None:
        return "state--waiting", "snooze", shown.moment(value["snoozed_until"], at)
    if value["woke_at"] is not None:
        return "state--woke", "bell", words.woke
    category = value["category"]
    icon = {"pending": "pause", "on_hold": "pause", "solved": "check", "closed": "lock"}.get(category, "")
    return _STATE_CLASS.get(category, ""), icon, value["status__name_ru" if words.russian else "status__name_en"]
