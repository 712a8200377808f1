"""Finds the letter inside a forwarded letter: who wrote it, when, about what, and its text.

Only the caller knows whether the forwarding person may speak for others; this module only reads.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from .dates import parse_date
from .lexicon import REPLY_VERBS
from .lines import Line, collapse, split_lines
from .markers import (
    ADDRESS,
    DATE,
    TIME,
    header_block,
    is_forward_end,
    is_forward_line,
    is_original_line,
    label_of,
    reply_marker,
)
from .plain import html_to_text

_LOOK_LINES: Final = 3_000
_BEHALF: Final = re.compile(
    r".{0,200}?\s(?:от имени|on behalf of|im auftrag von|de la part de|en nombre de)\s", re.IGNORECASE
)
_MAILTO: Final = re.compile(r"<?\[?mailto:", re.IGNORECASE)
_ZONE_WORDS: Final = re.compile(
    r"^(?:\s?(?:[AP]M|GMT|UTC|MSK|г\.?|\(?[+-]\d{1,2}:?\d{0,2}\)?))*[\s,]*(?:(?:от|пользователь|from|user)\s)?",
    re.IGNORECASE,
)
_VERB: Final = re.compile(rf"\s(?:{REPLY_VERBS})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Forward:
    """The inner letter. `from_address` is None when only a name was left of the sender; `date` is aware only when the
    text names a
    zone; `note` is what the forwarder wrote on top; `certain` is False when a reply would look the same (a bare
    header block)."""

    from_name: str
    from_address: str | None
    subject: str
    date: datetime | None
    body_text: str
    note: str = ""
    date_text: str = ""
    certain: bool = True


def find_forward(text: str, html: str = "", attached_message: Forward | None = None) -> Forward | None:
    """The original letter in a forward, or None.

    An attached message (`message/rfc822`, already read by the caller) is the most reliable and wins; `note` is then
    the whole text.
    Otherwise the text is searched, and the text of the HTML when the text part says nothing of it.
    """
    if attached_message is not None:
        return Forward(
            attached_message.from_name,
            attached_message.from_address,
            attached_message.subject,
            attached_message.date,
            attached_message.body_text,
            note=text.strip(),
            date_text=attached_message.date_text,
        )
    found = _in_text(text) if text.strip() else None
    if html and (found is None or not found.from_address):
        other = _in_text(html_to_text(html))
        if other is not None and (found is None or other.from_address):
            return other
    return found


def _in_text(text: str) -> Forward | None:
    lines = split_lines(text)[:_LOOK_LINES]
    bare: tuple[int, int] | None = None
    for index, line in enumerate(lines):
        if not line.text:
            continue
        if is_forward_line(line.text):
            inner = _next_text(lines, index + 1)
            if inner is not None and (found := _inner(text, lines, index, inner, certain=True)):
                return found
        elif bare is None and is_original_line(line.text):
            inner = _next_text(lines, index + 1)
            if inner is not None and header_block(lines, inner, announced=True):
                bare = (index, inner)
        elif bare is None and not line.depth and header_block(lines, index):
            bare = (index, index)
    return _inner(text, lines, *bare, certain=False) if bare else None


def _next_text(lines: list[Line], at: int) -> int | None:
    for index in range(at, min(at + 6, len(lines))):
        if lines[index].text:
            return index
    return None


def _inner(text: str, lines: list[Line], marker: int, inner: int, *, certain: bool) -> Forward | None:
    note = text[: lines[marker].start].strip()
    block = header_block(lines, inner) or _short_block(lines, inner)
    if isinstance(block, tuple):
        values, end = block
    elif block is not None:
        values, end = {str(role): value for role, value in block.values.items()}, block.end
    else:
        return _dated(text, lines, inner, note)
    name, address = read_mailbox(values.get("from", ""))
    if not name and not address:
        return None
    date_text = values.get("date", "")
    body = _body(text, lines, end)
    return Forward(
        name,
        address,
        values.get("subject", ""),
        parse_date(date_text),
        body,
        note=note,
        date_text=date_text,
        certain=certain,
    )


def _short_block(lines: list[Line], at: int) -> tuple[dict[str, str], int] | None:
    """Behind an explicit forward line a sender alone is enough, in whatever company."""
    values: dict[str, str] = {}
    index = at
    while index < min(at + 10, len(lines)) and (found := label_of(lines[index].text)):
        values.setdefault(found[0], found[1])
        index += 1
    return (values, index) if values.get("from") else None


def _dated(text: str, lines: list[Line], at: int, note: str) -> Forward | None:
    """Yandex: the forward line, then `05.06.2026, 12:10, "Имя" <a@b>:`."""
    behind = reply_marker(lines, at)
    if behind is None:
        return None
    marker = collapse(" ".join(line.text for line in lines[at:behind])).rstrip(": ")
    day = DATE.search(marker)
    clock = TIME.search(marker, day.end() if day else 0)
    start = clock.end() if clock else day.end() if day else 0
    name, address = read_mailbox(_VERB.sub("", _ZONE_WORDS.sub("", marker[start:].lstrip(" ,")).strip(" ,")))
    if not name and not address:
        return None
    return Forward(
        name, address, "", parse_date(marker), _body(text, lines, behind), note=note, date_text=marker[:start]
    )


def _body(text: str, lines: list[Line], first: int) -> str:
    """The inner text from line `first` on, up to the closing line of the forward, without a `>` that stands before
    each line."""
    last = next((index for index in range(first, len(lines)) if is_forward_end(lines[index].text)), len(lines))
    picked = lines[first:last]
    if picked and all(line.depth for line in picked if line.text):
        return "\n".join(_less_quoted(text[line.start : line.end]) for line in picked).strip()
    end = lines[last].start if last < len(lines) else len(text)
    start = lines[first].start if first < len(lines) else len(text)
    return text[start:end].replace("\r\n", "\n").strip()


def _less_quoted(line: str) -> str:
    return line.rstrip("\r\n").lstrip(" \t").removeprefix(">").removeprefix(" ")


def read_mailbox(value: str) -> tuple[str, str | None]:
    """Name and address out of a header line in a text: `"Иванов, Иван" <i@x>`, `Иванов Иван [mailto:i@x]`, `i@x`, a
    name alone."""
    value = collapse(value[:600])
    if found := _BEHALF.match(value):
        value = value[found.end() :]
    value = _MAILTO.sub("<", value)
    addresses = list(ADDRESS.finditer(value))
    if not addresses:
        return _tidy_name(value), None
    first = addresses[0]
    name = _tidy_name(value[: first.start()])
    if not name and len(addresses) > 1 and addresses[1].group().lower() == first.group().lower():
        name = ""
    return ("" if name.lower() == first.group().lower() else name), first.group().rstrip(".").lower()


def _tidy_name(name: str) -> str:
    name = name.strip(" \t<>()[];,:*")
    for opening, closing in (('"', '"'), ("'", "'"), ("«", "»")):
        if len(name) > 1 and name.startswith(opening) and name.endswith(closing):
            name = name[1:-1].strip()
    return name.strip('"')[:200]
