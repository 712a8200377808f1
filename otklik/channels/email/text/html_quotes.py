"""Folds the quoted part of an HTML mail at the marks that mail programs leave."""

import re
from html import unescape
from typing import Final, NamedTuple

from lxml import etree

from .dom import Element, TooComplex, drop, inner_html, parse, tidy
from .marks import CITE, INTRO, REST, SIGN, mark, mark_of
from .sanitizer import sanitize

_EMPTY_TAGS = frozenset({"br", "p", "div", "span", "hr", "o:p", "font", "b", "i", "a"})
_TAG: Final = re.compile(r"<[^<>]*>")
_BLANKS: Final = re.compile(r"[\s\xa0\u200b\ufeff]+")


class SplitHtml(NamedTuple):
    """Both parts sanitised; `folded` is empty when everything stays visible."""

    visible: str
    folded: str


def split_html(html: str, *, new_ticket: bool = False) -> SplitHtml:
    """The new text of an HTML mail and what its program quoted below it (the signature before the quote included).

    Works on the stored, clean form (`clean_html` keeps the marks as classes) as on raw HTML; both parts come out
    sanitised, with remote pictures blocked. Folds only what runs to the end of the mail: text after a quote keeps the
    quote visible. Never leaves nothing, and never loses a letter: where the two parts are not the whole, all is shown.
    """
    source, _ = tidy(html)
    if not new_ticket:
        try:
            body = parse(source)
            mark(body)
            start = _fold_start(body)
        except TooComplex:
            start = None
        if start is not None:
            folded = _cut(start)
            _trim(body)
            split = SplitHtml(sanitize(inner_html(body)), sanitize(inner_html(folded)))
            if _content("".join(split)) == _content(sanitize(source)):
                return split
    return SplitHtml(sanitize(source), "")


def _content(html: str) -> tuple[str, int]:
    """All letters of clean HTML in their order, and how many pictures it has: what may never differ by a fold."""
    text = unescape(_TAG.sub("", html))
    return _BLANKS.sub("", text), html.count("<img")


def _fold_start(body: Element) -> Element | None:
    """The element from which everything to the end is folded."""
    candidates: list[Element] = []
    seen_text = False  # something to read stands before the first candidate
    stack: list[tuple[Element, bool]] = [(body, False)]
    while stack:
        node, leaving = stack.pop()
        if leaving:
            if _says(node.tail):
                candidates, seen_text = [], True
            continue
        name = mark_of(node) if isinstance(node.tag, str) else None
        if name == REST:
            candidates.append(node)
            break
        if name in {CITE, INTRO, SIGN}:
            candidates.append(node)
            stack.append((node, True))
            continue
        if node.tag == "img" or _says(node.text):
            candidates, seen_text = [], True
        if node is not body:
            stack.append((node, True))
        stack.extend((child, False) for child in reversed(node))
    return _choose(body, candidates, seen_text=seen_text)


def _choose(body: Element, candidates: list[Element], *, seen_text: bool) -> Element | None:
    """The first candidate that leaves something visible above it; a mail of signature and quote shows its signature."""
    if not candidates:
        return None
    first = candidates[0]
    if seen_text:
        return _with_rule(first)
    if mark_of(first) != SIGN:
        return None
    quote = next((node for node in candidates if mark_of(node) != SIGN), None)
    return quote if quote is not None and body is not quote else None


def _with_rule(node: Element) -> Element:
    """The ruler and the empty lines directly above the mark belong to it."""
    above = node.getprevious()
    if above is not None and above.tag == "hr" and not _says(above.tail):
        return above
    return node


def _says(text: str | None) -> bool:
    return bool(text and text.strip("\xa0\u200b\ufeff\r\n\t "))


def _cut(start: Element) -> Element:
    """Move `start` and all that follows it into a new body, inside copies of the elements around it."""
    moved = [start, *start.itersiblings()]
    parent = start.getparent()
    while parent is not None:
        shell = etree.Element(parent.tag, dict(parent.attrib))
        tail = parent.tail
        parent_following = list(parent.itersiblings())
        shell.extend(moved)
        if parent.tag == "body" or parent.getparent() is None:
            return shell
        shell.tail, parent.tail = tail, None
        moved = [shell, *parent_following]
        parent = parent.getparent()
    return etree.Element("body")


def _trim(body: Element) -> None:
    """Empty lines at the end of the visible part go."""
    while True:
        node = body
        while len(node) and not _says(node[-1].tail):
            node = node[-1]
        if node is body or node.tag not in _EMPTY_TAGS or _says(node.text) or len(node):
            return
        drop(node)
