"""Ready words for times and sizes, in both languages, at the edges of days and units."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from otklik.core import shown

NOW = datetime(2026, 11, 5, 11, 32, tzinfo=UTC)  # 14:32 in Moscow, a Thursday


@pytest.fixture(autouse=True)
def _moscow() -> Iterator[None]:
    with timezone.override(ZoneInfo("Europe/Moscow")):
        yield


def _plain(text: str) -> str:
    return text.replace(shown.NBSP, " ")


@pytest.mark.parametrize(
    ("back", "russian", "english"),
    [
        (timedelta(seconds=30), "сейчас", "now"),
        (timedelta(seconds=-90), "сейчас", "now"),  # a clock that is a little ahead
        (timedelta(minutes=1), "1 мин", "1 min"),
        (timedelta(minutes=59, seconds=59), "59 мин", "59 min"),
        (timedelta(hours=3), "3 ч", "3 h"),
        (timedelta(hours=11, minutes=59), "11 ч", "11 h"),
        (timedelta(hours=14), "14 ч", "14 h"),  # today still
        (timedelta(hours=15), "вчера", "yesterday"),
        (timedelta(hours=38), "вчера", "yesterday"),
        (timedelta(hours=39), "3 нояб.", "3 Nov"),
        (timedelta(days=400), "1 окт. 2025", "1 Oct 2025"),
    ],
)
def test_age(back: timedelta, russian: str, english: str) -> None:
    assert _plain(shown.age(NOW - back, NOW)) == russian
    with translation.override("en"):
        assert _plain(shown.age(NOW - back, NOW)) == english


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(minutes=27), "14:05"),
        (timedelta(days=1), "ср, 14:32"),
        (timedelta(days=6), "пт, 14:32"),
        (timedelta(days=7), "29 окт., 14:32"),
        (timedelta(days=-2), "сб, 14:32"),
        (timedelta(days=-30), "5 дек., 14:32"),
    ],
)
def test_moment_of_a_message(back: timedelta, words: str) -> None:
    assert _plain(shown.moment(NOW - back, NOW)) == words


def test_exact_time_follows_zone_and_language() -> None:
    assert _plain(shown.exact(NOW)) == "5 ноября 2026, 14:32"
    with translation.override("en"), timezone.override(ZoneInfo("Asia/Vladivostok")):
        assert _plain(shown.exact(NOW)) == "5 November 2026, 21:32"


def test_something_to_come_names_its_weekday() -> None:
    assert _plain(shown.Moments(NOW).weekday(NOW + timedelta(days=4))) == "пн, 9 нояб., 14:32"


def test_ago_reads_as_a_sentence() -> None:
    assert _plain(shown.ago(NOW - timedelta(hours=3), NOW)) == "3 ч назад"
    assert shown.ago(NOW, NOW) == "только что"
    assert shown.ago(NOW - timedelta(hours=20), NOW) == "вчера"


@pytest.mark.parametrize(
    ("size", "russian", "english"),
    [
        (0, "0 Б", "0 B"),
        (1023, "1023 Б", "1023 B"),
        (1024, "1 КБ", "1 KB"),
        (49152, "48 КБ", "48 KB"),
        (1024 * 999, "999 КБ", "999 KB"),
        (1024 * 1010, "1 МБ", "1 MB"),
        (3565158, "3,4 МБ", "3.4 MB"),
        (5 * 1024**4, "5120 ГБ", "5120 GB"),
    ],
)
def test_file_size_has_its_unit(size: int, russian: str, english: str) -> None:
    assert _plain(shown.file_size(size)) == russian
    with translation.override("en"):
        assert _plain(shown.file_size(size)) == english


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Анна Лебедева", "АЛ"), ("анна", "А"), ("", "?"), ("«Зерно» и сын", "И"), ("1С Сервис", "1С")],
)
def test_initials(name: str, letters: str) -> None:
    assert shown.initials(name) == letters


def test_hue_of_a_person_is_one_of_six() -> None:
    assert {shown.hue_class(number) for number in range(50)} == {f"avatar--{hue}" for hue in range(1, 7)}
    assert shown.hue_class(None) == "avatar--1"
