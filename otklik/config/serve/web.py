"""A web process: uvicorn behind an acceptor that shares connections with its neighbours."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from otklik.config.serve.acceptor import Acceptor

GRACE = 8  # seconds for answers under way
_KEEP_ALIVE = 75  # longer than the usual idle time of proxies, so that they close first


class _Counted(HttpToolsProtocol):
    """One HTTP connection that tells when it ended."""

    ended: Callable[[], None]

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self.ended()


class WebServer(uvicorn.Server):
    """uvicorn that takes what the acceptor takes, says when it listens, and obeys TERM alone: Ctrl-C is the
    supervisor's to hear."""

    def __init__(
        self, config: uvicorn.Config, listening: socket.socket, acceptor: Acceptor, ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._listening = listening
        self._acceptor = acceptor
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then say so."""
        await super().startup(sockets=[])
        self._acceptor.open(self._listening, self._protocol)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the live streams first, or they would hold the process until its grace is over."""
        from otklik.desk.streams import the_hub

        self._acceptor.close()
        self._listening.close()
        the_hub.end_all()
        await super().shutdown(sockets=[])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End gracefully on TERM; uvicorn's own version raises the signal again at the end."""
        signal.signal(signal.SIGTERM, self.handle_exit)
        yield

    def _protocol(self) -> asyncio.Protocol:
        connection = _Counted(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        connection.ended = self._acceptor.ended
        return connection


def serve_pages(listening: socket.socket, acceptor: Acceptor, ready: Callable[[], None]) -> None:
    """Serve the application on a listening socket until TERM."""
    config = uvicorn.Config(
        "otklik.config.asgi:application",
        loop="uvloop",
        http=_Counted,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # asgi.py does it, for the configured proxies alone
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )
    WebServer(config, listening, acceptor, ready).run()
