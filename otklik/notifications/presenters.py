"""Notifications as lines to show: gathered by ticket, newest first, in the reader's words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from otklik.core.shown import Moments
from otklik.notifications.kinds import NEW, PLANNED
from otklik.notifications.models import Browser, Notification
from otklik.tickets.queries.directories import statuses

ICONS: Final = {
    "assigned": "user", "message_mine": "mail", "message_followed": "mail", "message_teams": "mail", "mention": "at",
    "said_followed": "reply", "given_team": "users", "side_mine": "forward", "note_mine": "lock", "status": "refresh",
    "woken": "clock", "failed": "alert", PLANNED: "alert", NEW: "inbox",
}  # fmt: skip
_WORDS: Final[dict[str, Any]] = {
    "assigned": gettext_lazy("Given to you"),
    "message_mine": gettext_lazy("The customer wrote"),
    "message_followed": gettext_lazy("The customer wrote"),
    "message_teams": gettext_lazy("The customer wrote"),
    "mention": gettext_lazy("You are called in a note"),
    "said_followed": gettext_lazy("A colleague wrote"),
    "given_team": gettext_lazy("Given to your team"),
    "side_mine": gettext_lazy("A third party answered"),
    "note_mine": gettext_lazy("A new note"),
    "woken": gettext_lazy("Back from snooze"),
    NEW: gettext_lazy("A new ticket"),
}
_PLANNED: Final[dict[str, Any]] = {
    "": gettext_lazy("The planned reply was not sent"),
    "overtaken": gettext_lazy("The customer wrote while your planned reply waits"),
    "held": gettext_lazy("The planned reply was held back: the customer has written. It is your draft again"),
}
SHOWN_LINES: Final = 3
_DOTS: Final = {"new": "new", "open": "open", "pending": "waiting", "on_hold": "waiting", "solved": "solved"}


@dataclass(frozen=True, slots=True)
class Line:
    """One notification in words."""

    id: int
    icon: str
    tone: str
    words: str
    who: str
    age: str
    exact: str
    unread: bool


@dataclass(slots=True)
class Group:
    """What was told of one ticket; ``url`` leads to the newest message that it speaks of."""

    number: int
    subject: str
    status: str
    dot: str
    url: str
    unread: int = 0
    more: str = ""
    lines: list[Line] = field(default_factory=list)


def words_of(row: Notification) -> str:
    """Say what happened, without names: who did it stands beside."""
    if row.why == "status":
        name = next((str(status) for status in statuses() if status.key == row.detail), row.detail)
        return _("Status: %(status)s") % {"status": name}
    if row.why == "failed":
        if not row.detail:
            return _("The planned reply was not sent")
        return _("Mail not delivered: %(address)s") % {"address": row.detail}
    if row.why == PLANNED:
        return str(_PLANNED.get(row.detail, _PLANNED[""]))
    return str(_WORDS[row.why])


def line_of(row: Notification, moments: Moments) -> Line:
    """Return a notification as a line; ``in_place_of`` is at hand."""
    who = row.who
    if row.in_place_of is not None:
        instead = _("instead of %(name)s") % {"name": row.in_place_of.name}
        who = f"{who} · {instead}" if who else instead
    tone = {"mention": "note", "note_mine": "note", "failed": "bad", PLANNED: "bad"}.get(row.why, "")
    return Line(
        row.pk, ICONS[row.why], tone, words_of(row), who, moments.age(row.made_at), moments.exact(row.made_at),
        row.read_at is None,
    )  # fmt: skip


def groups_of(rows: Iterable[Notification], moments: Moments) -> list[Group]:
    """Gather notifications by ticket, in the order of the newest of each; of many lines the first few are shown."""
    found: dict[int, Group] = {}
    hidden: dict[int, int] = {}
    for row in rows:
        ticket = row.ticket
        group = found.get(ticket.pk)
        if group is None:
            url = f"/tickets/{ticket.pk}/" + (f"#m{row.message_id}" if row.message_id else "")
            group = found[ticket.pk] = Group(
                ticket.pk, ticket.subject or "—", str(ticket.status), _DOTS.get(ticket.category, "closed"), url
            )
        group.unread += row.read_at is None
        if len(group.lines) < SHOWN_LINES:
            group.lines.append(line_of(row, moments))
        else:
            hidden[ticket.pk] = hidden.get(ticket.pk, 0) + 1
    for number, count in hidden.items():
        found[number].more = ngettext("%(count)s more", "%(count)s more", count) % {"count": count}
    return list(found.values())


def newest(rows: Sequence[Notification]) -> int:
    """Return the id up to which the reader has seen everything."""
    return max((row.pk for row in rows), default=0)


_ERRORS: Final[dict[str, Any]] = {
    "unreachable": gettext_lazy("its server does not answer"),
    "timeout": gettext_lazy("its server does not answer"),
    "unresolvable": gettext_lazy("its server does not answer"),
    "address": gettext_lazy("its server lies in an inner network"),
}


@dataclass(frozen=True, slots=True)
class BrowserLine:
    """A browser that shows notifications, in words."""

    token: str
    name: str
    words: str
    exact: str
    bad: bool


def browser_lines(rows: Iterable[Browser], moments: Moments) -> list[BrowserLine]:
    """Return the browsers of a person with what became of the last message."""
    lines = []
    for row in rows:
        if row.last_error:
            reason = _ERRORS.get(row.last_error, _("its server refused: %(code)s") % {"code": row.last_error})
            words = _("the last message did not go out: %(reason)s") % {"reason": reason}
        elif row.last_ok_at:
            words = _("last message: %(time)s") % {"time": moments.moment(row.last_ok_at)}
        else:
            words = _("since %(time)s") % {"time": moments.day(row.created_at)}
        lines.append(BrowserLine(row.token, row.name, words, moments.exact(row.created_at), bool(row.last_error)))
    return lines
