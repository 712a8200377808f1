"""Forwards of real clients: the inner letter is found, in whatever language its labels are."""

import time
from datetime import datetime, timedelta

import pytest

from otklik.channels.email.text import (
    Forward,
    clean_html,
    find_forward,
    guess_language,
    html_to_text,
    read_mailbox,
    text_to_html,
)
from otklik.channels.email.text.dates import parse_date
from otklik.channels.email.text.tests.samples import Sample, load

FORWARDS = load("forwards.txt")
NOT_FORWARDS = [sample for sample in load("kept.txt") if not sample.name.startswith("forward")]


def spelled(found: Forward) -> str:
    date = found.date.isoformat() if found.date else "None"
    fields = [
        found.from_name,
        str(found.from_address),
        found.subject,
        date,
        found.body_text,
        found.note,
        str(found.certain),
    ]
    return "|".join(field.replace("\n", "\\n") for field in fields)


@pytest.mark.parametrize("sample", FORWARDS, ids=lambda sample: sample.name)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_inner_letter_is_found(sample: Sample, ending: str):
    (_, text), (_, expected) = sample.parts
    found = find_forward(text.replace("\n", ending))
    assert found is not None
    assert spelled(found).replace("\r", "") == expected.strip()


@pytest.mark.parametrize("sample", FORWARDS, ids=lambda sample: sample.name)
def test_inner_letter_is_found_in_html_alone(sample: Sample):
    (_, text), (_, expected) = sample.parts
    html = clean_html(text_to_html(text)).html
    found = find_forward("", html)
    assert found is not None
    name, address = expected.split("|")[:2]
    assert (found.from_name, str(found.from_address)) == (name, address)


@pytest.mark.parametrize("sample", NOT_FORWARDS, ids=lambda sample: sample.name)
def test_ordinary_letters_are_no_forwards(sample: Sample):
    assert find_forward(sample.text) is None


def test_html_fills_what_the_text_lost():
    text = "FYI\n\nFrom: Crane John\nSent: Friday, June 5, 2026 12:10 PM\nTo: Support\nSubject: Compressor\n\nHums.\n"
    html = (
        "<p>FYI</p><div><p><b>From:</b> Crane John &lt;crane@harbor.example&gt;<br><b>Sent:</b> Friday, June 5, 2026 12:10 PM<br>"  # noqa: E501
        "<b>To:</b> Support<br><b>Subject:</b> Compressor</p></div><p>Hums.</p>"
    )
    found = find_forward(text, html)
    assert found is not None
    assert found.from_address == "crane@harbor.example"


def test_attached_message_wins():
    inner = Forward("Клара", "clara@berezka.example", "Тема", None, "Текст")
    text = "Смотрите вложение\n\n---------- Forwarded message ---------\nFrom: X <x@y.example>\nSubject: s\nTo: z\nDate: 2026-06-05\n\nb"  # noqa: E501
    found = find_forward(text, "", inner)
    assert found is not None
    assert (found.from_address, found.note, found.certain) == ("clara@berezka.example", text, True)


@pytest.mark.parametrize(
    ("value", "name", "address"),
    [
        ('"Иванов, Иван" <I@X.example>', "Иванов, Иван", "i@x.example"),
        ("Иванов Иван [mailto:i@x.example]", "Иванов Иван", "i@x.example"),
        ("i@x.example", "", "i@x.example"),
        ("i@x.example <mailto:i@x.example>", "", "i@x.example"),
        ("Имя <i@x.example <mailto:i@x.example>>", "Имя", "i@x.example"),
        ("'Имя' (i@x.example)", "Имя", "i@x.example"),
        ("Иванов Иван", "Иванов Иван", None),
        ("i@x.example on behalf of Anna <a@x.example>", "Anna", "a@x.example"),
        ("", "", None),
        ("<>", "", None),
    ],
)
def test_mailboxes_in_texts(value: str, name: str, address: str | None):
    assert read_mailbox(value) == (name, address)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("пятница, 5 июня 2026 г. 12:10", "2026-06-05T12:10:00"),
        ("Fri, 5 Jun 2026 12:10:00 +0300", "2026-06-05T12:10:00+03:00"),
        ("Friday, June 5, 2026 12:10:22 AM", "2026-06-05T00:10:22"),
        ("6/5/26 12:10", "2026-06-05T12:10:00"),
        ("25/12/2026", "2026-12-25T00:00:00"),
        ("05.06.2026, 12:10", "2026-06-05T12:10:00"),
        ("2026-06-05 12:10 GMT+03:00", "2026-06-05T12:10:00+03:00"),
        ("5 мая 2026 г., 9:05", "2026-05-05T09:05:00"),
        ("31.02.2026 12:10", None),
        ("вчера", None),
        ("99:99", None),
    ],
)
def test_dates_in_texts(text: str, expected: str | None):
    found = parse_date(text)
    assert (found.isoformat() if found else None) == expected


def test_named_zone_is_kept():
    found = parse_date("5 июня 2026, 12:10 +05:30")
    assert isinstance(found, datetime)
    assert found.utcoffset() == timedelta(hours=5, minutes=30)


@pytest.mark.parametrize(
    "text", ["От: x <a@b>\n" * 20_000, "---------- Forwarded message ---------\n" * 10_000, "От:" + " " * 300_000]
)
def test_hostile_text_costs_no_time(text: str):
    began = time.thread_time()
    find_forward(text)
    assert time.thread_time() - began < 2


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Не холодит витрина Polair 107", "ru"),
        ("Carrier AquaSnap 30RB ошибка", "ru"),
        ("The cooler is warm", "en"),
        ("12345 !!!", ""),
        ("", ""),
        ("Ice maker Hoshizaki IM-240 не", "en"),
    ],
)
def test_language(text: str, language: str):
    assert guess_language(text) == language


def test_text_to_html_escapes_and_links():
    html = text_to_html("Первый <b>\nвторая\n\nСм. https://x.example/a?b=1&c=2. Пишите a@b.example!")
    assert html == (
        "<p>Первый &lt;b&gt;<br>вторая</p>"
        '<p>См. <a href="https://x.example/a?b=1&amp;c=2">https://x.example/a?b=1&amp;c=2</a>. '
        'Пишите <a href="mailto:a@b.example">a@b.example</a>!</p>'
    )
    assert text_to_html(" \n ") == ""


def test_html_to_text_reads_like_the_mail():
    html = "<head><title>x</title></head><p>Раз&nbsp;два</p><ul><li>один</li><li>два</li></ul><script>z</script><table><tr><td>a</td><td>b</td></tr></table>"  # noqa: E501
    assert html_to_text(html) == "Раз два\n\n  * один\n  * два\na  b"
