"""HTML of strangers to HTML that runs nothing, fetches nothing and hides no address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

import css_inline
from lxml import etree

from .dom import DROPPED, Element, TooComplex, drop, elements, flat_text, has_styles, inner_html, parse, tidy, unwrap
from .marks import mark
from .plain import text_to_html
from .sanitizer import CID, LINK, LINK_HOST, REMOTE, cleaner, sanitize

MAX_INLINED: Final = 200_000
"""Larger mails keep their own style attributes only: matching every rule to every element would take too long."""
MAX_RULES: Final = 600
PASSES: Final = 5

_INLINER: Final = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_link_tags=False)
_SPACES: Final = re.compile(r"[\s\x00-\x20]+")
_ZERO_SIZE: Final = re.compile(r"(?:^|;)\s*(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)", re.IGNORECASE)
_HOST_TEXT: Final = re.compile(
    r"(?:[a-z]{2,8}:/{0,2})?(?:[^\s@/]{1,64}@)?(?P<host>(?:[\w-]{1,63}\.){1,8}(?:[a-z]{2,24}|рф|рус|москва|онлайн"
    r"|сайт|дети|xn--[\w-]{2,40}))"
    r"(?:[:/?#].*)?",
    re.IGNORECASE,
)
_UNWRAPPED: Final = frozenset(
    {"form", "noscript", "button", "label", "fieldset", "picture", "o:p"}
    | {"embed", "source", "track", "param"}  # never closed: the parser takes what follows for their content
)


@dataclass(frozen=True, slots=True)
class CleanHtml:
    """Safe HTML and what was found on the way: pictures kept from loading, tracking pixels thrown away, links with
    another host."""

    html: str
    remote_images: int = 0
    trackers: int = 0
    misleading_links: int = 0
    cids: tuple[str, ...] = ()
    truncated: bool = False
    flattened: bool = False


@dataclass(slots=True)
class _Count:
    remote: int = 0
    trackers: int = 0
    misleading: int = 0


def clean_html(
    html: str, *, cid: Mapping[str, str] | None = None, remote: Literal["block", "allow"] = "block"
) -> CleanHtml:
    """Make the HTML of a mail safe to show in its frame.

    `cid` maps Content-IDs (no brackets) to our own addresses; without it `cid:` stays, which is the form to store.
    `remote="block"` moves
    pictures from outside to `data-remote-src`, `"allow"` moves them back. Cleaning what is clean changes nothing.
    What is too deep to take
    apart comes back as its text (`flattened`); what is too long is cut (`truncated`).
    """
    source, truncated = tidy(html)
    try:
        first = result = _one_pass(_inline_styles(source), cid=cid, remote=remote)
        for _ in range(PASSES):
            prepared = _prepare(result.html, cid=cid, remote=remote)
            if prepared.html == result.html:
                break
            again = _finish(prepared, remote=remote)
            if again.html == result.html:
                break
            result = again
        else:
            raise TooComplex
    except TooComplex:
        return CleanHtml(sanitize(text_to_html(flat_text(source))), truncated=truncated, flattened=True)
    return replace(first, html=result.html, truncated=truncated)


def _inline_styles(source: str) -> str:
    """Style sheets of the mail as style attributes, when they are of a size worth it; nothing is loaded."""
    if not has_styles(source) or len(source) > MAX_INLINED or source.count("{") > MAX_RULES:
        return source
    parse(source)  # refuses what is too deep before another parser sees it
    try:
        return _INLINER.inline(source)
    except (css_inline.InlineError, ValueError):
        return source


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The rewritten tree as HTML, not yet sanitised."""

    html: str
    count: _Count
    urls: "_Urls"


def _one_pass(source: str, *, cid: Mapping[str, str] | None, remote: Literal["block", "allow"]) -> CleanHtml:
    return _finish(_prepare(source, cid=cid, remote=remote), remote=remote)


def _prepare(source: str, *, cid: Mapping[str, str] | None, remote: Literal["block", "allow"]) -> _Prepared:
    body = parse(source)
    count = _Count()
    urls = _Urls(cid)
    for node in elements(body):
        tag = node.tag
        if tag == "img":
            _image(node, urls, count, allow=remote == "allow")
        elif tag == "a":
            _link(node, count)
        elif tag in DROPPED or (":" in tag and tag.startswith(("v:", "w:", "m:", "x:"))):
            drop(node)
        elif tag in _UNWRAPPED:
            unwrap(node)
    mark(body)
    # html5ever writes this entity, lxml the character: one spelling lets a clean mail be recognised without another
    # pass.
    return _Prepared(inner_html(body).strip().replace("\xa0", "&nbsp;"), count, urls)


def _finish(prepared: _Prepared, *, remote: Literal["block", "allow"]) -> CleanHtml:
    """The sanitiser has the last word."""
    own, allow = prepared.urls.own, remote == "allow"
    safe = cleaner(own, remote=allow).clean(prepared.html) if own or allow else sanitize(prepared.html)
    count = prepared.count
    return CleanHtml(safe.strip(), count.remote, count.trackers, count.misleading, tuple(prepared.urls.seen))


class _Urls:
    """Content-IDs to our addresses: compared without brackets, URL-decoded, first exactly, then without regard to
    case."""

    def __init__(self, cid: Mapping[str, str] | None) -> None:
        self._exact = {key.strip("<> "): value for key, value in (cid or {}).items()}
        self._folded = {key.lower(): value for key, value in self._exact.items()}
        self.own: frozenset[str] = frozenset(self._exact.values())
        self.seen: list[str] = []

    def resolve(self, source: str) -> str | None:
        """Our address for `cid:…`, or None when no part has this id."""
        key = unquote(source[4:]).strip("<> ")
        if key not in self.seen:
            self.seen.append(key)
        return self._exact.get(key) or self._folded.get(key.lower())


def _image(node: Element, urls: _Urls, count: _Count, *, allow: bool) -> None:
    source = _SPACES.sub("", node.get("src", ""))
    held = node.attrib.pop("data-remote-src", None)
    node.attrib.pop("srcset", None)
    if not source and held:
        source = held
    if source in urls.own:
        return
    if CID.fullmatch(source):
        if own := urls.resolve(source):
            node.set("src", own)
        else:
            node.set("src", source)
        return
    node.attrib.pop("src", None)
    if source.startswith("//"):
        source = f"https:{source}"
    if not REMOTE.fullmatch(source):
        if not node.get("alt", "").strip():
            drop(node)
        return
    if _is_pixel(node):
        count.trackers += 1
        drop(node)
        return
    count.remote += 1
    node.set("src" if allow else "data-remote-src", source)


def _is_pixel(node: Element) -> bool:
    """One point wide or high: such a picture shows nothing but that the mail was opened."""
    sizes = {
        node.get("width", "").strip().lower().removesuffix("px"),
        node.get("height", "").strip().lower().removesuffix("px"),
    }
    return bool(sizes & {"0", "1"}) or bool(_ZERO_SIZE.search(node.get("style", "")))


def _link(node: Element, count: _Count) -> None:
    original = node.get("href")
    if original is None:
        return
    href = _SPACES.sub("", original)
    if href.startswith("//"):
        href = f"https:{href}"
    if not LINK.fullmatch(href):
        node.attrib.pop("href", None)
        return
    if href != original:
        node.set("href", href)
    shown = "".join(node.itertext())
    if "." not in shown or len(shown) > 400 or not (found := _HOST_TEXT.fullmatch(shown.strip())):
        return
    real = _host_of(href)
    if not real or _same_site(found["host"].lower(), real):
        return
    count.misleading += 1
    label = f" ({real})"
    following = node.getnext()
    if following is not None and not (node.tail or "") and _is_host_label(following, label):
        return
    holder = etree.Element("span", {"class": LINK_HOST})
    holder.text, holder.tail, node.tail = label, node.tail, None
    node.addnext(holder)


def _is_host_label(node: Element, label: str) -> bool:
    return node.tag == "span" and LINK_HOST in node.get("class", "").split() and node.text == label and not len(node)


def _host_of(href: str) -> str:
    try:
        parts = urlsplit(href)
        if parts.scheme.lower() == "mailto":
            return unquote(parts.path).rpartition("@")[2].lower()[:253]
        return (parts.hostname or "").lower()[:253]
    except ValueError:
        return ""


def _same_site(shown: str, real: str) -> bool:
    """The shown host is the real one or one is a part of the other (www., subdomains); IDN is compared in both
    spellings."""
    try:
        shown_ascii = shown.encode("idna").decode() if not shown.isascii() else shown
    except UnicodeError:
        shown_ascii = shown
    return any(
        name == real or name.endswith(f".{real}") or real.endswith(f".{name}")
        for name in (shown, shown_ascii, shown.removeprefix("www."))
    )
