"""Between HTML and plain text, both ways."""

import html
import re
from typing import Final

from inscriptis import Inscriptis
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml import etree

from .dom import DROPPED, Element, TooComplex, drop, elements, flat_text, parse, tidy
from .marks import CITE, mark, mark_of

MAX_LAYOUT: Final = 300_000
MAX_CELLS: Final = 4_000
MAX_TABLES_DEEP: Final = 12
MAX_QUOTES_DEEP: Final = 6

_CONFIG: Final = ParserConfig(css=CSS_PROFILES["strict"], display_links=False, display_images=False)
_TRAILING: Final = re.compile(r"[ \t]+\n")
_GAPS: Final = re.compile(r"\n{3,}")
_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n\s*")
_URL: Final = re.compile(
    r"https?://[^\s<>\"'«»]{1,2000}|(?<![\w.@-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}", re.IGNORECASE
)
_URL_TAIL: Final = ".,;:!?)]}…"
MAX_TEXT: Final = 1_000_000


def html_to_text(source: str) -> str:
    """The text of a mail's HTML, laid out as a reader sees it; quoted blocks get `> `, so that `split_quotes`
    understands it."""
    source, _ = tidy(source)
    try:
        body = parse(source)
        for node in elements(body):
            if node.tag in DROPPED or node.tag in {"textarea", "select"}:
                drop(node)
        mark(body)
        if not _layoutable(body, source):
            return flat_text(source)
        _quote_blocks(body)
        text = _render(body)
    except (TooComplex, RecursionError):
        return flat_text(source)
    return _GAPS.sub("\n\n", _TRAILING.sub("\n", text.replace("\xa0", " ") + "\n")).strip("\n").rstrip()


def _render(body: Element) -> str:
    return str(Inscriptis(body, _CONFIG).get_text())


def _layoutable(body: Element, source: str) -> bool:
    """Is the mail small enough for the layout of its tables? Columns of columns would cost more than they tell."""
    if len(source) > MAX_LAYOUT:
        return False
    for number, node in enumerate(body.iter("td", "th")):
        if number > MAX_CELLS:
            return False
        if (node.get("colspan") or "1") > "999" or len(node.get("colspan") or "") > 3:
            node.attrib.pop("colspan")
    return all(sum(1 for _ in table.iterancestors("table")) <= MAX_TABLES_DEEP for table in body.iter("table"))


def _quote_blocks(body: Element) -> None:
    """Replace quoted blockquotes by preformatted lines that begin with `> `, innermost first."""
    quotes = [node for node in body.iter("blockquote") if mark_of(node) == CITE]
    quotes = [node for node in quotes if sum(1 for _ in node.iterancestors("blockquote")) < MAX_QUOTES_DEEP]
    for node in reversed(quotes):
        tail, node.tail = node.tail, None
        text = _GAPS.sub("\n\n", _TRAILING.sub("\n", _render(node) + "\n")).strip("\n")
        quoted = etree.Element("pre")
        quoted.text = "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
        quoted.tail = tail
        parent = node.getparent()
        if parent is not None:
            parent.replace(node, quoted)


def text_to_html(text: str) -> str:
    """Plain text as paragraphs with line breaks and links; everything escaped."""
    text = text[:MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not text.strip():
        return ""
    return "".join(f"<p>{_inline(part)}</p>" for part in _PARAGRAPH.split(text) if part.strip())


def _inline(paragraph: str) -> str:
    out: list[str] = []
    at = 0
    for found in _URL.finditer(paragraph):
        url = found.group().rstrip(_URL_TAIL)
        out.append(html.escape(paragraph[at : found.start()]))
        href = url if "://" in url else f"mailto:{url}"
        out.append(f'<a href="{html.escape(href)}">{html.escape(url)}</a>')
        at = found.start() + len(url)
    out.append(html.escape(paragraph[at:]))
    return "".join(out).strip("\n").replace("\n", "<br>")
