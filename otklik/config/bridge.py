"""Runs the synchronous application for an ASGI server: one hop to a thread and one back for an ordinary answer.

The body is read before a thread is taken, so a slow sender holds none; a large one waits in a temporary file. An answer
of up to ``WHOLE`` bytes comes back in one piece; a larger one is sent on by its thread, piece by piece, as fast as the
client takes it.
"""

import asyncio
import io
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

IN_MEMORY = 1024 * 1024
WHOLE = 256 * 1024


class Gone(Exception):
    """The client went away before its request was whole."""


class Bridge:
    """An ASGI application over a WSGI one, with a fixed number of threads."""

    def __init__(self, application: Application, *, threads: int) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="page")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        try:
            body = await _read(scope, receive)
        except Gone:
            return
        loop = asyncio.get_running_loop()
        call = _Call(self._application, _environ(scope, body), loop, send)
        try:
            whole = await loop.run_in_executor(self._threads, call.run)
        finally:
            body.close()
        if not call.started:
            await send({"type": "http.response.start", "status": call.status, "headers": call.headers})
        await send({"type": "http.response.body", "body": whole})


class _Call:
    """One run of the application, in a thread of the pool."""

    def __init__(
        self, application: Application, environ: dict[str, Any], loop: asyncio.AbstractEventLoop, send: Send
    ) -> None:
        self._application = application
        self._environ = environ
        self._loop = loop
        self._send = send
        self.status = 500
        self.headers: Headers = []
        self.started = False

    def run(self) -> bytes:
        """Run the application; return the answer's body, or its last piece when the others are sent already."""
        answer = self._application(self._environ, self._start)
        try:
            return self._collect(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()

    def _start(self, status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> None:
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    def _collect(self, answer: Iterable[bytes]) -> bytes:
        pieces: list[bytes] = []
        size = 0
        for piece in answer:
            pieces.append(piece)
            size += len(piece)
            if size > WHOLE:
                self._send_on(b"".join(pieces))
                pieces, size = [], 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _send_on(self, piece: bytes) -> None:
        """Hand a piece to the event loop and wait until the client can take more."""
        if not self.started:
            self.started = True
            self._wait({"type": "http.response.start", "status": self.status, "headers": self.headers})
        self._wait({"type": "http.response.body", "body": piece, "more_body": True})

    def _wait(self, message: Message) -> None:
        asyncio.run_coroutine_threadsafe(_sent(self._send, message), self._loop).result()


async def _sent(send: Send, message: Message) -> None:
    await send(message)


async def _read(scope: Scope, receive: Receive) -> BinaryIO:
    """Read the whole body. Raises ``Gone`` when the client leaves meanwhile."""
    if not any(name == b"content-length" and value != b"0" for name, value in scope["headers"]):
        return io.BytesIO()
    body: Any = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed after the call
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            body.close()
            raise Gone
        body.write(message.get("body", b""))
        if not message.get("more_body"):
            body.seek(0)
            return body


def _environ(scope: Scope, body: BinaryIO) -> dict[str, Any]:
    """Word the request as WSGI wants it."""
    server = scope.get("server") or ("localhost", 80)
    client = scope.get("client")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "REMOTE_ADDR": client[0] if client else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1")
        if "_" in name:  # would pass for the header with a dash
            continue
        key = name.upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        known = environ.get(key)
        if known is not None:
            text = f"{known}; {text}" if key == "HTTP_COOKIE" else f"{known},{text}"
        environ[key] = text
    return environ
