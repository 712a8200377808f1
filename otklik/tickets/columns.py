"""What columns a list can have, how wide, and the orders it can be in. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WIDTHS: Final = ("s", "m", "l")
SUBJECT: Final = "subject"
COLUMNS: Final[dict[str, str | Promise]] = {
    "channel": _("Channel"),
    SUBJECT: _("Subject and last words"),
    "organization": _("Organisation"),
    "type": _("Type"),
    "tags": _("Priority and tags"),
    "messages": _("Messages"),
    "team": _("Team"),
    "assignee": _("Assignee"),
    "status": _("Status"),
    "created": _("Opened"),
    "activity": _("Last activity"),
}
SORTS: Final[dict[str, str | Promise]] = {
    "-activity": _("Newest activity first"),
    "activity": _("Longest untouched first"),
    "-created": _("Newest ticket first"),
    "created": _("Oldest ticket first"),
}
DEFAULT_SORT: Final = "-activity"
NUMBERED: Final = ("-created", "created")
"""The orders by number, which is that of opening: the only ones of a tag's folder."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns in their order, each with its width, and the order of the rows."""

    columns: tuple[tuple[str, str], ...]
    sort: str = DEFAULT_SORT


DEFAULT: Final = Layout(
    columns=(
        ("channel", "s"), (SUBJECT, "l"), ("tags", "l"), ("assignee", "s"), ("status", "m"), ("activity", "s"),
    )
)  # fmt: skip


def read_layout(columns: Iterable[Any], sort: str) -> Layout | None:
    """Return a layout as it is kept, without what is not known any more; nothing for the usual one."""
    pairs = [(str(pair[0]), str(pair[1])) for pair in columns if len(pair) == 2]
    known = tuple((key, width if width in WIDTHS else "m") for key, width in pairs if key in COLUMNS)
    layout = Layout(known or DEFAULT.columns, sort if sort in SORTS else DEFAULT_SORT)
    return None if layout == DEFAULT else layout
