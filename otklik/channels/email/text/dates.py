"""Dates as mail programs write them into the text of a mail, Russian and English first."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Final

from .lexicon import MONTHS
from .lines import collapse

_NUMERIC: Final = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_ISO: Final = re.compile(r"(?<!\d)(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?!\d)")
_DAY_FIRST: Final = re.compile(r"(?<!\d)(\d{1,2})\.?(?:\sde)?\s([^\W\d_]{3,12})\.?,?(?:\sde)?\s(\d{4})(?!\d)")
_MONTH_FIRST: Final = re.compile(r"([^\W\d_]{3,12})\.?\s(\d{1,2}),?\s(?:at\s)?(\d{4})(?!\d)")
_CLOCK: Final = re.compile(r"(?<![\d.:])(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?![\d.])\s?([AaPp]\.?[Mm]\.?(?![a-z]))?")
_ZONE: Final = re.compile(r"(?:GMT|UTC)?\s?([+-])(\d{1,2}):?(\d{2})?(?!\d)")
_MOSCOW: Final = re.compile(r"\b(?:MSK|МСК)\b", re.IGNORECASE)
_RFC: Final = re.compile(r"[A-Za-z]{3},?\s\d{1,2}\s[A-Za-z]{3}\s\d{4}\s\d\d:\d\d(?::\d\d)?\s[+-]\d{4}")


def parse_date(text: str) -> datetime | None:
    """The moment named in `text`: aware when the text names a zone, else naive (the reader's own time); None when
    there is no date."""
    text = collapse(text[:300])
    if found := _RFC.search(text):
        try:
            return parsedate_to_datetime(found.group())
        except ValueError:
            pass
    day = _day(text)
    if day is None:
        return None
    (year, month, number), end = day
    rest = text[end:] if _CLOCK.search(text, end) else text
    hour, minute, second, after = _clock(rest)
    try:
        return datetime(year, month, number, hour, minute, second, tzinfo=_zone(rest[after:]))
    except ValueError:
        return None


def _day(text: str) -> tuple[tuple[int, int, int], int] | None:
    if found := _ISO.search(text):
        return (int(found[1]), int(found[2]), int(found[3])), found.end()
    for pattern, day, month, year in ((_DAY_FIRST, 1, 2, 3), (_MONTH_FIRST, 2, 1, 3)):
        if (found := pattern.search(text)) and (number := _month(found[month])):
            return (int(found[year]), number, int(found[day])), found.end()
    if found := _NUMERIC.search(text):
        first, second, year_text = int(found[1]), int(found[3]), found[4]
        year = int(year_text) + (2000 if len(year_text) == 2 else 0)
        # "6/5/26" is American: month first; so is anything whose second number cannot be a month.
        if found[2] == "/" or second > 12:
            first, second = (second, first) if first <= 12 else (first, second)
        return (year, second, first), found.end()
    return None


def _month(word: str) -> int | None:
    word = word.casefold()
    return MONTHS.get(word[:3]) or MONTHS.get(word[:4])


def _clock(text: str) -> tuple[int, int, int, int]:
    found = _CLOCK.search(text)
    if not found:
        return 0, 0, 0, 0
    hour = int(found[1])
    half = (found[4] or "").lower()[:1]
    if half == "p" and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    return hour, int(found[2]), int(found[3] or 0), found.end()


def _zone(text: str) -> timezone | None:
    text = text[:24]
    if _MOSCOW.search(text):
        return timezone(timedelta(hours=3))
    if found := _ZONE.search(text):
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        if minutes < 24 * 60:
            return timezone(timedelta(minutes=minutes if found[1] == "+" else -minutes))
    return UTC if re.search(r"\b(?:GMT|UTC)\b", text) else None
