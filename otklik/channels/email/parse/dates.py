"""Dates of mails, as found; always with a zone, or nothing."""

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = {
    name: number
    for names in ("jan feb mar apr may jun jul aug sep oct nov dec", "янв фев мар апр май июн июл авг сен окт ноя дек")
    for number, name in enumerate(names.split(), 1)
} | {"мая": 5}
_ZONES = {
    name: int(minutes)
    for name, _, minutes in (
        pair.partition("=")
        for pair in (
            "ut=0 utc=0 gmt=0 z=0 msk=180 msd=240 est=-300 edt=-240 cst=-360 cdt=-300 mst=-420 mdt=-360 "
            "pst=-480 pdt=-420 cet=60 cest=120 eet=120 eest=180 bst=60"
        ).split()
    )
}
_CLOCK = r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d{1,9})?)?"
_ZONE = r"\s{0,5}(?:(?:GMT|UTC)?([+-]\d{1,2}):?(\d{2})|([A-Za-z]{1,5}))?"
_DAY = r"(?:[^\d,]{1,20},?\s{0,5})?(\d{1,2})[\s-]{1,5}([^\W\d_]{3,10})\.?[\s-]{1,5}(\d{2,4})(?:\s|,| г\.?){1,5}"
_RFC = re.compile(_DAY + _CLOCK + _ZONE)
_ASC = re.compile(
    r"[A-Za-z]{3,9},?\s{1,5}([A-Za-z]{3,9})\s{1,5}(\d{1,2}),?\s{1,5}" + _CLOCK + r"(?:\s([A-Z]{2,5}))?\s{1,5}(\d{4})"
)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T\s]{1,3}" + _CLOCK + _ZONE)
_DOTS = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4}),?\s{1,5}" + _CLOCK + _ZONE)


def read_date(value: str) -> datetime | None:
    """Return the moment that a date header names, or None; a date without zone is taken as UTC."""
    value = value[:200].strip()
    found = _RFC.match(value)
    if found:
        month = _MONTHS.get(found[2][:3].lower())
        return _moment(_year(found[3]), month, found[1], found.groups()[3:]) if month else None
    found = _ISO.match(value)
    if found:
        return _moment(int(found[1]), int(found[2]), found[3], found.groups()[3:])
    found = _ASC.match(value)
    if found:
        month = _MONTHS.get(found[1][:3].lower())
        hour, minute, second, zone, year = found.groups()[2:]
        return _moment(int(year), month, found[2], (hour, minute, second, None, None, zone)) if month else None
    found = _DOTS.match(value)
    if found:
        return _moment(int(found[3]), int(found[2]), found[1], found.groups()[3:])
    return None


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 70 else 1900)
    return year + 1900 if len(text) == 3 else year


def _moment(year: int, month: int | None, day: str, rest: tuple[str | None, ...]) -> datetime | None:
    hour, minute, second, zone_hour, zone_minute, zone_name = rest
    offset = 0
    if zone_hour is not None:
        sign = -1 if zone_hour.startswith("-") else 1
        offset = sign * (abs(int(zone_hour)) * 60 + int(zone_minute or 0))
    elif zone_name:
        offset = _ZONES.get(zone_name.lower(), 0)
    try:
        zone = timezone(timedelta(minutes=offset)) if offset else UTC
        moment = datetime(
            year, month or 0, int(day), int(hour or 0), int(minute or 0), min(int(second or 0), 59), tzinfo=zone
        )
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if 1970 <= moment.year <= 2200 else None
