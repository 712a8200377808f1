"""The bodies of a mail put together: one text, one HTML (still to be cleaned), and the files that remain."""

import html as escaping
import re
from dataclasses import dataclass, replace
from urllib.parse import unquote

from otklik.channels.email.parse.model import Part
from otklik.channels.email.parse.problems import Problems
from otklik.channels.email.parse.units import Content, Unit, as_html
from otklik.core.text import storable

MAX_HTML_FOR_TEXT = 2 * 1024 * 1024
_SEE_HTML = re.compile(r"html", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_CID = re.compile(r"cid:([^\"'\s>)&]{1,300})", re.IGNORECASE)
_SRC = re.compile(r"\ssrc\s{0,3}=\s{0,3}[\"']?([^\"'\s>]{1,1000})", re.IGNORECASE)
_IMAGE_NAME = re.compile(r"\.(png|jpe?g|gif|webp|bmp)\Z", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|/table|/blockquote)\b[^<>]{0,200}>", re.IGNORECASE)
_BLOCK_START = re.compile(r"<(style|script|head|title)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bodies:
    """What a person reads and what hangs on it."""

    text: str
    html: str
    attachments: tuple[Part, ...]


def combine(content: Content, problems: Problems) -> Bodies:
    """Join the bodies in their order and settle which pictures belong to them."""
    units = content.units
    with_html = any(unit.html is not None for unit in units)
    whole_html = "\n".join(as_html(unit) for unit in units) if with_html else ""
    texts = [_text(unit, problems) for unit in units]
    text = "\n\n".join(piece for piece in texts if piece.strip()) if len(texts) > 1 else "".join(texts)
    if not text.strip() and content.calendar is not None:
        text = "\n".join(piece for piece in (content.calendar.line(), content.calendar.description) if piece)
    files = mark_inline(content.files, content.loose_images, whole_html)
    return Bodies(storable(text), whole_html, tuple(files))


def _text(unit: Unit, problems: Problems) -> str:
    if unit.html is None:
        return unit.text or ""
    said = (unit.text or "").strip()
    if said and not (len(said) < 300 and _SEE_HTML.search(said)):
        return unit.text or ""
    shown = text_of(unit.html, problems)
    return unit.text or "" if not shown or (said and _same_words(said, shown)) else shown


def _same_words(said: str, shown: str) -> bool:
    """Tell whether a text says what the HTML says, which may well be about HTML; a mere "see the HTML" does not."""
    words = set(_WORD.findall(said.casefold()))
    return 2 * len(words & set(_WORD.findall(shown.casefold()))) >= len(words)


def text_of(source: str, problems: Problems) -> str:
    """Return the readable text of an HTML body; a simple reading takes over where the good one fails."""
    if len(source) <= MAX_HTML_FOR_TEXT:
        try:
            from otklik.channels.email.text import html_to_text

            return html_to_text(source).strip("\n")
        except (Exception, RecursionError):
            problems.add("html_unreadable")
    return simple_text(source[: MAX_HTML_FOR_TEXT * 2])


def simple_text(source: str) -> str:
    """Strip the tags in linear time: no tables, no links, only the words."""
    pieces: list[str] = []
    place = 0
    for found in _BLOCK_START.finditer(source):
        if found.start() < place:
            continue
        end = source.lower().find(f"</{found[1].lower()}", found.end()) if len(pieces) < 200 else -1
        if end < 0:
            break
        pieces.append(source[place : found.start()])
        place = end
    pieces.append(source[place:])
    text = _TAG.sub("", _BREAK.sub("\n", "".join(pieces)))
    lines = (" ".join(line.split()) for line in escaping.unescape(text).split("\n"))
    out: list[str] = []
    for line in lines:
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out).strip()


def mark_inline(files: list[Part], loose: set[int], html: str) -> list[Part]:
    """Mark the pictures that belong to the HTML: those it names, and those with an id that claim to be nothing else."""
    if not html or not files:
        return files
    named = {unquote(escaping.unescape(name)) for name in _CID.findall(html)} if "cid:" in html.lower() else set()
    folded = {name.lower() for name in named}
    sources = set(_SRC.findall(html)) if any(part.location for part in files) else set()
    marked: list[Part] = []
    for number, part in enumerate(files):
        picture = part.content_type.startswith("image/") and "svg" not in part.content_type
        found = part.cid and (part.cid in named or unquote(part.cid).lower() in folded)
        found = found or (part.location and part.location in sources)
        by_name = _IMAGE_NAME.search(part.name) if found and not picture else None
        if by_name and part.content_type == "application/octet-stream":
            kind = "image/" + by_name[1].lower().replace("jpg", "jpeg")
            marked.append(replace(part, inline=True, content_type=kind))
        elif picture and (found or number in loose):
            marked.append(replace(part, inline=True))
        else:
            marked.append(part)
    return marked
