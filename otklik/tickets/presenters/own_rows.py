"""Rows of the list with the columns that a reader chose: the same row, put together from other cells."""

from functools import lru_cache
from html import escape
from typing import Any, Final

from otklik.core.shown import Dates
from otklik.tickets.columns import Layout
from otklik.tickets.presenters.row_html import ROW, TEXTS, Form

EXTRA: Final = ("created_at", "team__name", "type__name_ru", "type__name_en")
"""What own columns need beyond the columns of the usual row."""
_HEAD, _MARK, _REST = ROW.partition('<span class="ticket-row__channel"')
_MAIN: Final = '<div class="ticket-row__main">' + _REST.partition('<div class="ticket-row__main">')[2].partition(
    '<span class="ticket-row__tags"'
)[0]  # fmt: skip
_CELLS: Final = {
    "channel": '<span class="ticket-row__channel" title="{channel}">{icon}</span>'
    '<span class="cell__text">{channel}</span>',
    "organization": '<span class="cell__text" title="{organization_name}">{organization_name}</span>',
    "type": '<span class="cell__text">{type}</span>',
    "tags": '<span class="ticket-row__tags"{all_tags}>{tags}</span>',
    "messages": '<span class="cell__text">{messages}</span>',
    "team": '<span class="cell__text" title="{team}">{team}</span>',
    "assignee": '<span class="ticket-row__assignee" title="{assignee}">{avatar}</span>'
    '<span class="cell__text">{assignee}</span>',
    "status": '<span class="ticket-row__sla"><span class="state {state}" title="{state_label}">{state_icon}'
    '<span class="truncate">{state_label}</span></span></span>',
    "created": '<time class="cell__text" title="{created_exact}">{created}</time>',
    "activity": '<time class="ticket-row__age" title="{exact}">{age}</time>',
}
_NUMBER: Final = '<span class="ticket-row__number">'
_SIDE_MARK: Final = '<span class="chip chip--accent">{}</span>'
_OWN_TEXTS: Final = (*TEXTS, "type", "team", "organization_name", "created_exact")


@lru_cache(maxsize=256)
def own_form(columns: tuple[tuple[str, str], ...]) -> Form:
    """Return the row of a layout's columns; widths are classes, so that no style stands in the page."""
    cells = [
        _MAIN if key == "subject" else f'<div class="cell cell--{width} cell--{key}">{_CELLS[key]}</div>\n'
        for key, width in columns
    ]  # fmt: skip
    if "tags" not in dict(columns):  # what stands there otherwise must not be lost
        cells = [cell.replace(_NUMBER, "{side_mark}" + _NUMBER, 1) for cell in cells]
    head = _HEAD.replace('class="ticket-row{', 'data-at="{at}" class="ticket-row ticket-row--own{', 1)
    return Form(f"{head}{''.join(cells)}</li>\n", _OWN_TEXTS)


def add_own(row: dict[str, Any], value: dict[str, Any], layout: Layout, times: Dates) -> None:
    """Add to a row what only own columns show, and the key of its place in this order."""
    row["type"] = value["type__name_ru" if times.russian else "type__name_en"] or "—"
    row["team"] = value["team__name"] or "—"
    row["organization_name"] = value["organization__name"] or "—"
    row["messages"] = value["message_count"]
    row["created_exact"] = times.exact(value["created_at"])
    row["side_mark"] = _SIDE_MARK.format(escape(row["side_answer"])) if row["side_answer"] else ""
    row["at"] = row["sort"]
    number = value["pk"]
    moment = int(value["activity_at"].timestamp() * 1_000_000)
    if layout.sort.endswith("created"):
        moment = 0
    if not layout.sort.startswith("-"):  # the script puts bigger keys higher, so what rises counts down
        moment, number = 10**19 - moment, 10**18 - number
    row["sort"] = f"{moment:020}-{number:019}"
