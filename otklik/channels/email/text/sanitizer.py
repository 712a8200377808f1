"""The last step of every way HTML takes here: nh3 with our allow-list. Nothing rewrites HTML after it."""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final

import nh3

from .lexicon import words
from .marks import CLASSES
from .styles import PROPERTIES, filter_style

LINK_HOST: Final = "link-host"
URL_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel", "cid"})
LINK_REL: Final = "noopener noreferrer nofollow"
REMOTE: Final = re.compile(r"https?://[^\s\"'<>\\]{1,4000}", re.IGNORECASE)
CID: Final = re.compile(r"cid:[^\s\"'<>]{1,500}", re.IGNORECASE)
LINK: Final = re.compile(r"(?:https?://|mailto:|tel:)[^\s\"<>]{1,4000}", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d{1,5}%?")

TAGS: Final = words(
    "a abbr acronym address b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt"
    " em figcaption figure font"
    " h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strike strong sub sup table tbody td"
    " tfoot th thead tr tt u"
    " ul var wbr"
)
DROPPED_WITH_CONTENT: Final = words(
    "script style title svg math iframe object embed applet noembed noframes xmp plaintext template textarea select"
    " option audio video canvas"
    " noscript head"
)
_SHARED: Final = frozenset({"style", "title", "dir", "lang", "align"})
ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": set(_SHARED),
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "data-remote-src"},
    "table": {"width", "height", "border", "cellpadding", "cellspacing", "bgcolor", "summary"},
    "tr": {"bgcolor", "valign", "height"},
    "td": {"bgcolor", "valign", "width", "height", "colspan", "rowspan", "nowrap"},
    "th": {"bgcolor", "valign", "width", "height", "colspan", "rowspan", "nowrap", "scope"},
    "col": {"width", "span"},
    "colgroup": {"width", "span"},
    "font": {"color", "size", "face"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value"},
    "hr": {"width", "size", "noshade"},
}
_CLASSES: Final = CLASSES | {LINK_HOST}
_NUMERIC: Final = frozenset(
    {"width", "height", "border", "cellpadding", "cellspacing", "colspan", "rowspan", "span", "size", "start", "value"}
)

type AttributeFilter = Callable[[str, str, str], str | None]


def attribute_filter(own_urls: AbstractSet[str], *, remote: bool) -> AttributeFilter:
    """The judge of every attribute that is left: `own_urls` are the addresses we serve ourselves, `remote` allows
    pictures from outside."""

    def judge(tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return filter_style(value)
        if name == "src":
            return value if value in own_urls or CID.fullmatch(value) or (remote and REMOTE.fullmatch(value)) else None
        if name == "href":
            return value if LINK.fullmatch(value) else None
        if name == "data-remote-src":
            return value if REMOTE.fullmatch(value) else None
        if name in _NUMERIC:
            return value if _NUMBER.fullmatch(value) or (tag == "font" and len(value) < 3) else None
        if name == "class":
            return " ".join(word for word in value.split() if word in _CLASSES) or None
        return value if len(value) <= 500 else None

    return lru_cache(maxsize=1024)(judge)  # the same few attributes stand on hundreds of cells


def cleaner(own_urls: AbstractSet[str] = frozenset(), *, remote: bool = False) -> nh3.Cleaner:
    """A sanitiser for mail; building one costs some 30 µs, so the usual one is kept."""
    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(DROPPED_WITH_CONTENT),
        attributes=ATTRIBUTES,
        attribute_filter=attribute_filter(own_urls, remote=remote),
        link_rel=LINK_REL,
        set_tag_attribute_values={"a": {"target": "_blank"}, "img": {"referrerpolicy": "no-referrer"}},
        url_schemes=set(URL_SCHEMES),
        url_relative=lambda url: url if url in own_urls else None,
        allowed_classes={
            "span": {*CLASSES, LINK_HOST},
            **{
                tag: set(CLASSES)
                for tag in ("div", "p", "blockquote", "hr", "b", "strong", "table", "td", "pre", "a", "br", "font")
            },
        },
        filter_style_properties=set(PROPERTIES),
    )


_USUAL: Final = cleaner()


def sanitize(html: str) -> str:
    """`html` reduced to the allow-list, remote pictures blocked, `cid:` kept: the form in which mail is stored."""
    return _USUAL.clean(html)
