"""The smaller allow-list for what our own people write: the tags of the editor and nothing that looks like a page of
ours."""

from collections.abc import Callable
from typing import Final

import nh3

from .dom import BLOCKS, TooComplex, elements, flat_text, inner_html, parse, tidy
from .lexicon import words
from .plain import text_to_html
from .sanitizer import CID, DROPPED_WITH_CONTENT, LINK, LINK_REL

TAGS: Final = words("p br b strong i em u s a ul ol li blockquote code pre h3 h4 img span")
_ATTRIBUTES: Final[dict[str, set[str]]] = {"a": {"href"}, "img": {"src", "alt", "width", "height"}, "ol": {"start"}}
_NEAREST: Final = {
    **dict.fromkeys(("div", "section", "article", "center", "address", "tr", "dt", "dd"), "p"),
    **dict.fromkeys(("h1", "h2"), "h3"),
    **dict.fromkeys(("h5", "h6"), "h4"),
    **dict.fromkeys(("strike", "del"), "s"),
    "tt": "code",
}
OWN_PREFIX: Final = "/attachments/"


def clean_reply(html: str, *, is_own_url: Callable[[str], bool] | None = None) -> str:
    """What an agent wrote, on entry: basic formatting, links, and pictures of the mail itself (`cid:` or our
    attachments).

    `is_own_url` judges picture addresses; by default those under `/attachments/` are ours. Cleaning twice equals
    cleaning once.
    """
    source, _ = tidy(html)
    try:
        source = _in_our_tags(source)
    except TooComplex:
        return clean_reply(text_to_html(flat_text(source)))
    own = is_own_url or _is_attachment
    judge = _usual() if is_own_url is None else _cleaner(own)
    current = source
    for _ in range(4):
        result = judge.clean(current).strip()
        if result == current:
            return result
        current = result
    return text_to_html(flat_text(current)) if judge.clean(current).strip() != current else current


def _in_our_tags(source: str) -> str:
    """Blocks that the editor does not know (pasted, or sent by API) become the nearest that it knows, so that lines
    stay lines."""
    body = parse(source)
    foreign = [node for node in elements(body) if node.tag in _NEAREST]
    for node in foreign:
        nearest = _NEAREST[node.tag]
        if nearest == "p" and any(child.tag in BLOCKS for child in node):
            continue
        node.tag = nearest
    return inner_html(body) if foreign else source


def _is_attachment(url: str) -> bool:
    return url.startswith(OWN_PREFIX) and ".." not in url and "\\" not in url and "//" not in url


def _cleaner(own: Callable[[str], bool]) -> nh3.Cleaner:
    def judge(tag: str, name: str, value: str) -> str | None:
        if name == "src":
            return value if CID.fullmatch(value) or own(value) else None
        if name == "href":
            return value if LINK.fullmatch(value) else None
        if name in {"width", "height", "start"}:
            return value if value.isascii() and value.isdigit() and len(value) < 6 else None
        return value if len(value) <= 500 else None

    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(DROPPED_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=judge,
        link_rel=LINK_REL,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        url_relative=lambda url: url if own(url) else None,
    )


_kept: list[nh3.Cleaner] = []


def _usual() -> nh3.Cleaner:
    if not _kept:
        _kept.append(_cleaner(_is_attachment))
    return _kept[0]
