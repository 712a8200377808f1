"""Recognises the lines by which mail programs introduce a quoted or forwarded message.

A marker stands alone on its line (or on up to four wrapped ones) and holds a date or an address: "Он писал мне
вчера:" is a sentence.
Every expression here runs over one collapsed line of at most `MAX_MARKER_LINE` characters.
"""

import re
from dataclasses import dataclass
from typing import Final

from .lexicon import (
    FORWARD_ENDS,
    FORWARD_LINES,
    FORWARD_OPENINGS,
    LABELS,
    ORIGINAL_LINES,
    REPLY_ABOVE,
    REPLY_VERBS,
    Role,
)
from .lines import MAX_MARKER_LINE, Line, collapse

WRAPPED_LINES: Final = 4
BLOCK_LINES: Final = 16

_FLAGS = re.IGNORECASE
DATE: Final = re.compile(
    r"(?<!\d)(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}[-./]\d{1,2}[-./]\d{1,2}"
    r"|\d{1,2}\.?(?:\sde)?\s[^\W\d_]{3,12}\.?,?(?:\sde)?\s\d{4}|[^\W\d_]{3,12}\.?\s\d{1,2},?\s(?:at\s)?\d{4})(?!\d)",
    _FLAGS,
)
TIME: Final = re.compile(r"(?<!\d)\d{1,2}[:.]\d{2}(?::\d{2})?(?!\d)")
ANGLED: Final = re.compile(
    r"<\s?[^<>@\s]{1,80}@[^<>@\s]{1,120}\s?(?:<\s?mailto:[^<>]{3,200}>)?\s?>|\[mailto:[^\[\]\s]{3,200}\]"
)
ADDRESS: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}")

_WEEKDAY = (
    r"(?:пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|среду|четверг|пятница|пятницу|суббота|субботу|воскресенье"
    r"|mon|tue|wed|thu|fri|sat|sun)[a-z]*\b"
)
_START = re.compile(
    rf"(?:\d{{1,2}}[ ./:-]|\d{{4}}[-./]|{_WEEKDAY}[.,]"
    r"|(?:on|am|le|el|il|em|op|den|w dniu|dnia|во?)\s"
    r"|вы писали|you wrote|\"|'|«|[^\W\d_])",
    _FLAGS,
)
_VERB_END = re.compile(rf"(?<!\w)(?:{REPLY_VERBS})$", _FLAGS)
# After the time: its zone, a comma or a reader's word, then who wrote.
_NAME_BEFORE_VERB = re.compile(
    rf"\d{{1,2}}[:.]\d{{2}}(?::\d{{2}})?(?:\s?(?:AM|PM|MSK|UTC|GMT)?\s?(?:[+-]\d{{1,2}}:?(?:\d{{2}})?)?),?\s"
    rf"(?P<name>[^:]{{1,80}}?)\s(?:{REPLY_VERBS})$",
    _FLAGS,
)
# Roundcube: "Имя писал(а) 2026-06-05 12:10:".
_VERB_THEN_DATE = re.compile(rf".{{1,80}}?\s(?:{REPLY_VERBS})\s[\d./-]{{8,10}},?\s\d{{1,2}}:\d{{2}}$", _FLAGS)
_BAT = re.compile(
    r"(?:вы писали|you wrote)\b.{4,60}\d{1,2}[:.]\d{2}(?::\d{2})?$|.{4,60}\d{1,2}[:.]\d{2}.{0,12}\byou wrote$", _FLAGS
)
_GMX = re.compile(r"(?:sent|gesendet|отправлено):\s.{5,80}\s(?:from|von|от):\s.{1,120}\s(?:to|an|кому):\s", _FLAGS)
_YANDEX_MOBILE = re.compile(r"(?:кому|to):\s.{3,200};\s?(?:тема|subject):\s.{0,200};?$", _FLAGS)

_RULE = r"[-–—_=*~]"
_ORIGINAL = re.compile(rf"{_RULE}{{2,60}}\s?(?:{ORIGINAL_LINES})\s?:?\s?{_RULE}{{2,60}}$", _FLAGS)
_FORWARD = re.compile(
    rf"{_RULE}{{2,60}}\s?(?:{FORWARD_LINES}).{{0,60}}?{_RULE}{{1,60}}$|(?:{FORWARD_OPENINGS})\s?:$", _FLAGS
)
_FORWARD_END = re.compile(rf"{_RULE}{{2,60}}\s?(?:{FORWARD_ENDS})\s?{_RULE}{{0,60}}$", _FLAGS)
_ABOVE = re.compile(rf"(?:{_RULE}|#|\s|\*){{0,60}}(?:{REPLY_ABOVE})(?:{_RULE}|#|\s|\*|[.!]){{0,60}}$", _FLAGS)
_LABEL = re.compile(r"[*_•]{0,3}(?P<label>[^\W\d_][^:*_]{0,24}?)[*_]{0,2}\s?[:：][*_]{0,2}\s*(?P<value>.*)$", re.DOTALL)


def is_reply_line(text: str) -> bool:
    """True for "On Fri, Jun 5, 2026 at 12:10 PM X <a@b> wrote:" and its kin; `text` is one collapsed line."""
    if not 8 <= len(text) <= MAX_MARKER_LINE:
        return False
    if not text.endswith(":"):
        return bool(_GMX.match(text))
    core = text[:-1].rstrip()
    if ANGLED.search(core):
        return _angled_reply(core)
    return needs_quote_below(text) or _bare_address_reply(core)


def needs_quote_below(text: str) -> bool:
    """True for reply lines without any address: they count only when a quoted line follows."""
    if not text.endswith(":") or len(text) > MAX_MARKER_LINE:
        return False
    core = text[:-1].rstrip()
    if "@" in core:
        return False
    if _BAT.match(core) and DATE.search(core):
        return True
    if not (DATE.search(core) and _START.match(core)):
        return False
    if _VERB_THEN_DATE.match(core):
        return True
    found = _NAME_BEFORE_VERB.search(core)
    return bool(found and (found["name"][:1].isupper() or not found["name"][:1].isalpha()))


def _angled_reply(core: str) -> bool:
    """A marker with `<address>` near its end, after a date or before a verb."""
    found = list(ANGLED.finditer(core))
    if not found:
        return False
    last = found[-1]
    tail = core[last.end() :].strip(" ,.")
    if tail and not _VERB_END.search(tail):
        return False
    if len(tail) > 40:
        return False
    dated = DATE.search(core) or (TIME.search(core) and _START.match(core) and core[:1].isdigit())
    if dated:
        return bool(_START.match(core))
    return bool(tail) and len(core) < 160


def _bare_address_reply(core: str) -> bool:
    """SOGo and old clients: a date, then an address without brackets directly before the verb."""
    verb = _VERB_END.search(core)
    if not verb or not DATE.search(core) or not _START.match(core):
        return False
    before = core[: verb.start()].rstrip(" ,")
    word = before[before.rfind(" ") + 1 :]
    return bool(ADDRESS.fullmatch(word))


def reply_marker(lines: list[Line], at: int) -> int | None:
    """Index behind the reply line that starts at `at` (wrapped over up to four lines), or None."""
    first = lines[at].text
    if not first or len(first) > MAX_MARKER_LINE or not _START.match(first):
        return None
    joined = ""
    for index in range(at, min(at + WRAPPED_LINES, len(lines))):
        piece = lines[index].text
        if not piece or len(piece) > MAX_MARKER_LINE:
            return None
        joined = f"{joined} {piece}" if joined else piece
        if len(joined) > MAX_MARKER_LINE:
            return None
        if piece.endswith(":") or (index == at and _GMX.match(piece)):
            return index + 1 if is_reply_line(collapse(joined)) else None
        if not _worth_joining(joined):
            return None
    return None


def _worth_joining(joined: str) -> bool:
    """A wrapped marker shows a date, a time or an opened bracket on its first line."""
    return bool(
        "@" in joined
        or "<" in joined
        or (any(map(str.isdigit, joined)) and (DATE.search(joined) or TIME.search(joined)))
    )


@dataclass(frozen=True, slots=True)
class Block:
    """A header block "От: … Отправлено: … Кому: … Тема: …": first value per role and the index behind its last line."""

    values: dict[Role, str]
    end: int


def header_block(lines: list[Line], at: int, *, need_from: bool = True, announced: bool = False) -> Block | None:
    """The header block that starts at `at`, or None.

    Labels may be bold, in any order, with blank lines between and values wrapped; three different ones must be there,
    and an address or a date with its time among the values: people write "От кого, Кому, Дата" into requests. Below a
    line that announces it (`announced`) the sender alone will do.
    """
    if (first := label_of(lines[at].text)) is None or (need_from and first[0] == "other"):
        return None
    values: dict[Role, str] = {}
    end = index = at
    gap = 0
    last: Role = first[0]
    while index < min(at + BLOCK_LINES, len(lines)):
        line = lines[index].text
        found = label_of(line)
        if found:
            role, value = found
            if role in values and role in {"from", "subject"}:
                break
            values.setdefault(role, value)
            end, gap, last = index + 1, 0, role
        elif not line:
            gap += 1
            if gap > 1 and values.keys() >= {"from", "subject"}:
                break
            if gap > 2:
                break
        elif gap == 0 and last in {"to", "cc", "from", "date"} and _continues(lines, index):
            if not values[last] or last == "from":
                values[last] = f"{values[last]} {line}".strip()
            end = index + 1
        else:
            break
        index += 1
    return Block(values, _subject_tail(lines, end, values)) if _is_block(values, announced=announced) else None


def _continues(lines: list[Line], at: int) -> bool:
    """A line without a label belongs to the block only when another label follows soon or it holds an address."""
    if len(lines[at].text) > MAX_MARKER_LINE:
        return False
    return any(label_of(line.text) is not None for line in lines[at + 1 : at + 5])


def _subject_tail(lines: list[Line], end: int, values: dict[Role, str]) -> int:
    """A long subject in the last line may wrap once, directly before the blank line."""
    if end + 1 < len(lines) and lines[end].text and not lines[end + 1].text and len(values.get("subject", "")) > 60:
        values["subject"] = f"{values['subject']} {lines[end].text}"
        return end + 1
    return end


def _is_block(values: dict[Role, str], *, announced: bool) -> bool:
    if announced:
        return "from" in values
    if "from" not in values or len(values.keys() & {"date", "to", "subject"}) < 2:
        return False
    proof = collapse(f"{values['from']} {values.get('to', '')} {values.get('date', '')}")
    if "@" in proof:
        return True
    rest, dates = DATE.subn(" ", proof)
    return dates > 0 and bool(TIME.search(rest))


def label_of(text: str) -> tuple[Role, str] | None:
    """Role and value of a line "От: Иван <i@x>" (or `*От:* Иван`), None for any other line."""
    if not text or len(text) > 4 * MAX_MARKER_LINE:
        return None
    found = _LABEL.match(text)
    if not found:
        return None
    role = LABELS.get(collapse(found["label"]).casefold())
    return (role, found["value"].strip().strip("*").strip()) if role else None


def is_original_line(text: str) -> bool:
    """ "-----Исходное сообщение-----" and its translations."""
    return text[:1] in "-–—_=*~" and len(text) <= 160 and bool(_ORIGINAL.match(collapse(text)))


def is_forward_line(text: str) -> bool:
    """ "---------- Forwarded message ---------", "Начало переадресованного сообщения:" and their translations."""
    return 8 <= len(text) <= 160 and bool(_FORWARD.match(collapse(text)))


def is_forward_end(text: str) -> bool:
    """The closing line of a forward, as Yandex writes it."""
    return text[:1] in "-–—_=*~" and len(text) <= 160 and bool(_FORWARD_END.match(collapse(text)))


def is_above_line(text: str) -> bool:
    """A desk's own separator: "-- Отвечайте выше этой строки --"."""
    return 12 <= len(text) <= 160 and bool(_ABOVE.match(collapse(text)))


def is_bare_rule(text: str, *, least: int = 10) -> bool:
    """A line of underscores or dashes only; says nothing by itself."""
    return least <= len(text) <= 120 and text[0] in "-_—" and set(text) <= {"-", "_", "—"}


def is_recipients_line(text: str) -> bool:
    """Yandex mobile: "Кому: a@b; Тема: …;" before its date line."""
    return ";" in text and len(text) <= MAX_MARKER_LINE and bool(_YANDEX_MOBILE.match(collapse(text)))
