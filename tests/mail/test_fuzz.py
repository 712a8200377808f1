"""Thousands of damaged mails and arbitrary bytes: the parser always answers, and what it answers can be stored."""

import random
from email.header import Header
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.channels.email.parse import parse
from otklik.channels.email.parse.addresses import read_addresses
from otklik.channels.email.parse.charsets import CYRILLIC, guess
from otklik.channels.email.parse.decode import Decoder, one_line
from otklik.channels.email.parse.filenames import clean_name
from otklik.channels.email.parse.problems import Problems
from tests.mail.test_corpus import assert_fit_for_a_database

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.eml"))
ROUNDS = 3200
PIECES = tuple(
    piece.encode("latin-1").decode("unicode_escape").encode("latin-1")
    for piece in (
        r"=?utf-8?B? ?= \0 \r \n \r\n\r\n \" < > ( ; --otklik-b1 \xff \xd0 \x1b$B =?koi8-r?Q?=CF boundary= charset= % "
        r": @ &# filename*0*= Content-Type:multipart/mixed;boundary=\r\n Content-Transfer-Encoding:base64\r\n "
        r"\xed\xa0\x80 +2AA- = == Content-Type:message/rfc822\r\n\r\n"
    ).split(" ")
)


def damage(raw: bytes, rng: random.Random, other: bytes) -> bytes:
    """Cut, repeat, swap, flip, insert and cross a mail with another."""
    data = bytearray(raw[:40_000])
    for _ in range(rng.randint(1, 8)):
        place = rng.randrange(len(data) + 1)
        choice = rng.randrange(7)
        if choice == 0:
            del data[place : place + rng.randint(1, 60)]
        elif choice == 1:
            data[place:place] = rng.choice(PIECES) * rng.randint(1, 3)
        elif choice == 2 and data:
            data[place - 1] = rng.randrange(256)
        elif choice == 3:
            data[place:place] = data[place : place + rng.randint(1, 400)]
        elif choice == 4:
            start = rng.randrange(len(other) + 1)
            data[place:place] = other[start : start + rng.randint(1, 500)]
        elif choice == 5:
            data[place:] = b""
        else:
            data[place:place] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 20)))
    return bytes(data)


@pytest.mark.parametrize("seed", range(8))
def test_damaged_mails_never_raise_and_never_hide_an_error_of_ours(seed: int) -> None:
    rng = random.Random(f"damage {seed}")
    raws = [path.read_bytes() for path in CORPUS]
    for number in range(ROUNDS // 8):
        raw = damage(rng.choice(raws), rng, rng.choice(raws))
        mail = parse(raw)
        assert_fit_for_a_database(mail)
        assert "parser_error" not in [problem.code for problem in mail.problems], (seed, number, raw[:3000])


@given(st.binary(max_size=3000))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_a_reading(raw: bytes) -> None:
    mail = parse(raw)
    assert_fit_for_a_database(mail)
    assert "parser_error" not in [problem.code for problem in mail.problems]


NAMES = (
    b"From To Subject Message-ID References Date Content-Type Content-Disposition Authentication-Results Return-Path "
    b"List-Id X-Failed-Recipients"
).split()


@given(st.binary(max_size=400), st.sampled_from(NAMES))
@settings(max_examples=400, deadline=None)
def test_any_header_value_gives_a_reading(value: bytes, name: bytes) -> None:
    mail = parse(name + b": " + value + b"\r\n\r\nbody\r\n")
    assert_fit_for_a_database(mail)
    assert "parser_error" not in [problem.code for problem in mail.problems]


LETTER = st.characters(min_codepoint=32, max_codepoint=0x4FF, exclude_categories=["Cc", "Cs", "Cf", "Zs", "Cn"])
LETTERS = st.text(LETTER | st.just(" "), min_size=1, max_size=60)


@given(LETTERS, st.sampled_from(["utf-8", "koi8-r", "windows-1251"]))
@settings(max_examples=200, deadline=None)
def test_what_a_good_mailer_encodes_is_read_back(text: str, charset: str) -> None:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    encoded = Header(text, charset, maxlinelen=70).encode()
    subject = parse(b"Subject: " + encoded.encode() + b"\r\nFrom: a@b.example\r\n\r\nx").subject
    if "=?" in encoded and "?=" not in text and "=?" not in text and not any(mark in text for mark in "ÐÑРС"):
        assert subject == one_line(text)


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_clean_names_are_harmless_and_stay_the_same(name: str) -> None:
    cleaned = clean_name(name, "attachment-1.bin")
    assert cleaned
    assert len(cleaned.encode()) <= 180
    assert not set("/\\\0\r\n") & set(cleaned)
    assert not cleaned.startswith(".")
    assert clean_name(cleaned, "attachment-1.bin") == cleaned


NAME = st.text("абвгдеАБВ abc.,;:<>()\"'@[]=?", max_size=30)


@given(
    st.lists(
        st.tuples(NAME, st.sampled_from(["a@b.example", "clara@berezka.example", "x.y+z@d.example"])),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=300, deadline=None)
def test_well_quoted_address_lists_are_read_exactly(boxes: list[tuple[str, str]]) -> None:
    value = ", ".join(
        '"{}" <{}>'.format(name.replace("\\", "").replace('"', '\\"'), address) for name, address in boxes
    )
    if "=?" not in value:
        found = read_addresses(value.encode(), Decoder(Problems()))
        assert [box.address for box in found] == [address for _, address in boxes]


RUSSIAN = """Не холодит витрина
ПРИНТЕР НЕ РАБОТАЕТ
Заявка №12: «Берёзка», ул. Лесная
Добрый день! Пришлите мастера.
Счёт за обслуживание
Щётка двигателя заедает
Анна Серова
СРОЧНО! ОШИБКА КАССЫ
Объявление о съёме оборудования""".split("\n")
GUESSED = [
    (text, charset)
    for text in RUSSIAN
    for charset in CYRILLIC
    if text.encode(charset, "ignore").decode(charset) == text
]


@pytest.mark.parametrize(("text", "charset"), GUESSED)
def test_russian_is_guessed_from_its_letters(text: str, charset: str) -> None:
    data = text.encode(charset)
    assert data.decode(guess(data)) == text


@given(LETTERS, st.text(max_size=400), st.binary(max_size=600), st.sampled_from(["base64", "quoted-printable"]))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mail_of_the_standard_library_is_read_as_written(name: str, body: str, data: bytes, coding: str) -> None:
    message = EmailMessage()
    message["From"] = "Clara <clara@berezka.example>"
    message["Subject"] = "Витрина"
    body = "Начало. " + body.encode("utf-8", "replace").decode().replace("\r", "").replace("\0", "")
    message.set_content(body, charset="utf-8", cte=coding)
    message.add_attachment(data, maintype="application", subtype="pdf", filename="акт.pdf")
    mail = parse(message.as_bytes())
    assert mail.subject == "Витрина"
    assert [(part.name, part.data) for part in mail.attachments] == [("акт.pdf", data)]
    if "double_encoded" not in [problem.code for problem in mail.problems]:
        assert mail.body_text.rstrip("\n") == body.rstrip("\n")
    del name
