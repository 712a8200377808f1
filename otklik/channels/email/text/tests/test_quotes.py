"""Replies of real clients: what is folded, and above all what stays."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.channels.email.text import Split, split_quotes
from otklik.channels.email.text.tests.samples import Sample, load

REPLIES = load("replies_ru.txt") + load("replies_en.txt")
KEPT = load("kept.txt")


def shape(split: Split) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text.strip()) for piece in split.pieces if piece.text.strip()]


def test_there_are_enough_samples():
    assert len(REPLIES) + len(KEPT) >= 70


@pytest.mark.parametrize("sample", REPLIES, ids=lambda sample: sample.name)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_reply_shows_only_the_new_text(sample: Sample, ending: str):
    text = sample.text.replace("\n", ending)
    split = split_quotes(text)
    expected = [(kind, part.replace("\n", ending).strip()) for kind, part in sample.parts if part.strip()]
    assert shape(split) == expected
    assert split.visible == sample.visible.replace("\n", ending)
    assert "".join(piece.text for piece in split.pieces) == text


@pytest.mark.parametrize("sample", KEPT, ids=lambda sample: sample.name)
def test_text_that_only_looks_like_a_quote_stays(sample: Sample):
    split = split_quotes(sample.text)
    assert split.folded == ()
    assert split.visible == sample.text.strip("\n").rstrip()
    assert split_quotes(sample.text, new_ticket=True).folded == ()


@pytest.mark.parametrize("sample", REPLIES, ids=lambda sample: sample.name)
def test_new_ticket_keeps_the_quote(sample: Sample):
    split = split_quotes(sample.text, new_ticket=True)
    assert {piece.kind for piece in split.folded} <= {"signature", "disclaimer"}
    quotes = [part.strip() for kind, part in sample.parts if kind == "quote"]
    assert all(quote in split.visible for quote in quotes)


@pytest.mark.parametrize("sample", REPLIES, ids=lambda sample: sample.name)
def test_prefixing_a_whole_reply_hides_nothing(sample: Sample):
    """A reply below which someone answers: his words are visible."""
    quoted = "".join(f"> {line}" for line in sample.text.splitlines(keepends=True))
    split = split_quotes(f"{quoted}\nМой ответ внизу, без него всё теряет смысл.\n")
    assert "Мой ответ внизу, без него всё теряет смысл." in split.visible


def test_offsets_are_those_of_the_original():
    text = "Да.\n\nOn Fri, Jun 5, 2026 at 12:10 PM X <a@b.example> wrote:\n> ok?\n"
    (quote,) = split_quotes(text).folded
    assert text[quote.start : quote.end] == quote.text
    assert quote.as_json() == {"kind": "quote", "start": quote.start, "end": len(text)}
    assert split_quotes(text).as_json() == [quote.as_json()]


@pytest.mark.parametrize("text", ["", "\n", "   \n\t\n", "\ufeff", "\xa0"])
def test_nothing_gives_nothing(text: str):
    split = split_quotes(text)
    assert "".join(piece.text for piece in split.pieces) == text
    assert split.folded == ()


LINES = st.sampled_from(
    [line for sample in REPLIES + KEPT for line in sample.text.splitlines()]
    + ["", " ", ">", "> >", "-- ", "\xa0", "5", "\r"]
)


@given(st.lists(LINES, max_size=30), st.booleans())
@settings(max_examples=300, deadline=None)
def test_pieces_always_give_the_text_back(lines: list[str], new_ticket: bool):
    text = "\n".join(lines)
    split = split_quotes(text, new_ticket=new_ticket)
    assert "".join(piece.text for piece in split.pieces) == text
    at = 0
    for piece in split.pieces:
        assert piece.start == at < piece.end
        at = piece.end
    assert bool(split.visible.strip()) == bool(text.strip("\n").strip())


@given(st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_text_is_survived(text: str):
    split = split_quotes(text)
    assert "".join(piece.text for piece in split.pieces) == text


NEW = st.sampled_from(
    [
        "Витрина снова не холодит.",
        "Мастер был, но ушёл.",
        "С уважением относимся, но ждём третий день.",
        "> 5 °C в камере",
        "От: склад до: магазин",
        "Он написал: приеду.",
        "----",
        "Спасибо!",
        "12:10 позвонил",
        "P.S. ключ у охраны",
    ]
)


@given(st.lists(NEW, min_size=1, max_size=8), st.sampled_from(REPLIES))
@settings(max_examples=300, deadline=None)
def test_no_line_of_the_new_text_is_ever_cut(lines: list[str], sample: Sample):
    """Whatever is written above a client's quote stays visible, line by line."""
    quote = next((part for kind, part in sample.parts if kind == "quote"), "")
    head = "\n".join(
        ["Добрый день, у нас вопрос по ремонту.", *lines, "Ответьте, пожалуйста, сегодня до обеда, это срочно."]
    )
    split = split_quotes(f"{head}\n{quote}")
    assert head in split.visible


@pytest.mark.parametrize(
    "text",
    [
        " " * 300_000,
        "\n" * 300_000,
        ">" * 300_000,
        "> " * 150_000,
        "-" * 300_000,
        "On " + "a " * 150_000 + "wrote:",
        "<" * 100_000 + "@" * 100_000,
        "От: " * 60_000,
        "От:\n" * 60_000,
        ("On 5 June 2026 12:10 " + "x" * 300 + "\n") * 900,
        "5 июня 2026 г., в 12:10,\n" * 12_000,
        "Кому: a;" * 40_000,
        "С уважением, " * 25_000,
        "Данное сообщение\n\n" * 15_000,
        "-----Исходное сообщение-----\n" * 10_000,
        "a@b." * 70_000 + ":",
    ],
    ids=lambda text: repr(text[:14]),
)
def test_hostile_text_costs_no_time(text: str):
    began = time.thread_time()
    split = split_quotes(text)
    assert time.thread_time() - began < 1.5
    assert "".join(piece.text for piece in split.pieces) == text


def test_plain_reply_is_quick():
    text = REPLIES[0].text
    best = min(_timed(text) for _ in range(30))
    assert best < 0.003, f"{best * 1000:.2f} ms"


def _timed(text: str) -> float:
    began = time.thread_time()
    split_quotes(text)
    return time.thread_time() - began
