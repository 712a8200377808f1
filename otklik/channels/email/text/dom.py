"""HTML of strangers as a tree: parsed leniently, within limits of size, depth and number of elements."""

import html
import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from .lexicon import words

MAX_HTML: Final = 1_500_000
"""Characters looked at; what follows is cut and said so."""
MAX_ELEMENTS: Final = 60_000

# Their content is never shown: a reader would see code, styles or the name of the page.
DROPPED: Final = words(
    "script style title head meta link base basefont xml template noembed noframes iframe frame frameset object"
    " applet svg math audio video canvas map xmp plaintext"
)
BLOCKS: Final = words(
    "p div section article header footer main aside nav table tr ul ol li dl dt dd blockquote pre h1 h2 h3 h4 h5 h6"
    " hr center form fieldset"
    " address figure figcaption body html tbody thead tfoot caption"
)

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_DATA_URL: Final = re.compile(r"data:[a-z0-9.+/-]{1,60};base64,[A-Za-z0-9+/=\s%]{64,}", re.IGNORECASE)
_BLANKS: Final = re.compile(r"\s+")
_STYLE: Final = re.compile(r"<style\b", re.IGNORECASE)

type Element = etree._Element


class TooComplex(Exception):
    """The HTML nests deeper or holds more elements than is taken apart; show its text instead."""


def tidy(source: str) -> tuple[str, bool]:
    """`source` without control characters and big data URLs, cut to `MAX_HTML`; and whether it was cut."""
    if "base64" in source:
        source = _DATA_URL.sub("", source)
    cut = len(source) > MAX_HTML
    return _CONTROL.sub("", source[:MAX_HTML]), cut


def has_styles(source: str) -> bool:
    """Is there a style sheet worth inlining?"""
    return bool(_STYLE.search(source))


def parse(source: str) -> Element:
    """The body of `source` (already `tidy`). Comments, conditional ones too, are gone. Raises `TooComplex`."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(source.encode(), parser)
    except (etree.LxmlError, ValueError):
        root = None
    log = parser.error_log
    if log and any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in log):
        raise TooComplex
    if root is None:
        return etree.Element("body")
    body = root.find("body")
    if body is None:
        if root.tag == "body":
            return root
        body = etree.Element("body")
        body.extend([child for child in root if child.tag != "head"])
    return body


def elements(body: Element) -> list[Element]:
    """All elements below `body` in order of text. Raises `TooComplex` when there are too many."""
    found = list(body.iter(etree.Element))
    if len(found) > MAX_ELEMENTS:
        raise TooComplex
    return found


def inner_html(body: Element) -> str:
    """The content of `body` as HTML."""
    whole = str(etree.tostring(body, encoding="unicode", method="html", with_tail=False))
    return whole.removeprefix("<body>").removesuffix("</body>")


def drop(element: Element) -> None:
    """Take the element with its content out; the text behind it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        _append_before(element, parent, element.tail)
    parent.remove(element)


def unwrap(element: Element) -> None:
    """Take the element out and leave its content in its place."""
    parent = element.getparent()
    if parent is None:
        return
    at = parent.index(element)
    children = list(element)
    if element.text:
        _append_before(element, parent, element.text)
    tail = element.tail
    element.tail = None
    parent.remove(element)
    for offset, child in enumerate(children):
        parent.insert(at + offset, child)
    if tail:
        before = at + len(children)
        if before:
            sibling = parent[before - 1]
            sibling.tail = (sibling.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail


def _append_before(element: Element, parent: Element, text: str) -> None:
    previous = element.getprevious()
    if previous is not None:
        previous.tail = (previous.tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def text_of(element: Element, limit: int = 400) -> str:
    """The first `limit` characters of the element's text, blanks as they are."""
    out: list[str] = []
    size = 0
    for piece in element.itertext():
        out.append(piece)
        size += len(piece)
        if size > limit:
            break
    return "".join(out)[:limit]


def flat_text(source: str) -> str:
    """The text of HTML that is too deep for a tree: one pass over the characters, tags as line breaks or nothing."""
    out: list[str] = []
    for kind, value in _scan(source):
        if kind == "text":
            out.append(_BLANKS.sub(" ", html.unescape(value)))
        elif value in BLOCKS or value == "br":
            out.append("\n")
    joined = re.sub(r"[ \t]*\n[ \t\n]{2,}", "\n\n", "".join(out))
    return joined.strip()


def _scan(source: str) -> Iterator[tuple[str, str]]:
    """Texts and tag names in order; comments and the content of dropped elements are passed over."""
    at = 0
    unclosed: set[str] = set()
    lowered = source.lower()
    while at < len(source):
        opening = source.find("<", at)
        if opening < 0:
            yield "text", source[at:]
            return
        if opening > at:
            yield "text", source[at:opening]
        if source.startswith("<!--", opening):
            end = source.find("-->", opening)
            at = len(source) if end < 0 else end + 3
            continue
        end = source.find(">", opening)
        if end < 0:
            return
        words = lowered[opening + 1 : min(end, opening + 40)].strip("/ ").split(None, 1)
        name = words[0].rstrip("/") if words else ""
        at = end + 1
        if name in {"script", "style", "title", "svg", "xml"} and source[opening + 1] != "/":
            closing = -1 if name in unclosed else lowered.find(f"</{name}", at)
            if closing < 0:
                unclosed.add(name)  # asked once: thousands of them must not cost a search each
            at = max(closing, at)
            continue
        yield "tag", name
