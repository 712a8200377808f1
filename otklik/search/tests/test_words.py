"""Words: forms that find each other, letters that are one, phones in any writing, the other keyboard layout."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.core.text import normal_form
from otklik.search.words import (
    asked_phone,
    folded,
    other_layout,
    part_of_phone,
    phone_words,
    spots,
    stem,
    stems,
    words,
)

FORMS = [
    "холодильник холодильника холодильнику холодильником холодильнике холодильники холодильников Холодильниками",
    "витрина витрины витрине витрину витриной витринам витринами",
    "заявка заявки заявке заявку заявкой заявкам заявками",
    "сломался сломалась сломалось сломались",
    "компрессор компрессора компрессору компрессоры компрессоров",
    "ёлка елка ёлки ЁЛКОЙ",
    "счёт счет счёта счетом",
    "температура температуры температуру температурой",
    "морозильный морозильная морозильное морозильные морозильного",
    "refrigerator refrigerators Refrigerator's",
    "connect connected connecting connection connections",
    "install installed installing installs",
    "invoice invoices invoiced",
]


@pytest.mark.parametrize("forms", FORMS)
def test_forms_of_a_word_are_one(forms: str) -> None:
    assert len({stems(form)[0] for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "pair", ["вода водитель", "кот который", "стол столица", "port portal", "1042 1043", "еж ёмкость"]
)
def test_other_words_stay_others(pair: str) -> None:
    first, second = pair.split()
    assert stem(folded(first)) != stem(folded(second))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Заявка №1042", ["заявка", "1042"]),
        ("RP8998173/2", ["rp8998173", "2"]),
        ("anna.serova@berezka.example", ["anna", "serova", "berezka", "example"]),
        ("foto_1.JPG", ["foto", "1", "jpg"]),
        ("холо\u00adдильник", ["холодильник"]),
        ("Ｆｕｌｌ ﬁle", ["full", "file"]),
        ("Ё-ё", ["е", "е"]),
        ("…—«»", []),
        ("", []),
    ],
)
def test_words_of_a_text(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text(max_size=300))
def test_words_are_those_of_the_normal_form(text: str) -> None:
    plain = text.replace("№", " ").replace("ʼ", " ")
    assert "".join(words(plain)) == "".join(words(normal_form(plain)))


@given(st.text(alphabet="абвгеёжклмнопрстуийщыьэюя -.,0123abcdefXYZ", max_size=200))
def test_spots_tell_the_same_words_with_their_places(text: str) -> None:
    found = list(spots(text))
    assert [spot.word for spot in found] == words(text)
    assert all(folded(text[spot.start : spot.end]) == spot.word for spot in found)


PHONE = "79123456789"


@pytest.mark.parametrize(
    "written",
    [
        "+7 912 345-67-89",
        "8 (912) 345-67-89",
        "89123456789",
        "9123456789",
        "+7(912)345 67 89",
        "8-912-345-67-89",
        "+79123456789",
    ],
)
def test_phone_is_one_in_any_writing(written: str) -> None:
    assert asked_phone(written) == PHONE
    found = phone_words(f"Звоните: {written}, спросить Олега")
    assert found[:2] == [PHONE, "3456789"]
    assert found[2:] == [
        "§b7912",
        "§b79123",
        "§b791234",
        f"§b{PHONE}",
        "§e9876",
        "§e98765",
        "§e987654",
        f"§e{PHONE[::-1]}",
    ]


@given(st.integers(4, 9), st.sampled_from(["{}", "{} ", "({})", "{}-"]))
def test_any_few_digits_of_a_beginning_or_an_end_are_among_the_words(length: int, written: str) -> None:
    kept = phone_words(f"тел. {PHONE}")

    def found(typed: str) -> bool:
        return any(
            word in kept or (longer and any(one.startswith(word) for one in kept))
            for word, longer in part_of_phone(written.format(typed))
        )

    assert found(f"+{PHONE[:length]}")
    assert found(f"8{PHONE[1:length]}")
    assert found(PHONE[1 : length + 1])
    assert found(PHONE[-length:])
    assert not found("5" * length)


@pytest.mark.parametrize("typed", ["", "123", "12-3", "1234567890"])
def test_too_few_digits_or_a_whole_number_are_no_part(typed: str) -> None:
    assert part_of_phone(typed) == []


@pytest.mark.parametrize("text", ["1042", "12.10.2026", "7707083893", "сумма 12 345 678,90 руб", "10:30-11:45", ""])
def test_other_numbers_are_no_phones(text: str) -> None:
    assert PHONE not in phone_words(text)
    assert asked_phone(text) in {"", "77707083893"}  # ten digits may be a phone: then they find both


def test_last_seven_digits_are_asked_for() -> None:
    assert asked_phone("345-67-89") == "3456789"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("ghbdtn", "привет"), ("Dbnhbyf", "Витрина"), ("руддщ", "hello"), ("gjl]tpl", "подъезд"), ("`krf", "ёлка")],
)
def test_other_layout(typed: str, meant: str) -> None:
    assert other_layout(typed) == meant


@pytest.mark.parametrize("typed", ["", "1042", "+7 912", "?!"])
def test_nothing_to_turn(typed: str) -> None:
    assert other_layout(typed) == ""


def test_a_turned_line_turned_again_is_the_line() -> None:
    assert other_layout(other_layout("холодильник не морозит")) == "холодильник не морозит"
