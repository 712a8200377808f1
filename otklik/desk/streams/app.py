"""The stream as an ASGI application: no thread, no connection to the database, at most two frames a second.

Django's own ASGI would keep a thread and a connection for as long as a stream is open; this one asks the hub once, when
it opens, and then only writes what the hub hands it.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.http import parse_cookie

from otklik.desk.streams.asking import Refused
from otklik.desk.streams.hub import Hub, the_hub
from otklik.desk.streams.news import beat, event, frame, greeting
from otklik.desk.streams.stream import Stream

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATH = "/live/"
BETWEEN = 0.5  # seconds between two frames of a stream
BEAT = 15.0  # seconds of silence after which a sign of life is sent
SLOWEST = 20.0  # a browser that takes no byte for so long is dropped; it comes back where it was
RETRY_MS = (500, 3000)  # told to the browser: chosen anew for each, so that they do not come back all at once
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would keep the frames
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"vary", b"Accept, Cookie"),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser asks for: whose session, and from which place on (nothing: from now)."""

    session_key: str
    since: int | None


def wants_stream(scope: Scope) -> bool:
    """Tell whether a request is for the stream: the address of the news, asked for as events."""
    if scope["path"] != PATH or scope["method"] != "GET":
        return False
    return any(name == b"accept" and b"text/event-stream" in value for name, value in scope["headers"])


async def serve_stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one stream until the browser leaves, its reader's rights change or the process ends."""
    try:
        stream = await _opened(scope)
    except Refused as error:
        await _refuse(send, error.status)
        return
    gone = asyncio.ensure_future(_until_gone(receive, stream))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await _write(send, greeting(random.randint(*RETRY_MS)))  # noqa: S311 - spreads browsers, no secret
        await _flow(stream, send)
    except TimeoutError:
        pass  # it takes nothing: the connection is given up
    finally:
        the_hub.leave(stream)
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone


async def _opened(scope: Scope) -> Stream:
    asked = asked_of(scope)
    return await the_hub.open(asked.session_key, asked.since, asyncio.get_running_loop())


def asked_of(scope: Scope) -> Asked:
    """Read a request. ``Last-Event-ID`` goes before ``since``. Raises ``Refused``."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    key = cookies.get(settings.SESSION_COOKIE_NAME, "")
    if not key or len(key) > 64:
        raise Refused(401)
    place = headers.get(b"last-event-id", b"").decode("latin-1")
    if not place:
        place = parse_qs(scope["query_string"].decode("latin-1")).get("since", [""])[0]
    if not place:
        return Asked(key, None)
    if not (place.isascii() and place.isdigit() and len(place) <= 18):
        raise Refused(422)
    return Asked(key, int(place))


async def _flow(stream: Stream, send: Send, source: Hub = the_hub) -> None:
    sent_at = time.monotonic() - BETWEEN
    while True:
        try:
            async with asyncio.timeout(BEAT):
                await stream.ready.wait()
        except TimeoutError:
            await _write(send, beat(source.told))
            continue
        if not stream.ended:
            await asyncio.sleep(max(0.0, sent_at + BETWEEN - time.monotonic()))
        if stream.ended:
            break
        await _write(send, frame(stream.take(), source.told))
        sent_at = time.monotonic()
    if stream.ended == "gone":
        return
    # what was gathered under rights that changed is not told any more; a browser that may comes back and hears it
    await _write(send, event("end", f'"{stream.ended}"'))
    await _write(send, b"", more=False)


async def _write(send: Send, body: bytes, *, more: bool = True) -> None:
    """Hand bytes to the connection; raises ``TimeoutError`` when it takes none for too long."""
    async with asyncio.timeout(SLOWEST):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _until_gone(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end("gone")


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-length", b"0"), (b"cache-control", b"no-store")]
    if status == 503:
        headers.append((b"retry-after", b"10"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
