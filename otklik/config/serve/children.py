"""What the children of the crew do: a web process on the inherited socket, and the engine."""

import contextlib
import fcntl
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from django.conf import settings
from django.db import connections
from django.urls import get_resolver
from django.utils import translation

from otklik.config.serve.crew import Child
from otklik.config.serve.plan import Plan
from otklik.config.serve.processes import allow_many_connections
from otklik.config.serve.sockets import adopt

WEB_GRACE = 8  # seconds for answers under way
_KEEP_ALIVE = 75  # longer than the usual idle time of proxies, so that they close first
_ENGINE_GRACE = 12.0  # below the crew's
_ENGINE_LOCK = "engine.lock"
log = logging.getLogger("otklik.serve")
Ready = Callable[[], None]


def preload(plan: Plan) -> None:
    """Import what the children share: pages, translations, the web server. Opens no connection and starts no thread."""
    if plan.services is not None:
        os.environ["OTKLIK_ENGINE_CHECKPOINTS"] = "1"  # on SQLite no web process ever pays for a checkpoint
    if plan.web:
        import uvicorn.lifespan.on
        import uvicorn.protocols.http.httptools_impl  # noqa: F401 - loaded by name when the server starts
        import uvloop  # noqa: F401 - likewise

        Path(settings.STATIC_ROOT).mkdir(exist_ok=True)  # whitenoise warns of a missing folder
        from otklik.config.asgi import application  # noqa: F401 - builds the middleware once

        resolver = get_resolver()
        for pattern in resolver.url_patterns:
            getattr(pattern, "url_patterns", None)
        resolver._populate()  # the reverse map, which the first page would build
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                translation.gettext("Tickets")
    connections.close_all()


def children_of(plan: Plan) -> list[Child]:
    """Name the processes of a plan."""
    children = [Child(f"web-{number}", lambda ready: run_web(plan, ready)) for number in range(plan.web)]
    if plan.services is not None:
        children.append(Child("engine", lambda ready: run_engine(plan, ready)))
    return children


class WebServer(uvicorn.Server):
    """uvicorn that reports when it listens and that obeys TERM alone: Ctrl-C is the supervisor's to hear."""

    def __init__(self, config: uvicorn.Config, ready: Ready) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Start to listen, then say so."""
        await super().startup(sockets=sockets)  # type: ignore[arg-type]
        self._ready()

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """End the live streams first, or they would hold the process until its grace is over."""
        from otklik.desk.streams import the_hub

        the_hub.end_all()
        await super().shutdown(sockets=sockets)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End gracefully on TERM; uvicorn's own version raises the signal again at the end."""
        signal.signal(signal.SIGTERM, self.handle_exit)
        yield


def run_web(plan: Plan, ready: Ready) -> int:
    """Serve pages until TERM."""
    allow_many_connections()
    if plan.services is None and settings.BLOB_STORE:  # no engine here, and what people upload here lies here
        threading.Thread(target=_move_files, name="otklik-files", daemon=True).start()
    config = uvicorn.Config(
        "otklik.config.asgi:application",
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # asgi.py does it, for the configured proxies alone
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=WEB_GRACE,
    )
    WebServer(config, ready).run(sockets=[adopt(plan.listen_fd)])
    return 0


def _move_files() -> None:
    """Bring files to the object store as long as the process lives."""
    from otklik.core.blobs.moving import run_mover

    never = threading.Event()
    while True:
        try:
            run_mover(never)
        except Exception:
            log.exception("files could not be moved; tried again")
            connections.close_all()
            never.wait(10)


def run_engine(plan: Plan, ready: Ready) -> int:
    """Run the background loops until TERM."""
    from otklik.config import schedule  # noqa: F401 - fills the schedule
    from otklik.core import engine

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    ready()  # before the wait: the crew that ends for us waits for this word
    with _only_engine(Path(plan.data), stop) as alone:
        if alone:
            if plan.smtp_fd >= 0:
                os.environ["OTKLIK_SMTP_FD"] = str(plan.smtp_fd)
            names = plan.services or tuple(name for name, _ in engine.services.items() if name not in plan.without)
            if settings.BLOB_STORE and "files" not in names:  # what comes in here lies here
                names = (*names, "files")
            engine.run_engine(stop, names, grace=_ENGINE_GRACE)
    return 0


@contextlib.contextmanager
def _only_engine(folder: Path, stop: threading.Event) -> Iterator[bool]:
    """On SQLite, wait until the engine of the crew before us has ended; false when we are told to end meanwhile."""
    if connections["default"].vendor != "sqlite":  # leases keep any number of engines apart
        yield True
        return
    descriptor = os.open(folder / _ENGINE_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if stop.wait(0.05):
                    yield False
                    return
        yield True
    finally:
        os.close(descriptor)
