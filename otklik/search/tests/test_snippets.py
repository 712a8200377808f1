"""The piece of a text that shows what was found."""

from hypothesis import given
from hypothesis import strategies as st

from otklik.search.line import read_line
from otklik.search.match import Match, terms_of
from otklik.search.snippets import Marker


def marker(text: str) -> Marker:
    line = read_line(text)
    return Marker(Match(terms_of(line.free, unfinished=line.unfinished)))


def test_forms_and_beginnings_are_marked() -> None:
    pieces = marker("холодильника витр").whole("Холодильник и Витрина, не холод")
    assert pieces == [("Холодильник", True), (" и ", False), ("Витрина", True), (", не холод", False)]


def test_letters_that_are_one() -> None:
    assert marker("елка").whole("Под Ёлкой")[-1] == ("Ёлкой", True)


def test_english_stems_that_end_otherwise() -> None:
    assert marker("happy").whole("happiness, Happily")[0] == ("happiness", True)


def test_snippet_shows_the_place_with_most_of_it() -> None:
    text = "Витрина. " + "Пустые слова идут здесь. " * 40 + "Компрессор витрины стучит с утра. " + "Ещё слова. " * 40
    pieces = marker("витрина компрессор").snippet(text)
    shown = "".join(piece for piece, _found in pieces)
    assert "Компрессор витрины" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) < 260


def test_text_without_it_has_no_snippet() -> None:
    assert marker("вода").snippet("Витрина не холодит") == []


@given(st.text(alphabet="витрнахолд ёЁß\nAZ.,", max_size=600))
def test_pieces_are_the_text(text: str) -> None:
    assert "".join(piece for piece, _found in marker("витрина холод").whole(text)) == text
