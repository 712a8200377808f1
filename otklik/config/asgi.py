"""The application that the web processes run: pages on a fixed pool of threads, streams on the event loop.

Django's own ASGI runs every ordinary view in a thread of its own with a connection of its own; measured, that is
several times dearer a request and exhausts PostgreSQL's connections. So the live stream is an application of its own,
and all the rest runs as WSGI on ``THREADS`` threads whose connections stay open. Pages that wait for somebody outside
have threads of their own.
"""

import logging
import re
from collections.abc import Awaitable, Callable

from django.conf import settings
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from otklik.config.bridge import Bridge, Receive, Scope, Send
from otklik.config.wsgi import application as wsgi_application
from otklik.desk.streams import serve_stream, wants_stream

App = Callable[[Scope, Receive, Send], Awaitable[None]]

THREADS = 4
WAITING_THREADS = 4
MAX_BODY = 64 * 1024 * 1024
_FORWARDED = frozenset(
    {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"forwarded"}
)

log = logging.getLogger(__name__)
_pages: App = Bridge(wsgi_application, threads=THREADS)
_WAITS = re.compile(r"/messages/\d+/pictures/\Z")  # waits for servers outside; may not take the threads of the pages
_waiting: App = Bridge(wsgi_application, threads=WAITING_THREADS)


async def _serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection of the ASGI server: lifespan, liveness, a stream or a page."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] != "http":
        await send({"type": "websocket.close", "code": 1000})
    elif scope["path"] == "/healthz":  # alive even when every thread is busy and the database is away
        await _answer(send, 200, b"ok\n")
    else:
        await _http(scope, receive, send)


async def _http(scope: Scope, receive: Receive, send: Send) -> None:
    headers = dict(scope["headers"])
    declared = headers.get(b"content-length", b"0")
    if b"transfer-encoding" in headers:  # WSGI knows no body without a length: it would be lost in silence
        await _answer(send, 411, b"Send the length of the body.\n", close=True)
        return
    if not declared.isdigit() or int(declared) > MAX_BODY:
        log.warning("body refused", extra={"size": declared.decode("latin-1")[:20], "limit": MAX_BODY})
        await _answer(send, 413, b"The request is too large.\n", close=True)
        return
    # What a trusted proxy told is in client and scheme by now; nobody else may tell it, and no one the host.
    scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in _FORWARDED]
    app = serve_stream if wants_stream(scope) else _waiting if _WAITS.match(scope["path"]) else _pages
    await app(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _answer(send: Send, status: int, body: bytes, *, close: bool = False) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if close:  # the rest of the body is not read
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _behind_proxies(app: App) -> App:
    if not settings.TRUSTED_PROXIES:
        return app
    return ProxyHeadersMiddleware(app, trusted_hosts=list(settings.TRUSTED_PROXIES))  # type: ignore[arg-type,return-value]


application = _behind_proxies(_serve)
