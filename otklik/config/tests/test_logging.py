"""What a log line holds, and what it must never hold."""

import json
import logging
import sys

import pytest

from otklik.config.logging import LineFormatter, blank_secrets, describe_exception


def line(message: str, style: str = "text", exception: bool = False, **fields: object) -> str:
    record = logging.LogRecord(
        "otklik.test", logging.INFO, __file__, 1, message, None, sys.exc_info() if exception else None
    )
    record.__dict__.update(fields)
    return LineFormatter(style).format(record)


def test_a_line_is_logfmt_with_its_fields() -> None:
    text = line("mail stored", count=3, ms=1.5, subject=None)
    assert 'level=info log=otklik.test msg="mail stored" count=3 ms=1.5' in text
    assert "subject" not in text


def test_json_is_one_object_a_line() -> None:
    fields = json.loads(line("two\nlines", style="json", count=3))
    assert fields["msg"] == "two\nlines"
    assert fields["count"] == 3


def test_a_text_line_never_breaks() -> None:
    assert "\n" not in line("two\nlines", peer="a\nb")


@pytest.mark.parametrize(
    "secret",
    [
        "Authorization: Bearer otk_Zm9vYmFyYmF6cXV4",
        "postgresql://otklik:hunter2@db/otklik",
        "password=hunter2",
        '"api_key": "hunter2"',
        "Cookie: otklik_session=hunter2",
        "OTKLIK_SECRET_KEY=hunter2",
    ],
)
@pytest.mark.parametrize("style", ["text", "json"])
def test_secrets_are_blanked(secret: str, style: str) -> None:
    told = line(f"trouble with {secret}", style=style, field=secret)
    assert "hunter2" not in told
    assert "otk_Zm9v" not in told
    assert "***" in told


def test_ordinary_text_stays() -> None:
    assert blank_secrets("the token table has 3 rows") == "the token table has 3 rows"


def test_exceptions_from_content_are_told_without_their_text() -> None:
    try:
        raise ValueError("the body of Clara's mail")
    except ValueError:
        told = describe_exception(sys.exc_info())
    assert told["error"] == "ValueError"
    assert "test_logging.py" in told["at"]
    assert "Clara" not in str(told)


def test_exceptions_of_the_system_are_told_with_their_text() -> None:
    try:
        raise OSError(28, "No space left on device")
    except OSError:
        assert "No space left" in describe_exception(sys.exc_info())["detail"]


def test_a_decoding_error_shows_no_bytes() -> None:
    try:
        b"\xff secret".decode("utf-8")
    except UnicodeDecodeError:
        assert "detail" not in describe_exception(sys.exc_info())
