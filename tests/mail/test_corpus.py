"""Every mail of the corpus is read as `expectations.json` says; each file is named for its trap.

The number in front names the family of traps: 01 charset names, 02 charsets that lie, 03 raw headers, 04 encoded
words, 05 file names, 06 broken headers, 07 boundaries, 08 bodies and files, 09 winmail.dat, 10 signed and encrypted,
11 automatic or not, 12 bounces, 13 who the sender is, 14-16 replies, 17 forwards, 18 empty replies, 20 limits, 21
hostile names, 22 hostile HTML. What is too large to keep (19, 20) is made by `hostile.py`.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from otklik.channels.email.parse import ParsedMail, parse, to_json, wire
from otklik.channels.email.parse.jsonline import forward_json
from otklik.channels.email.reading import read_mail

FOLDER = Path(__file__).parent
CORPUS = FOLDER / "corpus"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expectations.json").read_text(encoding="utf-8"))
PLAIN_KEYS = set(
    "kind quiet charset_used signed encrypted language return_path multi_from tnef received delivered_to x_original_to "
    "loop_ids reported_id spam".split()
)

type Check = Callable[[Any, ParsedMail, dict[str, Any]], None]


def test_every_mail_has_its_expectation() -> None:
    assert {path.stem for path in CORPUS.glob("*.eml")} == set(EXPECTED)


def test_every_trap_has_several_mails() -> None:
    counted: dict[str, int] = {}
    for name in EXPECTED:
        counted[name[:2]] = counted.get(name[:2], 0) + 1
    missing = {f"{number:02}" for number in range(1, 23)} - set(counted)
    assert missing == {"19"}  # those that hang a parser are too large to keep: see test_hostile
    assert all(number >= 2 for number in counted.values())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_mail_is_read_as_expected(name: str) -> None:
    raw = (CORPUS / f"{name}.eml").read_bytes()
    mail = parse(raw)
    reading = read_mail(raw)
    inner = reading.forward
    shown = to_json(
        mail,
        visible_text=reading.visible_reply,
        body_html=mail.body_html,
        forwarded=forward_json(inner.name, inner.address, inner.subject, inner.date) if inner else None,
    )
    for key, value in EXPECTED[name].items():
        check(key, value, mail, shown)
    assert_fit_for_a_database(mail)


def check(key: str, value: Any, mail: ParsedMail, shown: dict[str, Any]) -> None:
    if key in CHECKS:
        CHECKS[key](value, mail, shown)
    elif key in PLAIN_KEYS:
        given = getattr(mail, key)
        assert (list(given) if isinstance(given, tuple) else given) == value
    else:
        assert shown[key] == value, codes(mail)


def codes(mail: ParsedMail) -> list[str]:
    return [problem.code for problem in mail.problems]


def check_problems(value: Any, mail: ParsedMail, _: dict[str, Any]) -> None:
    assert set(value) <= set(codes(mail)), codes(mail)


def check_no_problems(_: Any, mail: ParsedMail, __: dict[str, Any]) -> None:
    assert codes(mail) == []


def check_absent_problems(value: Any, mail: ParsedMail, _: dict[str, Any]) -> None:
    assert not set(value) & set(codes(mail)), codes(mail)


def has(field: str, *, there: bool) -> Check:
    def check_pieces(value: Any, mail: ParsedMail, _: dict[str, Any]) -> None:
        text = getattr(mail, field)
        assert [piece for piece in value if (piece in text) != there] == [], text[:2000]

    return check_pieces


def check_files(value: Any, _: ParsedMail, shown: dict[str, Any]) -> None:
    given = shown["attachments"]
    assert len(given) == len(value), given
    for file, wanted in zip(given, value, strict=True):
        assert {name: file[name] for name in wanted} == wanted


def check_bounce_to(value: Any, mail: ParsedMail, _: dict[str, Any]) -> None:
    assert mail.bounce is not None
    assert [[item.address, item.status, item.action] for item in mail.bounce.recipients] == value


def check_bounce_reason(value: Any, mail: ParsedMail, _: dict[str, Any]) -> None:
    assert mail.bounce is not None
    assert value in mail.bounce.recipients[0].reason


def check_bounce_id(value: Any, mail: ParsedMail, _: dict[str, Any]) -> None:
    assert mail.bounce is not None
    assert mail.bounce.original_message_id == value


def check_calendar(value: Any, mail: ParsedMail, _: dict[str, Any]) -> None:
    assert mail.calendar is not None
    assert {name: getattr(mail.calendar, name) for name in value} == value


def check_auth(value: Any, mail: ParsedMail, _: dict[str, Any]) -> None:
    assert [[item.authserv_id, item.spf, item.dkim, item.dmarc, item.from_domain] for item in mail.auth] == value


def check_visible(value: Any, _: ParsedMail, shown: dict[str, Any]) -> None:
    assert shown["visible_text"].strip() == value.strip()


def check_visible_has(value: Any, _: ParsedMail, shown: dict[str, Any]) -> None:
    assert [piece for piece in value if piece not in shown["visible_text"]] == []


def forwarded(key: str) -> Check:
    def check_forward(value: Any, _: ParsedMail, shown: dict[str, Any]) -> None:
        assert shown["forwarded"] is not None
        found = shown["forwarded"][key]
        assert (found["address"] if key == "from" else found) == value

    return check_forward


def box(field: str) -> Check:
    def check_address(value: Any, mail: ParsedMail, _: dict[str, Any]) -> None:
        assert getattr(mail, field).address == value

    return check_address


def check_inner(value: Any, mail: ParsedMail, _: dict[str, Any]) -> None:
    inner = mail.attached_messages[0].message
    assert inner is not None
    assert (inner.from_.address if inner.from_ else None) == value["from"]
    assert inner.subject == value["subject"]
    assert value["text"] in inner.body_text


CHECKS: dict[str, Check] = {
    "problems": check_problems,
    "no_problems": check_no_problems,
    "not_problems": check_absent_problems,
    "body_has": has("body_text", there=True),
    "body_lacks": has("body_text", there=False),
    "html_has": has("body_html", there=True),
    "html_lacks": has("body_html", there=False),
    "files": check_files,
    "inner": check_inner,
    "bounce_to": check_bounce_to,
    "bounce_reason": check_bounce_reason,
    "bounce_id": check_bounce_id,
    "calendar": check_calendar,
    "auth": check_auth,
    "visible": check_visible,
    "visible_has": check_visible_has,
    "forwarded_from": forwarded("from"),
    "forwarded_subject": forwarded("subject"),
    "sender": box("sender"),
    "original_from": box("original_from"),
    "resent_from": box("resent_from"),
}
BREAKS = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def assert_fit_for_a_database(mail: ParsedMail) -> None:
    """No NUL, no lone surrogate anywhere; single lines where single lines are promised; small enough names."""
    document, _ = wire.pack(mail)  # every text of it, as UTF-8
    assert b"\\u0000" not in document
    lines = [mail.subject, mail.message_id or "", *mail.references]
    lines += [
        text for box in (*mail.to, *mail.cc, *mail.from_all, *mail.reply_to_all) for text in (box.name, box.address)
    ]
    for part in mail.attachments:
        lines.append(part.name)
        assert part.name
        assert len(part.name.encode()) <= 180
        assert "/" not in part.name
        assert "\\" not in part.name
    for line in lines:
        assert not BREAKS.search(line), line
