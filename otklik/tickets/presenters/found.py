"""What was found, ready to show: rows with marks, chips of what was understood, hints when there is nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.search.actions import moment_of
from otklik.search.line import Part, read_line, written
from otklik.search.snippets import Marker
from otklik.tickets.documents import MESSAGE
from otklik.tickets.models import MessageKind
from otklik.tickets.presenters.kept_rows import KeptRow
from otklik.tickets.presenters.row_html import spoken
from otklik.tickets.presenters.rows import COLUMNS, Marked, Rows, present_rows
from otklik.tickets.queries.found import found_rows, found_texts
from otklik.tickets.queries.line_keys import KEYS
from otklik.tickets.queries.searching import Found
from otklik.tickets.queries.understanding import Asked

MOST_COUNTED: Final = 100
_EXAMPLES: Final = {
    "status": ("статус:новая", "status:new"), "team": ("команда:выездная", "team:field"),
    "assignee": ("исполнитель:я", "assignee:me"), "from": ("от:серова", "from:smith"),
    "tag": ("метка:срочно", "tag:urgent"), "org": ("организация:берёзка", "org:acme"),
    "category": ("категория:ждём", "category:pending"), "channel": ("канал:почта", "channel:email"),
    "side": ("переписка:непрочитанная", "side:unread"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of the line as it was understood, and the address without it."""

    label: str
    value: str
    negative: bool
    url: str


def search_url(text: str, sort: str = "newest", **more: str) -> str:
    """Return the address of a search."""
    query = {"q": text} | ({"sort": sort} if sort != "newest" else {}) | more
    return f"/search/?{urlencode(query)}"


def present_found(actor: Actor, found: Found, carried: str) -> Rows:
    """Return the rows of a page in the order in which they were found (two statements), with what was found marked."""
    tickets = found_rows(actor, found, COLUMNS)
    texts = found_texts(actor, found, [row[0] for row in tickets.rows])
    marker = Marker(found.asked.match)

    def mark(row: KeptRow) -> Marked:
        subject, at = marked(marker.whole(row.subject)), row.activity_at
        text = texts.get(row.number)
        if text is None:
            return Marked(subject, spoken(escape(row.said_by), marked(marker.whole(row.preview))), at)
        hit = found.spots[row.number]
        if hit.kind == MESSAGE:
            at = datetime.fromtimestamp(moment_of(hit.place), UTC)
        if pieces := marker.snippet(text.text):
            said_by = _("Note") if text.kind == MessageKind.NOTE else text.author.split(" ", 1)[0]
            return Marked(subject, spoken(escape(said_by), marked(pieces)), at)
        return Marked(subject, spoken(escape(row.said_by), escape(row.preview)), at)

    return present_rows(tickets, query=carried, limit=len(tickets.rows), mark=mark, instead_of=actor.stands_in_for)


def marked(pieces: Sequence[tuple[str, bool]]) -> SafeString:
    """Return pieces of a text as HTML, the found ones marked."""
    html = (f"<mark>{escape(text)}</mark>" if found else escape(text) for text, found in pieces)
    return mark_safe("".join(html))


def chips_of(asked: Asked, sort: str) -> list[Chip]:
    """Return what of a line is not just a word: keys, phrases, and what is left out."""
    shown = {condition.part: condition for condition in asked.conditions}
    chips = []
    for part in asked.line.parts:
        url = search_url(_without(asked.line.parts, part), sort)
        if part.kind == "key":
            condition = shown.get(part)
            if condition is not None:
                chips.append(Chip(str(condition.key.label), condition.shown, part.negative, url))
        elif part.kind == "phrase":
            chips.append(Chip("", f"«{part.text}»", part.negative, url))
        elif part.negative:
            chips.append(Chip("", part.text, True, url))
    return chips


def _without(parts: Sequence[Part], part: Part) -> str:
    return written(tuple(other for other in parts if other is not part))


def count_of(found: Found) -> str:
    """Return how many tickets were found, as far as it was counted: «3 заявки», «99+ заявок»."""
    count = found.count
    if found.more or count >= MOST_COUNTED:
        shown = f"{min(count, MOST_COUNTED - 1)}+"
        return _("%(count)s tickets") % {"count": shown}
    return ngettext("%(count)d ticket", "%(count)d tickets", count) % {"count": count}


def hints(language: str) -> list[dict[str, Any]]:
    """Return the keys of the line with an example each."""
    place = 0 if language.startswith("ru") else 1
    return [
        {"label": str(key.label), "example": _EXAMPLES[key.name][place], "url": search_url(_EXAMPLES[key.name][place])}
        for key in KEYS
    ]


def trouble_of(error: Invalid) -> list[dict[str, str]]:
    """Return each part of the line that means nothing, with what is wrong with it."""
    return [{"part": str(part), "text": str(text)} for part, text in error.errors]


def shown_line(text: str) -> str:
    """Return a line as it stands in the field: blanks as they are, no more than fits."""
    return written(read_line(text).parts) if text.strip() else ""
