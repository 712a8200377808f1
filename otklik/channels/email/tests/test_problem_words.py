"""Every problem the parser can name has words in both languages, and the card shows those that matter."""

from django.utils import translation

from otklik.channels.email.parse.problems import TEXTS
from otklik.channels.email.problem_words import PROBLEMS, TECHNICAL, worth_telling


def test_every_code_has_the_parsers_own_sentence_in_english_and_another_in_russian() -> None:
    assert set(PROBLEMS) == set(TEXTS)
    assert set(TEXTS) >= TECHNICAL
    for code, text in TEXTS.items():
        with translation.override("en"):
            assert str(PROBLEMS[code]) == text
        with translation.override("ru"):
            assert str(PROBLEMS[code]) != text


def test_only_what_matters_to_the_one_who_answers_is_told() -> None:
    with translation.override("en"):
        assert worth_telling(["date_missing", "encrypted_pgp", "unknown"]) == [TEXTS["encrypted_pgp"]]
