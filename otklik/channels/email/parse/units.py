"""What is collected from the tree of a mail before it is put together."""

import html as escaping
from dataclasses import dataclass, field

from otklik.channels.email.parse.mime import Node
from otklik.channels.email.parse.model import Calendar, Part


@dataclass(slots=True)
class Unit:
    """One body: its text, its HTML, or both when they say the same."""

    text: str | None = None
    html: str | None = None


@dataclass(slots=True)
class Content:
    """What was collected from the tree of one mail."""

    units: list[Unit] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)
    messages: dict[int, Node] = field(default_factory=dict)
    reports: list[Node] = field(default_factory=list)
    returned: list[Node] = field(default_factory=list)
    report_type: str = ""
    calendar: Calendar | None = None
    signed: str = ""
    encrypted: str = ""
    tnef: bool = False
    loose_images: set[int] = field(default_factory=set)
    charset_declared: str = ""
    charset_used: str = ""


def as_html(unit: Unit) -> str:
    """Give the HTML of a body; plain text is escaped with its line breaks."""
    if unit.html is not None:
        return unit.html
    return "<div>" + escaping.escape(unit.text or "").replace("\n", "<br>\n") + "</div>"
