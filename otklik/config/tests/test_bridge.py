"""The bridge between the ASGI server and the pages: bodies in, answers out, nothing lost on the way."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from otklik.config.bridge import IN_MEMORY, WHOLE, Bridge


def ask(
    application: Callable[..., Iterable[bytes]],
    *headers: tuple[bytes, bytes],
    pieces: Iterable[bytes] = (),
    **scope: Any,
) -> list[dict[str, Any]]:
    """Send one request through a bridge; return the messages of the answer."""
    sent: list[dict[str, Any]] = []
    waiting = list(pieces)
    request = {
        "method": "POST", "path": "/заявки/", "query_string": b"a=%D1%8F", "http_version": "1.1", "scheme": "https",
        "server": ("127.0.0.1", 8000), "client": ("203.0.113.9", 5), "headers": list(headers), **scope,
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        if not waiting:
            return {"type": "http.disconnect"}
        piece = waiting.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(Bridge(application, threads=1)(request, receive, send))
    return sent


class Answer:
    """A WSGI answer that knows whether it was closed."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.closed = False

    def __iter__(self) -> Any:
        return iter(self.pieces)

    def close(self) -> None:
        self.closed = True


def test_an_ordinary_answer_is_two_messages() -> None:
    answer = Answer(b"<p>", b"</p>")
    seen: dict[str, Any] = {}

    def page(environ: dict[str, Any], start: Any) -> Answer:
        seen.update(environ)
        start("201 Created", [("Content-Type", "text/html"), ("X-Name", "é")])
        return answer

    sent = ask(
        page, (b"host", b"desk.example"), (b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"x-a", b"1"), (b"x-a", b"2")
    )
    assert sent == [
        {
            "type": "http.response.start",
            "status": 201,
            "headers": [(b"content-type", b"text/html"), (b"x-name", b"\xe9")],
        },
        {"type": "http.response.body", "body": b"<p></p>"},
    ]
    assert answer.closed
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/заявки/"
    assert (seen["QUERY_STRING"], seen["wsgi.url_scheme"], seen["REMOTE_ADDR"]) == ("a=%D1%8F", "https", "203.0.113.9")
    assert (seen["HTTP_COOKIE"], seen["HTTP_X_A"], seen["HTTP_HOST"]) == ("a=1; b=2", "1,2", "desk.example")


@pytest.mark.parametrize("size", [0, 10, IN_MEMORY + 10])
def test_the_whole_body_reaches_the_page(size: int) -> None:
    def echo(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [])
        return [str(len(environ["wsgi.input"].read())).encode()]

    half = size // 2
    sent = ask(echo, (b"content-length", str(size).encode()), pieces=[b"x" * half, b"y" * (size - half)])
    assert sent[-1]["body"] == str(size).encode()


def test_a_client_that_leaves_in_the_middle_reaches_no_page() -> None:
    def page(environ: dict[str, Any], start: Any) -> list[bytes]:
        raise AssertionError("half a request must not be carried out")

    assert ask(page, (b"content-length", b"10")) == []


def test_a_header_with_an_underscore_does_not_pass_for_another() -> None:
    seen: dict[str, Any] = {}

    def page(environ: dict[str, Any], start: Any) -> list[bytes]:
        seen.update(environ)
        start("200 OK", [])
        return []

    ask(page, (b"x_forwarded_proto", b"https"))
    assert not any("FORWARDED" in key for key in seen)


def test_a_large_answer_is_sent_on_in_pieces_and_closed() -> None:
    answer = Answer(*[b"x" * (WHOLE // 2)] * 7)

    def page(environ: dict[str, Any], start: Any) -> Answer:
        start("200 OK", [("Content-Type", "application/octet-stream")])
        return answer

    sent = ask(page)
    assert [message["type"] for message in sent].count("http.response.start") == 1
    assert sum(len(message.get("body", b"")) for message in sent) == 7 * (WHOLE // 2)
    assert max(len(message.get("body", b"")) for message in sent) <= 2 * WHOLE
    assert [message.get("more_body", False) for message in sent[1:]] == [True] * (len(sent) - 2) + [False]
    assert answer.closed


def test_an_answer_is_closed_when_it_fails_half_way() -> None:
    class Failing(Answer):
        def __iter__(self) -> Any:
            yield b"x"
            raise RuntimeError("half way")

    answer = Failing()

    def page(environ: dict[str, Any], start: Any) -> Answer:
        start("200 OK", [])
        return answer

    with pytest.raises(RuntimeError):
        ask(page)
    assert answer.closed
