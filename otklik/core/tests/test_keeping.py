"""What is kept is found by its whole key, takes no more room than it may, and is never in the way of another thread."""

import threading

from otklik.core.keeping import Keep


def test_a_value_is_found_by_the_whole_key_and_by_nothing_less() -> None:
    keep: Keep[str] = Keep(1000)
    keep.put(("ru", 1, ("a", None)), "html", 5)
    assert keep.get(("ru", 1, ("a", None))) == "html"
    assert keep.get(("en", 1, ("a", None))) is None
    assert keep.get(("ru", 1, ("a", ""))) is None


def test_the_first_ones_make_room_for_the_last() -> None:
    keep: Keep[int] = Keep(1000)
    for number in range(100):
        keep.put(number, number, 20)
    assert keep.get(49) is None
    assert [keep.get(number) for number in (50, 99)] == [50, 99]
    keep.put(99, -99, 10)  # the same place again takes no more room
    assert (keep.get(50), keep.get(99)) == (50, -99)


def test_what_is_very_large_pushes_nothing_out() -> None:
    keep: Keep[int] = Keep(1000)
    keep.put("small", 1, 10)
    keep.put("huge", 2, 999)
    assert (keep.get("small"), keep.get("huge")) == (1, None)
    keep.clear()
    assert keep.get("small") is None


def test_threads_may_keep_at_once() -> None:
    keep: Keep[int] = Keep(1000)
    failed: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for number in range(first, first + 3000):
                keep.put(number, number, 20)
                assert keep.get(number) in {number, None}
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 2000, 5000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
