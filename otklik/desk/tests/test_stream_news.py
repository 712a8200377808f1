"""What a stream gathers and how it is written: pure."""

import json

from hypothesis import given
from hypothesis import strategies as st

from otklik.desk.streams.news import MOST, News, beat, changed, frame, greeting


def _read(raw: bytes) -> dict[str, str]:
    text = raw.decode()
    assert text.endswith("\n\n")
    return dict(line.split(": ", 1) for line in text.strip().split("\n"))


def test_frame_carries_ids_counters_and_its_place() -> None:
    news = News(tickets={7, 3}, counters={"open": "5"}, presence={3: {8: True, 2: False}})
    read = _read(frame(news, 42))
    assert (read["id"], read["event"]) == ("42", "news")
    assert json.loads(read["data"]) == {
        "tickets": [3, 7],
        "counters": {"open": "5"},
        "presence": {"3": [[2, 0], [8, 1]]},
    }


def test_later_counters_and_presence_win_and_tickets_are_gathered() -> None:
    news = changed([1])
    news.add(News(counters={"open": "1"}, presence={1: {5: False}}))
    news.add(News(tickets={2}, counters={"open": "2"}, presence={}))
    assert (news.tickets, news.counters, news.presence) == ({1, 2}, {"open": "2"}, {})


def test_nobody_looking_any_more_is_news_too() -> None:
    assert News(presence={})
    assert not News()


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 120)), max_size=8))
def test_gathered_news_never_grow_and_never_lose(parts: list[tuple[int, int]]) -> None:
    news, everything = News(), set[int]()
    for first, count in parts:
        part = range(first, first + count)
        news.add(changed(part))
        everything |= set(part)
        assert len(news.tickets) <= MOST
    assert news.reset or news.tickets == everything


def test_too_much_becomes_a_reset_and_stays_one() -> None:
    news = changed(range(MOST + 1))
    news.add(changed([5]))
    assert (news.reset, news.tickets) == (True, set())
    assert _read(frame(news, 9))["event"] == "reset"


def test_beat_moves_the_place_and_greeting_tells_the_pause() -> None:
    assert _read(beat(8)) == {"id": "8", "event": "beat", "data": "0"}
    assert greeting(700) == b"retry: 700\n\n"
