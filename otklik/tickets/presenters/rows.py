"""Rows of the ticket list: one statement of plain values, one dictionary of ready strings a row."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import QuerySet
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from otklik.core import shown
from otklik.core.clock import now
from otklik.tickets.columns import Layout
from otklik.tickets.models import Category, Priority, Ticket
from otklik.tickets.presenters.own_rows import EXTRA, OwnRowWriter, add_own
from otklik.tickets.presenters.row_html import NumberedRowWriter, RowWriter

Row = dict[str, Any]
COLUMNS: Final = (
    "pk", "subject", "activity_at", "last_author_kind", "last_author_name", "preview", "awaits_us", "priority",
    "tags_shown", "snoozed_until", "woke_at", "category", "status__name_ru", "status__name_en", "channel__kind",
    "channel__name", "requester__name", "organization__name", "assignee_id", "assignee__name", "assignee__hue",
    "assignee__absence_id", "version", "message_count",
    "side_unread",
)  # fmt: skip
CHANNEL_ICONS: Final = {"email": "mail", "call": "phone", "visit": "user", "api": "api", "web": "globe", "chat": "chat"}
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OURS: Final = frozenset({"new", "open"})
_STATE_ICONS: Final = {"pending": "pause", "on_hold": "pause", "solved": "check", "closed": "lock"}
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


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows: their HTML, the address of the first, and the key of the last when there are more."""

    html: SafeString
    first_url: str
    last: tuple[datetime, int] | None
    count: int


def present_rows(
    tickets: QuerySet[Ticket] | list[tuple[Any, ...]],
    *,
    query: str = "",
    limit: int = 50,
    dress: Callable[[Row], None] | None = None,
    instead_of: frozenset[int] = frozenset(),
    layout: Layout | None = None,
    by_number: bool = False,
) -> Rows:
    """Read up to ``limit`` rows in one statement and make them ready; a list holds the ``COLUMNS`` read already.

    ``query`` is what the links carry on, so that the card knows which folder it was opened from. ``dress`` changes each
    row before it is written: ``marked_subject`` and ``marked_preview`` are HTML that stands in place of the texts.
    ``layout`` are the reader's own columns and order; with ``by_number`` the usual row stands in the order of numbers.
    ``instead_of`` are the people whose tickets the reader works on
    while they are away: those rows say so.
    """
    names = COLUMNS if layout is None else (*COLUMNS, *EXTRA)
    values = tickets if isinstance(tickets, list) else list(tickets.values_list(*names))
    words = _Words(now())
    held = [dict(zip(names, value, strict=True)) for value in values[:limit]]
    rows = [_row(value, words, query, instead_of) for value in held]
    if dress is not None:
        for row in rows:
            dress(row)
            at = row["activity_at"]
            row |= {"sort": sort_key(at, row["number"]), "age": words.times.age(at), "exact": words.times.exact(at)}
    writer = (NumberedRowWriter if by_number else RowWriter)(static("icons.svg"), words.waits)
    if by_number:
        for row in rows:
            row |= {"at": row["sort"], "sort": sort_key(_BEGINNING, row["number"])}
    if layout is not None:
        for row, value in zip(rows, held, strict=True):
            add_own(row, value, layout, words.times)
        writer = OwnRowWriter(static("icons.svg"), words.waits, layout)
    html = mark_safe("".join(writer.write(row) for row in rows))
    last = (rows[-1]["activity_at"], rows[-1]["number"]) if len(values) > limit else None
    return Rows(html, rows[0]["url"] if rows else "", last, len(rows))


class _Words:
    """The words every row needs, translated once for the page."""

    def __init__(self, at: datetime) -> None:
        self.times = shown.Moments(at)
        self.russian = self.times.russian
        self.open_label = _("Ticket %(number)s: %(subject)s")
        self.select_label = _("Select %(number)s")
        self.nobody = _("No assignee")
        self.away = _("%(name)s, away")
        self.instead = pgettext("in whose place one works", "for %(name)s")
        self.side_answer = _("A third party answered")
        self.waits = _("The customer waits for an answer")
        self.woke = pgettext("state of a ticket", "Back")
        self.priorities = {Priority.HIGH.value: _("High"), Priority.URGENT.value: _("Urgent")}


def _row(value: dict[str, Any], words: _Words, query: str, instead_of: frozenset[int] = frozenset()) -> Row:
    number, subject, activity = value["pk"], value["subject"] or "—", value["activity_at"]
    tags = value["tags_shown"]
    state, icon, label = _state(value, words)
    priority = value["priority"]
    return {
        "number": number,
        "url": f"/tickets/{number}/{query}",
        "version": f"{value['version']}-{value['message_count']}-{value['awaits_us']:d}-{value['side_unread'] or 0}",
        "sort": sort_key(activity, number),
        "activity_at": activity,
        "subject": subject,
        "open_label": words.open_label % {"number": number, "subject": subject},
        "select_label": words.select_label % {"number": number},
        "unread": value["awaits_us"] and value["category"] in _OURS,
        "icon": channel_icon(value["channel__kind"]),
        "channel": value["channel__name"],
        "who": value["requester__name"],
        "organization": value["organization__name"] or "",
        "said_by": value["last_author_name"].split(" ", 1)[0] if value["last_author_kind"] == "user" else "",
        "preview": value["preview"],
        "priority": words.priorities.get(priority, ""),
        "priority_class": "chip--bad" if priority == Priority.URGENT else "chip--warn",
        "side_answer": words.side_answer if value["side_unread"] else "",
        "tags": tags[:2],
        "more_tags": f"+{len(tags) - 2}" if len(tags) > 2 else "",
        "all_tags": ", ".join(tags),
        "assignee": words.away % {"name": value["assignee__name"]}
        if value["assignee__absence_id"]
        else value["assignee__name"] or words.nobody,
        "instead": words.instead % {"name": value["assignee__name"]} if value["assignee_id"] in instead_of else "",
        "initials": shown.initials(value["assignee__name"]) if value["assignee_id"] else "",
        "hue": f"avatar--{value['assignee__hue']}{' avatar--away' if value['assignee__absence_id'] else ''}",
        "state": state,
        "state_icon": icon,
        "state_label": label,
        "age": words.times.age(activity),
        "exact": words.times.exact(activity),
    }


def _state(value: dict[str, Any], words: _Words) -> tuple[str, str, str]:
    """Return class, icon and words of a row's state: a snooze and its end stand before the status."""
    if value["snoozed_until"] is not None:
        return "state--waiting", "snooze", words.times.moment(value["snoozed_until"])
    if value["woke_at"] is not None:
        return "state--woke", "bell", words.woke
    category = value["category"]
    label = value["status__name_ru" if words.russian else "status__name_en"]
    return _STATE_CLASS.get(category, ""), _STATE_ICONS.get(category, ""), label
