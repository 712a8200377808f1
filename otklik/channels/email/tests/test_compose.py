"""Bytes of outgoing mail: exactly the headers we mean, whatever the values say (D-42)."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.channels.email import compose, header_values
from otklik.channels.email.compose import Mail, Part
from otklik.channels.email.header_values import BadAddress
from otklik.channels.email.tests.sink import decode_words, read_raw

EXPECTED = ["mime-version", "content-type", "date", "from", "to", "reply-to", "subject", "message-id"]
BREAKS = (
    "\r\nBcc: evil@x.example",
    "\nBcc: evil@x.example",
    "\rBcc: evil@x.example",
    "\r\n\r\n<script>canary()</script>",
    "a\r\n Bcc: evil@x.example",
    "a\r\n\tBcc: evil@x.example",
    "%0d%0aBcc: evil@x.example",
    "\\r\\nBcc: evil@x.example",
    "=?utf-8?q?a=0D=0ABcc:_evil@x.example?=",
    "=?utf-8?q?=0ABcc:_evil@x.example?= tail",
    "=?utf-8?b?DQpCY2M6IHhAeS56?=",
    "=?us-ascii?q?=0d=0aX-Evil=3a_1?=",
    "=?utf-8?q?a?==?utf-8?q?=0D=0ABcc:_x@y.z?=",
    "=?utf-8*ru?q?=0D=0ABcc:_x@y.z?=",
    "\x00Bcc: evil@x.example",
    "\x0bBcc: evil@x.example",
    "\x0cBcc: evil@x.example",
    "\x1c\x1d\x1eBcc: evil@x.example",
    "\x85Bcc: evil@x.example",
    "\u2028Bcc: evil@x.example",
    "\u2029Bcc: evil@x.example",
    "\u0085\u000aBcc: evil@x.example",
    "Тема\r\nBcc: evil@x.example",
    "Тема =?utf-8?q?=0D=0ABcc:_x@y.z?=",
    "\ud800\r\nBcc: evil@x.example",
    'x"\r\nBcc: evil@x.example\r\nY: "',
    '"><svg/onload=canary()>\r\nBcc: e@x.example',
    "a" * 1200 + "\r\nBcc: e@x.example",
    " \r\n \r\n Bcc: evil@x.example",
    "\r\n.\r\nMAIL FROM:<evil@x.example>",
    "a\r\n.\r\nQUIT\r\n",
    "\r\n..\r\nRSET",
    "Subject: again\r\nTo: evil@x.example",
    "\n\n\n\n",
    "\r\r\r\nBcc: evil@x.example",
    "a\n b\n c\nBcc: evil@x.example",
    "<a@b>\r\nBcc: evil@x.example",
    "(comment\r\n)Bcc: evil@x.example",
    "=?utf-8?q?=22=3E=0A=0A?=",
    "🧊\r\nBcc: evil@x.example",
)


def make(**changes: Any) -> Mail:
    values: dict[str, Any] = {
        "message_id": "<t-1.aaaa.bbbb@desk.example>",
        "at": datetime(2026, 11, 5, 9, 30, tzinfo=UTC),
        "sender": ("Анна · Поддержка", "support@desk.example"),
        "to": [("Клара", "clara@berezka.example")],
        "reply_to": ("Поддержка", "support+t-1.aaaa@desk.example"),
        "subject": "Re: [#1042] Не холодит витрина",
        "text": "Здравствуйте!\n",
        **changes,
    }
    return Mail(**values)


def test_there_are_forty_strings() -> None:
    assert len(set(BREAKS)) == 40


@pytest.mark.parametrize("evil", BREAKS)
def test_nothing_in_a_value_becomes_a_header(evil: str) -> None:
    headers = [("X-Otklik-Loop", evil), ("Thread-Topic", evil), ("X-Bad\r\nBcc", "e@x.example"), ("To", "e@x.example")]
    mail = make(
        subject=evil,
        sender=(evil, "support@desk.example"),
        to=[(evil, "clara@berezka.example")],
        reply_to=(evil, "support@desk.example"),
        in_reply_to=evil,
        references=[evil, "<ok@x.example>" + evil],
        headers=headers,
        files=[Part(evil, evil, b"1"), Part(evil, "image/png", b"2", cid=evil)],
        html="<p>x</p>",
        text=evil,
    )
    raw = read_raw(compose.build(mail))
    assert sorted(raw.names) == sorted([*EXPECTED, "x-otklik-loop", "thread-topic"])
    inner = [line for line in raw.body.split(b"\r\n") if line.lower().startswith((b"bcc", b"x-evil", b"mail from"))]
    assert all(b"evil" not in line or b"content-" not in line.lower() for line in inner)
    for part in raw.body.split(b"--=_"):
        head = part.partition(b"\r\n\r\n")[0].lower()
        assert b"\r\nbcc:" not in head
        assert b"\r\nx-evil" not in head


@pytest.mark.parametrize("evil", BREAKS)
def test_a_subject_reads_as_its_cleaned_text(evil: str) -> None:
    raw = read_raw(compose.build(make(subject=evil)))
    assert decode_words(raw.one("Subject")) == header_values.clean_value(evil)


@given(st.text(max_size=400), st.text(max_size=60))
def test_any_text_gives_exactly_our_headers(subject: str, name: str) -> None:
    raw = read_raw(compose.build(make(subject=subject, to=[(name, "clara@berezka.example")])))
    assert sorted(raw.names) == sorted([*EXPECTED, "content-transfer-encoding"])
    assert decode_words(raw.one("Subject")) == header_values.clean_value(subject)


def test_the_same_mail_is_the_same_bytes() -> None:
    mail = make(
        html="<p>x</p>",
        files=[Part("фото.jpg", "image/jpeg", b"\xff" * 5000, cid="a@b"), Part("a.txt", "text/plain", b"t")],
    )
    assert compose.build(mail) == compose.build(mail)


def test_the_tree_has_text_html_pictures_and_files() -> None:
    mail = make(
        html='<p>Фото: <img src="cid:pic@desk.example"></p>',
        files=[
            Part("фото.jpg", "image/jpeg", b"\xff\xd8", cid="pic@desk.example"),
            Part("акт.pdf", "application/pdf", b"%PDF"),
        ],
    )
    body = compose.build(mail).decode()
    marks = "multipart/mixed multipart/alternative text/plain multipart/related text/html image/jpeg application/pdf"
    order = [body.index(mark) for mark in marks.split()]
    assert order == sorted(order)
    assert "Content-ID: <pic@desk.example>" in body
    assert "filename*=utf-8''%D0%B0%D0%BA%D1%82.pdf" in body
    assert base64.b64encode(b"%PDF").decode() in body


def test_a_plain_mail_has_one_part() -> None:
    assert read_raw(compose.build(make())).one("Content-Type") == 'text/plain; charset="utf-8"'


def test_references_keep_the_first_and_the_last() -> None:
    ids = [f"<{number:060}@mail.example>" for number in range(60)]
    kept = header_values.trim_references([*ids, "not an id", "<a b@x>", ids[0]])
    assert (kept[0], kept[-1]) == (ids[0], ids[-1])
    assert len(" ".join(kept)) <= header_values.REFERENCES_LIMIT
    assert kept[1:] == ids[-len(kept) + 1 :]
    raw = read_raw(compose.build(make(references=ids, in_reply_to=ids[-1])))
    assert raw.one("References").split() == kept
    assert raw.one("In-Reply-To") == ids[-1]


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("clara@пример.рф", "clara@xn--e1afmkfd.xn--p1ai"),
        ("Clara.Kim+x@Berezka.example", "Clara.Kim+x@Berezka.example"),
        ("клара@berezka.example", "клара@berezka.example"),
    ],
)
def test_addresses_for_the_wire(address: str, wire: str) -> None:
    assert header_values.wire_address(address) == wire


@pytest.mark.parametrize(
    "address",
    [
        "",
        "clara",
        "@x.example",
        "a@",
        "a b@x.example",
        "a@x.example\r\nRCPT TO:<e@x.example>",
        "<a@x.example>",
        "a@b@x.example",
        "a@x..example",
        ".a@x.example",
        "a..b@x.example",
        "a@-x.example ,b@x.example",
        'a"b@x.example',
        "a@[127.0.0.1]",
        "a@x.example>",
        "a\x00@x.example",
        "x" * 330 + "@x.example",
        "a@" + "х" * 300,
    ],
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(BadAddress):
        header_values.wire_address(address)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Users\\a\\Акт 5.pdf", "Акт 5.pdf"), ("", "file"), ("..", "file"),
        ("\u200b.htaccess", "htaccess"), ("счёт\u202efdp.exe", "счётfdp.exe"), ("a\r\nb.txt", "a b.txt"),
        ("д" * 300 + ".docx", "д" * 145 + ".docx"),
    ],
)  # fmt: skip
def test_file_names_are_clean(name: str, clean: str) -> None:
    assert header_values.clean_name(name) == clean


def test_dots_and_long_lines_of_the_body_are_kept() -> None:
    text = ".\n..\nFrom x\n" + "я" * 3000 + "\n"
    raw = read_raw(compose.build(make(text=text)))
    assert (
        base64.b64decode(raw.body).decode() == text.replace("\n", "\r\n")
        or raw.one("Content-Transfer-Encoding") == "quoted-printable"
    )
    assert all(len(line) <= 78 for line in raw.body.split(b"\r\n"))
