"""One row of the list as HTML.

Fifty rows of two dozen variables each cost a template more than everything else on the page (measured: three quarters
of it), so the row is one format string, filled with escaped strings. Everything else of the page is a template.
"""

from html import escape
from typing import Any, Final

_ROW: Final = (
    '<li class="ticket-row{unread_class}" id="t-{number}" data-sort="{sort}" data-v="{version}">\n'
    '<a class="ticket-row__open" href="{url}" aria-label="{open_label}"></a>\n'
    '<input class="ticket-row__select" type="checkbox" value="{number}" aria-label="{select_label}">{unread}\n'
    '<span class="ticket-row__channel" title="{channel}">{icon}</span>\n'
    '<div class="ticket-row__main">\n'
    '<div class="ticket-row__line"><b class="ticket-row__subject" title="{subject}">{subject}</b>'
    '<span class="ticket-row__number">{number}</span></div>\n'
    '<div class="ticket-row__line"><span class="ticket-row__who">{who}{organization}</span>'
    '<span class="ticket-row__preview">{said_by}{preview}</span></div>\n'
    "</div>\n"
    '<span class="ticket-row__tags"{all_tags}>{tags}</span>\n'
    '<span class="ticket-row__assignee" title="{assignee}">{avatar}</span>\n'
    '<span class="ticket-row__sla"><span class="state {state_class}" title="{state}">{state_icon}'
    '<span class="truncate">{state}</span></span></span>\n'
    '<time class="ticket-row__age" title="{exact}">{age}</time>\n'
    "</li>\n"
)
_ICON: Final = '<svg class="icon{size}" aria-hidden="true"><use href="{sprite}#{name}"/></svg>'
_UNREAD: Final = '<i class="ticket-row__unread" title="{}"></i>'


class RowWriter:
    """Fills rows for one page: the sprite's address and the marks that repeat are made once."""

    def __init__(self, sprite: str, unread_label: str) -> None:
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

    def write(self, row: dict[str, Any]) -> str:
        """Return a row's HTML; every string that came from outside is escaped here."""
        avatar = self.nobody
        if row["initials"]:
            avatar = f'<span class="avatar {row["hue"]}" aria-hidden="true">{escape(row["initials"])}</span>'
        return _ROW.format(
            number=row["number"],
            url=escape(row["url"]),
            version=row["version"],
            sort=row["sort"],
            open_label=escape(row["open_label"]),
            select_label=escape(row["select_label"]),
            unread_class=" ticket-row--unread" if row["unread"] else "",
            unread=self.unread if row["unread"] else "",
            channel=escape(row["channel"]),
            icon=self._icon(row["icon"]),
            subject=escape(row["subject"]),
            who=escape(row["who"]),
            organization=f" <span>· {escape(row['organization'])}</span>" if row["organization"] else "",
            said_by=f"<b>{escape(row['said_by'])}:</b> " if row["said_by"] else "",
            preview=escape(row["preview"]),
            tags=_tags(row),
            all_tags=f' title="{escape(row["all_tags"])}"' if row["more_tags"] else "",
            assignee=escape(row["assignee"]),
            avatar=avatar,
            state_class=row["state"],
            state_icon=self._icon(row["state_icon"]),
            state=escape(row["state_label"]),
            age=escape(row["age"]),
            exact=escape(row["exact"]),
        )


def _tags(row: dict[str, Any]) -> str:
    chips = [f'<span class="chip {row["priority_class"]}">{escape(row["priority"])}</span>'] if row["priority"] else []
    chips += [f'<span class="chip">{escape(tag)}</span>' for tag in row["tags"]]
    if row["more_tags"]:
        chips.append(f'<span class="chip">{row["more_tags"]}</span>')
    return "".join(chips)
