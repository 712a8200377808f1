"""The parser child: same answers as in the process, capped, killed, replaced, and without our secrets."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from otklik.channels.email.parse import ParsedMail, parse, wire
from otklik.channels.email.parse.sandbox import ParseFailed, ParserPool, _Child
from tests.mail.hostile import HEAD

GOOD = HEAD + b"\r\nOne mail\r\n"
CORPUS = Path(__file__).parent / "corpus"


@pytest.fixture
def pool() -> Iterator[ParserPool]:
    with ParserPool(seconds=20) as made:
        yield made


def child_of(pool: ParserPool) -> _Child:
    child = pool._children.get()
    pool._children.put(child)
    assert child is not None
    return child


def pid_of(pool: ParserPool) -> int:
    return child_of(pool).process.pid


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.005)


def gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_every_mail_of_the_corpus_reads_the_same_in_the_child(pool: ParserPool) -> None:
    raws = [path.read_bytes() for path in sorted(CORPUS.glob("*.eml"))]
    assert pool.parse_many(raws) == [parse(raw) for raw in raws]


def test_read_gives_cleaned_html_and_visible_text(pool: ParserPool) -> None:
    raw = HEAD + b"Content-Type: text/html\r\n\r\n<p>Hello</p><script>canary()</script>\r\n"
    reading = pool.read(raw)
    assert "Hello" in reading.visible_new
    assert "canary" not in reading.body_html
    assert reading.mail.subject == "x"


def test_child_killed_while_idle_harms_no_mail(pool: ParserPool) -> None:
    pool.parse(GOOD)
    pid = pid_of(pool)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: gone(pid))
    assert pool.parse(GOOD).body_text == "One mail"
    assert pid_of(pool) != pid


def test_child_killed_in_the_middle_of_a_mail_is_replaced_and_the_mail_read(pool: ParserPool) -> None:
    pool.parse(GOOD)
    pool.parse(GOOD)
    pid = pid_of(pool)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state(pid) == "T")
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(pool.parse, GOOD)
        wait_until(pool._children.empty)
        os.kill(pid, signal.SIGKILL)
        assert answer.result(30).body_text == "One mail"


def test_mail_that_kills_a_fresh_child_fails_alone(pool: ParserPool) -> None:
    pool.start()
    child = child_of(pool)
    os.kill(child.process.pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(pool.parse, GOOD)
        wait_until(lambda: child.connection.gettimeout() is not None)  # it was found alive and is being asked
        os.kill(child.process.pid, signal.SIGKILL)
        with pytest.raises(ParseFailed) as failure:
            answer.result(30)
    assert failure.value.reason == "died"
    assert pool.parse(GOOD).body_text == "One mail"


def test_mail_that_takes_too_long_is_given_up() -> None:
    with ParserPool(seconds=0.2) as pool:
        wait_until(lambda: not isinstance(pool.parse_many([GOOD])[0], ParseFailed))
        pid = pid_of(pool)
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(ParseFailed) as failure:
            pool.parse(GOOD)
        assert failure.value.reason == "timeout"
        assert gone(pid)
        wait_until(lambda: not isinstance(pool.parse_many([GOOD])[0], ParseFailed))


def test_memory_is_capped() -> None:
    with ParserPool(memory=160 * 1024 * 1024) as pool:
        with pytest.raises(ParseFailed):
            pool.parse(HEAD + b"\r\n" + b"x" * (100 * 1024 * 1024))
        assert pool.parse(GOOD).body_text == "One mail"


def test_child_is_replaced_after_its_mails() -> None:
    with ParserPool(mails=2) as pool:
        pool.parse(GOOD)
        first = pid_of(pool)
        pool.parse(GOOD)
        wait_until(lambda: gone(first))
        pool.parse(GOOD)
        assert pid_of(pool) != first


def test_child_knows_nothing_of_our_environment(pool: ParserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTKLIK_SECRET_KEY", "canary-secret")
    pool.start()
    pool.parse(GOOD)
    pid = pid_of(pool)
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"canary-secret" not in environment
    assert {item.partition(b"=")[0] for item in environment.split(b"\0") if item} == {
        b"PYTHONPATH",
        b"PYTHONUTF8",
        b"LC_ALL",
    }
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert "Max address space         536870912" in limits
    assert "Max file size             0" in limits


def test_many_threads_share_the_children() -> None:
    mails = [HEAD + b"\r\nmail %d\r\n" % number for number in range(60)]
    with ParserPool(size=2) as pool, ThreadPoolExecutor(6) as threads:
        assert [mail.body_text for mail in threads.map(pool.parse, mails)] == [f"mail {number}" for number in range(60)]


def test_closing_ends_the_children() -> None:
    pool = ParserPool()
    pool.parse(GOOD)
    pid = pid_of(pool)
    pool.close()
    assert gone(pid)
    with pytest.raises(ParseFailed):
        pool.parse(GOOD)


def test_child_ends_with_its_parent() -> None:
    code = (
        "import sys; from otklik.channels.email.parse.sandbox import ParserPool\n"
        "pool = ParserPool(); pool.start(); child = pool._children.get()\n"
        "print(child.process.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    wait_until(lambda: gone(pid))


def test_an_answer_of_another_shape_is_refused() -> None:
    document, frames = wire.pack(parse(GOOD))
    assert wire.unpack(document, frames, ParsedMail) == parse(GOOD)
    for wrong in (b"[]", b"{}", b"[1,2]", document.replace(b'"One mail"', b"7"), document[:-1] + b",1]"):
        with pytest.raises(wire.WireError):
            wire.unpack(wrong, frames, ParsedMail)


def test_parser_loads_without_django() -> None:
    code = (
        "import otklik.channels.email.parse, otklik.channels.email.parse.child, sys; sys.exit('django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
