"""What the children of the crew do: a web process on the inherited socket, and the engine."""

import contextlib
import fcntl
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.urls import get_resolver
from django.utils import translation

from otklik.config.serve.acceptor import Acceptor, Board
from otklik.config.serve.crew import Child
from otklik.config.serve.plan import Plan
from otklik.config.serve.processes import allow_many_connections
from otklik.config.serve.sockets import adopt

_ENGINE_GRACE = 12.0  # below the crew's
_ENGINE_LOCK = "engine.lock"
log = logging.getLogger("otklik.serve")
Ready = Callable[[], None]


def preload(plan: Plan) -> None:
    """Import what the children share: pages, translations, the web server. Opens no connection and starts no thread."""
    if plan.services is not None:
        os.environ["OTKLIK_ENGINE_CHECKPOINTS"] = "1"  # on SQLite no web process ever pays for a checkpoint
    if plan.web:
        import uvicorn.lifespan.on  # noqa: F401 - loaded by name when the server starts
        import uvloop  # noqa: F401 - likewise

        Path(settings.STATIC_ROOT).mkdir(exist_ok=True)  # whitenoise warns of a missing folder
        from otklik.config.asgi import application  # noqa: F401 - builds the middleware once
        from otklik.config.serve import web  # noqa: F401 - the server

        get_resolver()._populate()  # all addresses but the API's, and the reverse map, which the first page would build
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                translation.gettext("Tickets")
    connections.close_all()


def children_of(plan: Plan) -> list[Child]:
    """Name the processes of a plan."""
    board = Board(plan.web)  # before the forks: the web processes share it
    children = [Child(f"web-{place}", partial(run_web, plan, board, place)) for place in range(plan.web)]
    if plan.services is not None:
        children.append(Child("engine", lambda ready: run_engine(plan, ready)))
    return children


def run_web(plan: Plan, board: Board, place: int, ready: Ready) -> int:
    """Serve pages until TERM."""
    from otklik.config.serve.web import serve_pages

    allow_many_connections()
    if plan.services is None and settings.BLOB_STORE:  # no engine here, and what people upload here lies here
        threading.Thread(target=_move_files, name="otklik-files", daemon=True).start()
    serve_pages(adopt(plan.listen_fd), Acceptor(board, place), ready)
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
