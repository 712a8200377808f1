"""The stream as an application: what it refuses, how often it speaks, and that nobody holds it up."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from otklik.accounts.web import Reader
from otklik.core.actor import Actor
from otklik.desk.streams import app
from otklik.desk.streams.asking import Refused
from otklik.desk.streams.news import News
from otklik.desk.streams.stream import Stream

READER = Reader("k", 1, "p", frozenset(), Actor(kind="user", id=1, name="Анна", role="agent"), strong=True)
COOKIE = (b"cookie", b"otklik_session=abc")
EVENTS = (b"accept", b"text/event-stream")
Talk = Callable[[Stream, "Line"], Coroutine[Any, Any, None]]


def _scope(*headers: tuple[bytes, bytes], query: bytes = b"", **more: Any) -> dict[str, Any]:
    return {"path": "/live/", "method": "GET", "headers": [EVENTS, *headers], "query_string": query} | more


class Line:
    """The connection to a browser; a stuck one takes nothing."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.at: list[float] = []
        self.stuck = False
        self.gone = asyncio.Event()

    async def send(self, message: Any) -> None:
        """Take a message."""
        if self.stuck:
            await asyncio.Event().wait()
        self.sent.append(message)
        self.at.append(time.monotonic())

    async def receive(self) -> dict[str, str]:
        """Wait until the browser leaves."""
        await self.gone.wait()
        return {"type": "http.disconnect"}

    @property
    def frames(self) -> list[str]:
        """The names of the events sent so far."""
        text = b"".join(message.get("body", b"") for message in self.sent).decode()
        return [line.partition(": ")[2] for line in text.splitlines() if line.startswith("event: ")]


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[Stream]:
    """Serve streams without a hub, quickly; the list holds those that were given back to it."""
    left: list[Stream] = []

    async def open_stream(_key: str, _since: int | None, loop: asyncio.AbstractEventLoop) -> Stream:
        return Stream(READER, loop)

    monkeypatch.setattr(app.the_hub, "open", open_stream)
    monkeypatch.setattr(app.the_hub, "leave", left.append)
    monkeypatch.setattr(app, "BETWEEN", 0.05)
    return left


def _serve(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> Line:
    """Serve one stream while ``talk`` plays hub and browser; return the line when the stream is over."""

    async def run() -> Line:
        line, opened = Line(), asyncio.get_running_loop().create_future()
        fake_open = app.the_hub.open

        async def note(*args: Any) -> Stream:
            stream = await fake_open(*args)
            opened.set_result(stream)
            return stream

        monkeypatch.setattr(app.the_hub, "open", note)
        serving = asyncio.ensure_future(app.serve_stream(_scope(COOKIE), line.receive, line.send))
        stream = await opened
        await talk(stream, line)
        await asyncio.wait_for(serving, 5)
        return line

    return asyncio.run(run())


async def _until(done: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not done():  # noqa: ASYNC110 - what is waited for rings no bell
            await asyncio.sleep(0.002)


def test_only_events_of_the_one_address_are_a_stream() -> None:
    assert app.wants_stream(_scope())
    assert not app.wants_stream(_scope(path="/live/x"))
    assert not app.wants_stream(_scope(method="POST"))
    assert not app.wants_stream(_scope() | {"headers": [(b"accept", b"application/json")]})


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ([], b"", 401),
        ([(b"cookie", b"otklik_session=" + b"x" * 99)], b"", 401),
        ([COOKIE], b"since=x", 422),
        ([COOKIE], b"since=-1", 422),
        ([COOKIE, (b"last-event-id", b"9" * 30)], b"", 422),
    ],
)
def test_request_that_makes_no_sense_is_refused(headers: list[tuple[bytes, bytes]], query: bytes, status: int) -> None:
    with pytest.raises(Refused) as refused:
        app.asked_of(_scope(*headers, query=query))
    assert refused.value.status == status
    line = Line()
    asyncio.run(app.serve_stream(_scope(*headers, query=query), line.receive, line.send))
    assert line.sent[0]["status"] == status


def test_last_event_goes_before_the_place_of_the_address() -> None:
    assert app.asked_of(_scope(COOKIE, (b"last-event-id", b"7"), query=b"since=3")).since == 7
    assert app.asked_of(_scope(COOKIE, query=b"since=3")).since == 3
    assert app.asked_of(_scope(COOKIE)).since is None


def test_what_comes_quickly_goes_in_few_frames(left: list[Stream], monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(stream: Stream, line: Line) -> None:
        stream.tell(News(tickets={1}))
        await _until(lambda: line.frames == ["news"])
        for number in range(2, 31):
            stream.tell(News(tickets={number}))
        await _until(lambda: line.frames == ["news", "news"])
        line.gone.set()

    line = _serve(talk, monkeypatch)
    first, second = (
        at for at, message in zip(line.at, line.sent, strict=True) if b"tickets" in message.get("body", b"")
    )
    assert second - first >= 0.05
    assert b"29,30]" in line.sent[-1]["body"]
    assert len(left) == 1


def test_silence_is_broken_by_a_sign_of_life(left: list[Stream], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "BEAT", 0.02)

    async def talk(_stream: Stream, line: Line) -> None:
        await _until(lambda: line.frames == ["beat", "beat"])
        line.gone.set()

    _serve(talk, monkeypatch)
    assert len(left) == 1


def test_browser_that_takes_nothing_is_dropped(left: list[Stream], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "SLOWEST", 0.05)

    async def talk(stream: Stream, line: Line) -> None:
        await _until(lambda: len(line.sent) == 2)
        line.stuck = True
        stream.tell(News(tickets={1}))

    _serve(talk, monkeypatch)
    assert len(left) == 1


def test_news_of_rights_that_ended_are_not_told(left: list[Stream], monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(stream: Stream, _line: Line) -> None:
        stream.tell(News(tickets={1}))
        stream.end("rights")

    line = _serve(talk, monkeypatch)
    assert line.frames == ["end"]
    assert line.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
