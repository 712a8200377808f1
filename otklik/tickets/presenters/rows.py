"""Rows of the ticket list: one statement of plain values, one dictionary of ready strings a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from otklik.core import shown
from otklik.core.clock import now
from otklik.core.prepared import Found
from otklik.tickets.columns import Layout
from otklik.tickets.marks import mark_of
from otklik.tickets.models import Category, Priority
from otklik.tickets.presenters.kept_rows import KeptRow, View, kept_rows
from otklik.tickets.presenters.own_rows import EXTRA, add_own, own_form
from otklik.tickets.presenters.row_html import NUMBERED, USUAL, Form, RowWriter

Row = dict[str, Any]
COLUMNS: Final = (
    "pk", "subject", "activity_at", "last_author_kind", "last_author_name", "preview", "awaits_us", "priority",
    "tags_shown", "snoozed_until", "woke_at", "category", "status__name_ru", "status__name_en", "channel__kind",
    "channel__name", "requester__name", "organization__name", "assignee_id", "assignee__name", "assignee__hue",
    "assignee__absence_id", "version", "message_count",
    "side_unread", "team_id", "status_id", "shelf",
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


@dataclass(frozen=True, slots=True)
class Marked:
    """What a search shows in place of a row's own: the subject and the words as HTML, and when these were said."""

    subject: str
    words: str
    at: datetime


def columns_of(layout: Layout | None) -> tuple[str, ...]:
    """Return the columns from which rows are made: the reader's own ones need a few more."""
    return COLUMNS if layout is None else (*COLUMNS, *EXTRA)


def present_rows(
    found: Found[Any],
    *,
    query: str = "",
    limit: int = 50,
    mark: Callable[[KeptRow], Marked] | None = None,
    instead_of: frozenset[int] = frozenset(),
    layout: Layout | None = None,
    by_number: bool = False,
) -> Rows:
    """Make up to ``limit`` rows ready that were found by ``columns_of(layout)``.

    ``query`` is what the links carry on, so that the card knows which folder it was opened from. ``mark`` gives what
    stands in place of a row's own words. ``layout`` are the reader's own columns and order; with ``by_number`` the
    usual row stands in the order of numbers. ``instead_of`` are the people whose tickets the reader works on while they
    are away: those rows say so.
    """
    times = shown.Moments(now())
    view = View(get_language(), times.zone, times.today, instead_of, layout, by_number)
    rows = kept_rows(view, found.rows[:limit], lambda missing: _made(found.objects(missing), view))
    pages = _PageWriter(form_of(view), query, times)
    html = mark_safe("".join([pages.write(row, mark(row) if mark else None) for row in rows]))
    last = (rows[-1].activity_at, rows[-1].number) if len(found.rows) > limit else None
    return Rows(html, f"/tickets/{rows[0].number}/{query}" if rows else "", last, len(rows))


def form_of(view: View) -> Form:
    """Return the form of a view's rows."""
    if view.layout is not None:
        return own_form(view.layout.columns)
    return NUMBERED if view.by_number else USUAL


class _PageWriter:
    """Puts into kept rows what passes with the minutes or is another on each page."""

    def __init__(self, form: Form, query: str, times: shown.Moments) -> None:
        self._times = times
        self._query = escape(query)
        self._places = form.places
        self._query_at, self._age_at = form.places["query"], form.places.get("age")
        self._created_at = form.places.get("created")

    def write(self, row: KeptRow, marked: Marked | None) -> str:
        pieces = row.pieces.copy()
        pieces[self._query_at] = self._query
        if self._age_at is not None:
            pieces[self._age_at] = self._times.age(row.activity_at if marked is None else marked.at)
        if self._created_at is not None:
            pieces[self._created_at] = self._times.age(row.created_at or row.activity_at)
        if marked is not None:
            late = {"subject_shown": marked.subject, "words": marked.words}
            late |= {"sort": sort_key(marked.at, row.number), "exact": self._times.exact(marked.at)}
            for name, html in late.items():
                pieces[self._places[name]] = html
        return "".join(pieces)


def _made(held: Sequence[tuple[Any, ...]], view: View) -> list[KeptRow]:
    """Return rows without their late parts; whatever is looked at here stands in the values or in the view."""
    dates = shown.Dates(view.today, view.zone)
    names, words = columns_of(view.layout), _Words(dates)
    writer = RowWriter(form_of(view), static("icons.svg"), words.waits)
    made = []
    for values in held:
        value = dict(zip(names, values, strict=True))
        row = _row(value, words, view.instead_of)
        if view.by_number:
            row |= {"at": row["sort"], "sort": sort_key(_BEGINNING, row["number"])}
        if view.layout is not None:
            add_own(row, value, view.layout, dates)
        made.append(
            KeptRow(
                number=row["number"], subject=row["subject"], said_by=row["said_by"], preview=row["preview"],
                activity_at=row["activity_at"], created_at=value.get("created_at"), pieces=writer.write(row),
            )
        )  # fmt: skip
    return made


class _Words:
    """The words every row needs, translated once for many."""

    def __init__(self, times: shown.Dates) -> None:
        self.times = times
        self.russian = times.russian
        self.open_label = _("Ticket %(number)s: %(subject)s")
        self.select_label = _("Select %(number)s")
        self.nobody = _("No assignee")
        self.away = _("%(name)s, away")
        self.instead = pgettext("in whose place one works", "for %(name)s")
        self.side_answer = _("A third party answered")
        self.waits = _("The customer waits for an answer")
        self.woke = pgettext("state of a ticket", "Back")
        self.priorities = {Priority.HIGH.value: _("High"), Priority.URGENT.value: _("Urgent")}


def _row(value: dict[str, Any], words: _Words, instead_of: frozenset[int]) -> Row:
    number, subject, activity = value["pk"], value["subject"] or "—", value["activity_at"]
    tags = value["tags_shown"]
    state, icon, label = _state(value, words)
    priority = value["priority"]
    return {
        "number": number,
        "url": f"/tickets/{number}/",
        "version": f"{value['version']}-{value['message_count']}-{value['awaits_us']:d}-{value['side_unread'] or 0}",
        "seen": mark_of(
            value["assignee_id"], value["team_id"], value["status_id"], priority, value["snoozed_until"], value["shelf"]
        ),
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
