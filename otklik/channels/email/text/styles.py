"""Which style declarations of a mail are kept: those that shape text and tables and can neither fetch nor cover
anything."""

import re
from functools import lru_cache
from typing import Final

from .lexicon import words

PROPERTIES: Final = words(
    "color background-color font-weight font-style font-size font-family font-variant text-align text-decoration"
    " text-indent text-transform"
    " line-height letter-spacing vertical-align white-space width height max-width min-width padding padding-top"
    " padding-right padding-bottom"
    " padding-left margin margin-top margin-right margin-bottom margin-left border border-top border-right"
    " border-bottom border-left"
    " border-color border-style border-width border-collapse border-spacing border-radius list-style-type direction"
    " display"
)
_VALUE: Final = re.compile(r"[\w\s#.,%()\"'!+*/-]{1,200}")
_BANNED: Final = re.compile(r"url|expression|image|attr|element|var|env|calc|script|import|/\*", re.IGNORECASE)
_DISPLAY: Final = frozenset({"none", "block", "inline", "inline-block", "table", "table-row", "table-cell"})
_MAX_STYLE: Final = 2_000


@lru_cache(maxsize=512)
def filter_style(style: str) -> str | None:
    """The kept declarations of a style attribute, or None when none is left."""
    kept: list[str] = []
    for declaration in style[:_MAX_STYLE].split(";"):
        name, colon, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon or name not in PROPERTIES or not _VALUE.fullmatch(value) or _BANNED.search(value):
            continue
        if name == "display" and value.lower() not in _DISPLAY:
            continue
        if name.startswith("margin") and value.startswith("-"):
            continue
        kept.append(f"{name}:{value}")
    return ";".join(kept) or None
