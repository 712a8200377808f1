"""Plain text and agents' rich text as safe HTML for pages."""

import re
from functools import lru_cache
from typing import Final

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_LINK = re.compile(r"\b(?:https?://|www\.)[^\s<>\"'«»]{1,2000}", re.IGNORECASE)
_TAIL = ".,;:!?)]}…"
_TAGS: Final = {
    "p", "br", "b", "strong", "i", "em", "s", "u", "ul", "ol", "li", "blockquote", "a", "img", "code", "pre",
    "h1", "h2", "h3", "hr",
}  # fmt: skip
_ATTRIBUTES: Final = {"a": {"href"}, "img": {"src", "alt"}}
_OWN_PICTURE = re.compile(r"/attachments/[A-Za-z0-9_-]{16,64}/[^\"'<>\s]{0,1000}\Z")


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Keep pictures of our own only: nothing is fetched from elsewhere by reading a message."""
    if tag == "img" and name == "src" and not _OWN_PICTURE.fullmatch(value):
        return None
    return value


_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}, "img": {"loading": "lazy"}},
)


@lru_cache(maxsize=512)
def rich_html(html: str) -> SafeString:
    """Return an agent's text as safe HTML: it was cleaned on entry, and is again here, to a smaller set."""
    return mark_safe(_cleaner.clean(html))


@lru_cache(maxsize=1024)
def text_html(text: str) -> SafeString:
    """Return plain text as paragraphs and line breaks, with its web addresses as links."""
    paragraphs = re.split(r"\n[ \t]*\n+", text.strip("\n")) if text.strip() else []
    shown = "".join(f"<p>{_line_breaks(part)}</p>" for part in paragraphs)
    return mark_safe(shown)


def _line_breaks(text: str) -> str:
    pieces, end = [], 0
    for match in _LINK.finditer(text):
        address = match.group().rstrip(_TAIL)
        pieces.append(str(escape(text[end : match.start()])))
        href = address if "://" in address[:9] else f"https://{address}"
        pieces.append(
            f'<a href="{escape(href)}" rel="noopener noreferrer nofollow" target="_blank">{escape(address)}</a>'
        )
        end = match.start() + len(address)
    pieces.append(str(escape(text[end:])))
    return "".join(pieces).replace("\n", "<br>")
