"""Quiet hours and digests in a person's own time, over changes of the clock too."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.notifications.hours import is_quiet, next_clock, next_hour, quiet_until

BERLIN, MOSCOW = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Moscow")
NIGHT = (time(22, 0), time(7, 0))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _minute(text: str) -> int:
    return int(_utc(text).timestamp()) // 60


@pytest.mark.parametrize(
    ("at", "begins", "ends", "zone", "until"),
    [
        ("2026-11-25T10:00", *NIGHT, MOSCOW, "2026-11-25T10:00"),
        ("2026-11-25T20:00", *NIGHT, MOSCOW, "2026-11-26T04:00"),  # 23:00 there
        ("2026-11-26T03:59", *NIGHT, MOSCOW, "2026-11-26T04:00"),
        ("2026-11-26T04:00", *NIGHT, MOSCOW, "2026-11-26T04:00"),
        ("2026-11-25T10:00", time(12), time(14), MOSCOW, "2026-11-25T11:00"),
        ("2026-11-25T10:00", time(9), time(9), MOSCOW, "2026-11-25T10:00"),  # equal: none
        ("2026-03-28T22:00", *NIGHT, BERLIN, "2026-03-29T05:00"),  # the night in which an hour is missing
        ("2026-10-24T21:00", *NIGHT, BERLIN, "2026-10-25T06:00"),  # the night with an hour more
        ("2026-03-29T00:30", time(22), time(2, 30), BERLIN, "2026-03-29T01:30"),  # 2:30 is not there: it is 3:30
        (
            "2026-10-25T01:10",
            time(22),
            time(2, 30),
            BERLIN,
            "2026-10-25T01:30",
        ),  # the second 2:10, until the second 2:30
    ],
)
def test_quiet_hours_end_when_the_clock_on_the_wall_says_so(
    at: str, begins: time, ends: time, zone: ZoneInfo, until: str
) -> None:
    assert quiet_until(_utc(at), begins, ends, zone) == _utc(until)


@given(
    st.integers(_minute("2026-03-27T00:00"), _minute("2026-03-31T00:00"))
    | st.integers(_minute("2026-10-23T00:00"), _minute("2026-10-27T00:00")),
    st.times(),
    st.times(),
)
def test_end_of_quiet_hours_is_near_and_never_before(minute: int, begins: time, ends: time) -> None:
    at = datetime.fromtimestamp(minute * 60, UTC)
    until = quiet_until(at, begins, ends, BERLIN)
    assert (until > at) == is_quiet(at, begins, ends, BERLIN)
    assert (until - at).total_seconds() <= 25 * 3600
    assert at < next_clock(at, ends, BERLIN)


def test_next_hour_is_full() -> None:
    assert next_hour(_utc("2026-11-25T10:00")) == _utc("2026-11-25T11:00")
    assert next_hour(_utc("2026-11-25T23:59")) == _utc("2026-11-26T00:00")
