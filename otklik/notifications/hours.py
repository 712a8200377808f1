"""Quiet hours and digests in a person's own time: pure arithmetic, right over changes of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def _moments(day: date, at: time, zone: ZoneInfo) -> list[datetime]:
    """Return when a clock on the wall shows ``at`` on a day: twice when clocks go back, once (later) when forward."""
    return sorted({datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)})


def next_clock(at: datetime, wanted: time, zone: ZoneInfo) -> datetime:
    """Return the first moment after ``at`` at which a clock in the zone shows ``wanted``."""
    day = at.astimezone(zone).date()
    for offset in range(3):
        for moment in _moments(day + timedelta(days=offset), wanted, zone):
            if moment > at:
                return moment
    raise AssertionError("every clock shows every time within three days")


def is_quiet(at: datetime, begins: time, ends: time, zone: ZoneInfo) -> bool:
    """Tell whether a moment lies in the quiet hours; equal times mean there are none."""
    clock = at.astimezone(zone).time()
    if begins <= ends:
        return begins <= clock < ends
    return clock >= begins or clock < ends


def quiet_until(at: datetime, begins: time, ends: time, zone: ZoneInfo) -> datetime:
    """Return ``at`` when it is not quiet then, else the end of the quiet hours."""
    return next_clock(at, ends, zone) if is_quiet(at, begins, ends, zone) else at


def next_hour(at: datetime) -> datetime:
    """Return the next full hour."""
    return at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
