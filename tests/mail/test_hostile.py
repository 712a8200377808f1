"""Hostile mails end in a reading with a note: in time, in bounds, with work that grows no faster than their size."""

import sys
from collections.abc import Callable, Iterator

import pytest

from otklik.channels.email.parse import parse
from otklik.channels.email.parse.sandbox import ParserPool
from tests.mail.hostile import HEAD, MAILS, MIXED, nested
from tests.mail.test_corpus import assert_fit_for_a_database

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(mails=100_000) as made:
        yield made


@pytest.mark.parametrize("name", sorted(MAILS))
def test_a_megabyte_is_read_within_the_limits_of_the_child(name: str, pool: ParserPool) -> None:
    mail = pool.parse(MAILS[name](MEGABYTE))
    assert_fit_for_a_database(mail)
    assert "parser_error" not in [problem.code for problem in mail.problems]
    assert len(mail.attachments) <= 500
    assert len(mail.to) + len(mail.cc) <= 2000
    assert len(mail.references) <= 1000


@pytest.mark.parametrize("name", sorted(MAILS))
def test_work_grows_with_the_size_and_no_faster(name: str) -> None:
    small, large = steps(lambda: parse(MAILS[name](8_000))), steps(lambda: parse(MAILS[name](32_000)))
    assert large < 5.5 * small + 2000


def steps(work: Callable[[], object]) -> int:
    """Count the jumps and lines that Python executes, which no other load on the machine can change."""
    counted = 0

    def count(*_: object) -> None:
        nonlocal counted
        counted += 1

    events = sys.monitoring.events.JUMP | sys.monitoring.events.PY_START
    sys.monitoring.use_tool_id(4, "steps")
    try:
        sys.monitoring.register_callback(4, sys.monitoring.events.JUMP, count)
        sys.monitoring.register_callback(4, sys.monitoring.events.PY_START, count)
        sys.monitoring.set_events(4, events)
        work()
    finally:
        sys.monitoring.set_events(4, 0)
        sys.monitoring.free_tool_id(4)
    return counted


def codes(raw: bytes) -> set[str]:
    return {problem.code for problem in parse(raw).problems}


def test_depth_parts_headers_addresses_and_text_are_capped_with_a_note() -> None:
    assert "nesting_too_deep" in codes(nested(200))
    assert "too_many_parts" in codes(MAILS["very many parts"](MEGABYTE))
    assert "headers_too_long" in codes(MAILS["one long header"](MEGABYTE))
    assert "too_many_addresses" in codes(MAILS["very many addresses"](100_000))
    assert "too_many_references" in codes(MAILS["very many references"](100_000))


def test_four_hundred_parts_are_all_kept() -> None:
    files = b"--b\r\nContent-Type: image/png; name=p.png\r\n\r\nx\r\n" * 400
    mail = parse(MIXED + files + b"--b--\r\n")
    assert len(mail.attachments) == 400
    assert mail.problems == ()


def test_text_above_five_megabytes_is_cut_and_its_whole_kept_as_a_file() -> None:
    body = b"line of text\r\n" * 500_000
    mail = parse(HEAD + b"\r\n" + body)
    assert len(mail.body_text) <= 5 * MEGABYTE
    assert mail.body_text.endswith("line of text")
    assert [(part.name, part.size) for part in mail.attachments] == [("message.txt", len(body))]
    assert [problem.code for problem in mail.problems] == ["text_too_long"]


def test_sixty_megabytes_go_through_the_child(pool: ParserPool) -> None:
    line = b"QUJD" * 18 + b"\r\n"
    raw = MIXED + b"--b\r\n\r\nbig file below\r\n--b\r\nContent-Type: image/png; name=p.png\r\n"
    raw += b"Content-Transfer-Encoding: base64\r\n\r\n" + line * (60 * MEGABYTE // len(line)) + b"--b--\r\n"
    mail = pool.parse(raw)
    assert mail.body_text == "big file below"
    assert mail.attachments[0].size == 54 * (60 * MEGABYTE // len(line))


def test_poison_among_good_mails_stops_nobody(pool: ParserPool) -> None:
    good = HEAD + b"\r\ngood mail\r\n"
    poison = [b"\0" * 1000, HEAD.replace(b"c@d.example", b'"' * 16_384), HEAD.replace(b"<a@b.example>", b"<<<<")]
    read = pool.parse_many([good, *poison, *[good] * 20])
    assert [getattr(mail, "body_text", None) for mail in (read[0], *read[4:])] == ["good mail"] * 21
