"""Invitations: the few facts of a calendar part that a person wants to read. No recurrence, no arithmetic."""

import re

from otklik.channels.email.parse.decode import one_line
from otklik.channels.email.parse.model import Calendar

_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?(Z)?)?")
_ESCAPES = {"\\n": "\n", "\\N": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\"}
_ESCAPE = re.compile(r"\\[nN,;\\]")
MAX_LINES = 5000


def read_calendar(text: str, method: str = "") -> Calendar:
    """Read the first event of an iCalendar text; missing facts stay empty."""
    facts: dict[str, tuple[str, str]] = {}
    inside = ""
    for line in _unfolded(text):
        name, mark, value = _cut(line)
        if not mark:
            continue
        key, _, params = name.upper().partition(";")
        if key == "BEGIN":
            inside = value.strip().upper()
        elif key == "END":
            if value.strip().upper() == "VEVENT":
                break
            inside = "VCALENDAR" if inside != "VEVENT" else inside
            if value.strip().upper() == "VALARM":
                inside = "VEVENT"
        elif key == "METHOD" and not method:
            method = value.strip()
        elif inside in {"VEVENT", "VTODO"} and key not in facts:
            facts[key] = (value, name if params else "")
    return Calendar(
        method=one_line(method).upper()[:40],
        summary=_text(facts, "SUMMARY", 500),
        starts=_moment(facts.get("DTSTART")),
        ends=_moment(facts.get("DTEND") or facts.get("DUE")),
        location=_text(facts, "LOCATION", 500),
        organizer=_organizer(facts.get("ORGANIZER")),
        description=_plain(facts, "DESCRIPTION", 20_000),
    )


def _unfolded(text: str) -> list[str]:
    lines: list[list[str]] = []
    for line in text[:500_000].replace("\r\n", "\n").split("\n")[:MAX_LINES]:
        if line[:1] in {" ", "\t"} and lines:
            lines[-1].append(line[1:])
        else:
            lines.append([line])
    return ["".join(pieces) for pieces in lines]


def _cut(line: str) -> tuple[str, bool, str]:
    """Cut a content line at the first colon outside quotes."""
    if '"' not in line[:2000]:
        name, mark, value = line.partition(":")
        return name, bool(mark), value
    quoted = False
    for place, char in enumerate(line[:2000]):
        if char == '"':
            quoted = not quoted
        elif char == ":" and not quoted:
            return line[:place], True, line[place + 1 :]
    return line, False, ""


def _plain(facts: dict[str, tuple[str, str]], key: str, limit: int) -> str:
    value = facts.get(key, ("", ""))[0][:limit]
    return _ESCAPE.sub(lambda found: _ESCAPES[found[0]], value).strip()


def _text(facts: dict[str, tuple[str, str]], key: str, limit: int) -> str:
    return one_line(_plain(facts, key, limit))


def _moment(fact: tuple[str, str] | None) -> str:
    if fact is None:
        return ""
    found = _STAMP.search(fact[0][:40])
    if found is None:
        return ""
    year, month, day, hour, minute, _, utc = found.groups()
    shown = f"{year}-{month}-{day}" + (f" {hour}:{minute}" if hour else "")
    zone = re.search(r"TZID=\"?([^\";:]{1,60})", fact[1], re.IGNORECASE)
    named = "UTC" if utc else (one_line(zone[1]) if zone else "")
    return f"{shown} ({named})" if named and hour else shown


def _organizer(fact: tuple[str, str] | None) -> str:
    if fact is None:
        return ""
    address = one_line(fact[0][:300])
    return address[7:] if address.lower().startswith("mailto:") else address
