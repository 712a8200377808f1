"""What a row of a list showed of its ticket, as a short text that comes back with an act on many tickets.

``assignee.team.status.priority.snooze.shelf``, numbers of rows, the snooze in microseconds, empty for nothing; the
marks of several rows are joined by commas in the order of their numbers.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from otklik.core.errors import Invalid
from otklik.tickets.models import Ticket
from otklik.tickets.queries.directories import statuses

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SHELVES: Final[dict[str, str | None]] = {"": None, "spam": "spam", "bin": "bin"}
_PARTS: Final = 6
_LONGEST: Final = 18


def mark_of(
    assignee: int | None, team: int | None, status: int, priority: int, until: datetime | None, shelf: str | None
) -> str:
    """Return the mark of a row with these values."""
    snooze = "" if until is None else (until - _BEGINNING) // _MICROSECOND
    return f"{assignee or ''}.{team or ''}.{status}.{priority}.{snooze}.{shelf or ''}"


def mark_of_ticket(ticket: Ticket) -> str:
    """Return the mark that a row of this ticket would have now."""
    return mark_of(
        ticket.assignee_id, ticket.team_id, ticket.status_id, ticket.priority, ticket.snoozed_until, ticket.shelf
    )


def seen_in(text: str, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return what was seen of each ticket, by property; raises ``Invalid`` for anything but a mark for each."""
    marks = text.split(",")
    if len(marks) != len(numbers):
        raise Invalid(_("What was seen of the tickets cannot be read."), field="seen")
    keys = {row.pk: row.key for row in statuses()}
    return {number: _read(mark, keys) for number, mark in zip(numbers, marks, strict=True)}


def _read(mark: str, keys: dict[int, str]) -> dict[str, Any]:
    parts = mark.split(".")
    plain = len(parts) == _PARTS and all(_is_number(part) for part in parts[:-1]) and parts[-1] in _SHELVES
    if not plain or not parts[2] or not parts[3]:
        raise Invalid(_("What was seen of the tickets cannot be read."), field="seen")
    assignee, team, status, priority, snooze = (int(part) if part else None for part in parts[:-1])
    return {
        "assignee": assignee,
        "team": team,
        "status": keys.get(status or 0, ""),
        "priority": priority,
        "until": None if snooze is None else _BEGINNING + snooze * _MICROSECOND,
        "shelf": _SHELVES[parts[-1]],
    }


def _is_number(part: str) -> bool:
    return not part or (part.isascii() and part.isdigit() and len(part) < _LONGEST)
