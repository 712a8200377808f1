"""One row of the list as HTML.

Fifty rows of two dozen variables each cost a template more than everything else on the page (measured: three quarters
of it), so the row is one format string, filled with escaped strings. Everything else of the page is a template.

The string is cut at what passes with the minutes or is another on each page (``Form``): a row can be kept and is put
together with these alone.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any, Final
from urllib.parse import quote

ROW: Final = (
    '<li class="ticket-row{unread_class}" id="t-{number}" data-sort="{sort}" data-v="{version}" data-seen="{seen}">\n'
    '<a class="ticket-row__open" href="{url}{query}" aria-label="{open_label}"></a>\n'
    '<input class="ticket-row__select" type="checkbox" value="{number}" aria-label="{select_label}">{unread}\n'
    '<span class="ticket-row__channel" title="{channel}">{icon}</span>\n'
    '<div class="ticket-row__main">\n'
    '<div class="ticket-row__line"><b class="ticket-row__subject" title="{subject}">{subject_shown}</b>'
    '<span class="ticket-row__number">{number}</span></div>\n'
    '<div class="ticket-row__line"><span class="ticket-row__who">{who}{organization}</span>'
    '<span class="ticket-row__preview">{words}</span></div>\n'
    "</div>\n"
    '<span class="ticket-row__tags"{all_tags}>{tags}</span>\n'
    '<span class="ticket-row__assignee" title="{assignee}">{avatar}</span>\n'
    '<span class="ticket-row__sla"><span class="state {state}" title="{state_label}">{state_icon}'
    '<span class="truncate">{state_label}</span></span></span>\n'
    '<time class="ticket-row__age" title="{exact}">{age}</time>\n'
    "</li>\n"
)
_LATE: Final = re.compile(r"\{(sort|query|subject_shown|words|exact|age|created)\}")
_ICON: Final = '<svg class="icon{size}" aria-hidden="true"><use href="{sprite}#{name}"/></svg>'
_UNREAD: Final = '<i class="ticket-row__unread" title="{}"></i>'

TEXTS: Final = (
    "open_label", "select_label", "channel", "subject", "who", "organization", "said_by", "preview", "all_tags",
    "assignee", "initials", "state_label", "exact",
)  # fmt: skip
"""The values of a row that come from outside or from a translation: they are escaped."""
_BETWEEN: Final = "\x1f"


def escaped(texts: Sequence[str]) -> list[str]:
    """Return each text escaped for HTML, at the price of one: escaping is a dear call for a short text."""
    whole = escape(_BETWEEN.join(texts)).split(_BETWEEN)
    return whole if len(whole) == len(texts) else [escape(text) for text in texts]  # one of them held the mark


class Form:
    """The format string of a row, cut at its late parts; ``places`` says where each stands among the pieces."""

    def __init__(self, row: str, texts: Sequence[str] = TEXTS) -> None:
        self._pieces = _LATE.split(row)  # text, name, text, name … text
        self.texts = texts
        self.places = {name: 2 * number + 1 for number, name in enumerate(self._pieces[1::2])}

    def fill(self, values: Mapping[str, str]) -> list[str]:
        """Return the pieces of a row; a late part that has no value yet is empty."""
        filled = list(self._pieces)
        filled[::2] = [piece.format_map(values) for piece in self._pieces[::2]]
        filled[1::2] = [values.get(name, "") for name in self._pieces[1::2]]
        return filled


USUAL: Final = Form(ROW)
NUMBERED: Final = Form(ROW.replace(' data-sort="', ' data-at="{at}" data-sort="', 1))
"""In a list by number the time of the last activity stands apart from a row's place."""


class RowWriter:
    """Fills rows of one form and language: the sprite's address and the marks that repeat are made once."""

    def __init__(self, form: Form, sprite: str, unread_label: str) -> None:
        self.form = form
        self.sprite = sprite
        self.unread = _UNREAD.format(escape(unread_label))
        self.nobody = f'<span class="avatar avatar--none">{self.icon("user", " icon--s")}</span>'
        self.icons: dict[str, str] = {"": ""}

    def icon(self, name: str, size: str = "") -> str:
        """Return an icon of the sprite; names come from our own tables only."""
        return _ICON.format(size=size, sprite=self.sprite, name=name)

    def _icon(self, name: str) -> str:
        if name not in self.icons:
            self.icons[name] = self.icon(name)
        return self.icons[name]

    def write(self, row: dict[str, Any]) -> list[str]:
        """Return a row's HTML in pieces; every string that came from outside is escaped here."""
        texts = self.form.texts
        said = dict(zip(texts, escaped([row[name] for name in texts]), strict=True))
        avatar = self.nobody
        if said["initials"]:
            avatar = f'<span class="avatar {row["hue"]}" aria-hidden="true">{said["initials"]}</span>'
        return self.form.fill(
            row
            | said
            | {
                "subject_shown": said["subject"],
                "words": spoken(said["said_by"], said["preview"]),
                "unread_class": " ticket-row--unread" if row["unread"] else "",
                "unread": self.unread if row["unread"] else "",
                "icon": self._icon(row["icon"]),
                "organization": f" <span>· {said['organization']}</span>" if said["organization"] else "",
                "tags": _tags(row),
                "all_tags": f' title="{said["all_tags"]}"' if row["more_tags"] else "",
                "avatar": avatar,
                "state_icon": self._icon(row["state_icon"]),
            }
        )


def spoken(said_by: str, words: str) -> str:
    """Return what was said last, or was found, with whose words they are; both are HTML already."""
    return f"<b>{said_by}:</b> {words}" if said_by else words


@lru_cache(maxsize=4096)
def _tag(name: str) -> str:
    """Return the chip of a tag; few tags stand on many rows."""
    return f'<a class="chip" href="/tickets/?tag={quote(name, safe="")}">{escape(name)}</a>'


def _tags(row: dict[str, Any]) -> str:
    chips = [f'<span class="chip {row["priority_class"]}">{escape(row["priority"])}</span>'] if row["priority"] else []
    if row["instead"]:
        chips.insert(0, f'<span class="chip chip--accent">{escape(row["instead"])}</span>')
    if row["side_answer"]:
        chips.insert(0, f'<span class="chip chip--accent">{escape(row["side_answer"])}</span>')
    chips += map(_tag, row["tags"])
    if row["more_tags"]:
        chips.append(f'<span class="chip">{row["more_tags"]}</span>')
    return "".join(chips)
