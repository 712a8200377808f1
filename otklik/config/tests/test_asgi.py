"""The hybrid application: what reaches pages, what is answered before, and whom it believes about the client."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from otklik.channels.email.actions.archives import MOST_MB
from otklik.config import asgi

Heard = dict[str, Any]


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """Put a listener in the place of the pages; what it was asked lies in the answer."""
    heard: Heard = {}

    async def listener(scope: Any, receive: Any, send: Any) -> None:
        heard.update(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"page"})

    monkeypatch.setattr(asgi, "_pages", listener)
    return heard


def ask(
    path: str, *headers: tuple[bytes, bytes], app: Callable[..., Any] = asgi._serve
) -> tuple[int, dict[bytes, bytes]]:
    """Send one request and return status and headers of the answer."""
    sent: list[Any] = []
    scope = {
        "type": "http", "method": "POST", "path": path, "scheme": "http", "client": ("10.0.0.7", 5000),
        "headers": list(headers),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"])


def test_what_waits_for_others_takes_no_thread_of_the_pages(pages: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[str] = []

    async def listener(scope: Any, receive: Any, send: Any) -> None:
        waiting.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"picture"})

    monkeypatch.setattr(asgi, "_waiting", listener)
    ask("/messages/12/pictures/")
    ask("/messages/12/frame/")
    assert waiting == ["/messages/12/pictures/"]
    assert pages["path"] == "/messages/12/frame/"


def test_liveness_needs_no_thread(pages: Heard) -> None:
    status, _ = ask("/healthz")
    assert status == 200
    assert not pages


def test_too_large_a_body_is_refused_before_it_is_read(pages: Heard) -> None:
    status, headers = ask("/tickets/", (b"content-length", str(asgi.MAX_BODY + 1).encode()))
    assert status == 413
    assert headers[b"connection"] == b"close"
    assert not pages


def test_an_archive_of_mail_as_large_as_is_promised_comes_through(pages: Heard) -> None:
    """With what a browser writes around it."""
    assert (
        ask("/settings/mailboxes/archives/", (b"content-length", str((MOST_MB + 1) * 1024 * 1024).encode()))[0] == 200
    )
    assert pages


@pytest.mark.parametrize("length", [b"-1", b"ten", b"1e9", b""])
def test_a_length_that_is_no_number_is_refused(pages: Heard, length: bytes) -> None:
    assert ask("/tickets/", (b"content-length", length))[0] == 413
    assert not pages


def test_a_body_without_a_length_is_refused_and_not_lost(pages: Heard) -> None:
    assert ask("/tickets/", (b"transfer-encoding", b"chunked"))[0] == 411
    assert not pages


def test_an_ordinary_body_goes_through(pages: Heard) -> None:
    assert ask("/tickets/", (b"content-length", b"10"))[0] == 200
    assert pages["path"] == "/tickets/"


FORWARDED = [
    (b"x-forwarded-for", b"203.0.113.9"),
    (b"x-forwarded-proto", b"https"),
    (b"x-forwarded-host", b"evil.example"),
]


def test_nobody_tells_us_where_a_request_came_from(pages: Heard) -> None:
    ask("/", *FORWARDED, (b"host", b"desk.example"))
    assert pages["client"][0] == "10.0.0.7"
    assert pages["scheme"] == "http"
    assert pages["headers"] == [(b"host", b"desk.example")]


def test_the_named_proxy_tells_client_and_scheme_but_never_the_host(pages: Heard) -> None:
    ask("/", *FORWARDED, app=ProxyHeadersMiddleware(asgi._serve, trusted_hosts=["10.0.0.0/8"]))
    assert pages["client"][0] == "203.0.113.9"
    assert pages["scheme"] == "https"
    assert pages["headers"] == []


def test_proxies_are_believed_only_when_named(settings: Any) -> None:
    settings.TRUSTED_PROXIES = []
    assert asgi._behind_proxies(asgi._serve) is asgi._serve
    settings.TRUSTED_PROXIES = ["10.0.0.7"]
    assert isinstance(asgi._behind_proxies(asgi._serve), ProxyHeadersMiddleware)


def test_other_protocols_are_closed() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(asgi._serve({"type": "websocket", "path": "/"}, None, send))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1000}]
