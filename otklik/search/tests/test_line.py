"""The search line in parts, and the words the databases are asked with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.search.line import MOST_PARTS, read_line
from otklik.search.match import Match, Phrase, Term, for_fts5, for_tsquery, terms_of


def test_parts_of_a_line() -> None:
    line = read_line('витрина «не холодит» статус:новая,"Ждём клиента" -tag:спам -вода от:"Анна Серова"')
    assert [(part.kind, part.negative, part.key, part.values, part.text) for part in line.parts] == [
        ("word", False, "", (), "витрина"),
        ("phrase", False, "", (), "не холодит"),
        ("key", False, "статус", ("новая", "Ждём клиента"), ""),
        ("key", True, "tag", ("спам",), ""),
        ("word", True, "", (), "вода"),
        ("key", False, "от", ("Анна Серова",), ""),
    ]
    assert not line.unfinished


@pytest.mark.parametrize(
    ("text", "unfinished"), [("витр", True), ("витр ", False), ('"витр', False), ("tag:х", False), ("", False)]
)
def test_only_a_last_word_may_grow(text: str, unfinished: bool) -> None:
    assert read_line(text).unfinished is unfinished


@pytest.mark.parametrize("text", ["https://berezka.example/x", "10:30", "a:b", "-", "--", "«»", ":", "слово - слово"])
def test_what_looks_like_a_key_but_is_none(text: str) -> None:
    assert read_line(text).keys == ()


def test_key_without_value_is_a_key_still() -> None:
    part = read_line("status: витрина").parts[0]
    assert (part.key, part.values) == ("status", ())


@given(st.text(alphabet='аб "«»-:,#@.()+19\t\n', max_size=120))
def test_any_text_is_a_line(text: str) -> None:
    line = read_line(text)
    assert len(line.parts) <= MOST_PARTS
    terms = terms_of(line.free, unfinished=line.unfinished)
    assert all(form.tokens for term in terms for form in term.forms)


def test_last_word_is_found_by_its_stem_or_as_a_beginning() -> None:
    assert terms_of(read_line("холодильника").free, unfinished=True) == (
        Term((Phrase(("холодильник",)), Phrase(("холодильника",), prefix=True))),
    )


def test_quoted_words_are_exact_once_the_quote_is_closed() -> None:
    (closed,) = terms_of(read_line("-«Не холодит»").free)
    assert (closed.forms, closed.exact) == ((Phrase(("не", "холод")),), ("не", "холодит"))
    (typed,) = terms_of(read_line("«не холо").free)
    assert (typed.forms[1], typed.exact) == (Phrase(("не", "холо"), prefix=True), ())


def test_number_with_marks_is_a_phrase_of_its_pieces() -> None:
    (term,) = terms_of(read_line("А-123/45").free)
    assert term.forms == (Phrase(("а", "123", "45")),)


def test_pieces_of_a_phone_are_one_term() -> None:
    terms = terms_of(read_line("витрина 8 (912) 345-67-89 срочно").free)
    assert len(terms) == 3
    assert terms[1].forms[0] == Phrase(("79123456789",))


def test_words_of_both_databases() -> None:
    line = read_line('"не холодит" витри')
    match = Match(terms_of(line.free, unfinished=True), labels=(("§t1", "§t2"),), scopes=("public", "team"))
    assert for_fts5(match) == '"не холод" AND ("витр" OR "витри" *) AND ("§t1" OR "§t2") AND ("§§p" OR "§§t")'
    assert for_tsquery(match) == "('не' <-> 'холод') & ('витр' | 'витри':*) & ('§t1' | '§t2') & ('§§p' | '§§t')"
