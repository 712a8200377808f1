"""Moving the write-ahead log into the database: one thread of the engine does it, so that no writer pays for it."""

import logging
import os
import sqlite3
import threading
from pathlib import Path

from otklik.core.clock import now
from otklik.core.db.sqlite.turnstile import Turnstile

logger = logging.getLogger(__name__)

ENGINE_CHECKPOINTS = "OTKLIK_ENGINE_CHECKPOINTS"
"""Set to 1 by ``serve`` for its children: the engine checkpoints, connections of other processes never do."""

PAGES = 1000
_LOOK = 1.0
_LARGE = 64 * 1024 * 1024


def checkpoints_here() -> bool:
    """Tell whether an engine beside us does the checkpoints, so that our connections leave them alone."""
    return os.environ.get(ENGINE_CHECKPOINTS) == "1"


def checkpoint_loop(stop: threading.Event) -> None:
    """Checkpoint whenever the log has grown past ``PAGES`` pages; cut its file when it is large and nobody reads."""
    from django.db import DEFAULT_DB_ALIAS, connections

    from otklik.core.engine import beat

    database = connections[DEFAULT_DB_ALIAS]
    if database.is_in_memory_db():  # type: ignore[attr-defined]
        stop.wait()
        return
    path = Path(database.settings_dict["NAME"])
    log = path.with_name(path.name + "-wal")
    queue = Turnstile(str(path))
    connection = sqlite3.connect(path, isolation_level=None, timeout=1)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        page = int(connection.execute("PRAGMA page_size").fetchone()[0])
        seen = -1
        while not stop.wait(_LOOK):
            beat()
            size = log.stat().st_size if log.exists() else 0
            if size > PAGES * page and (size != seen or _grew(log)):
                checkpoint(connection, queue if size > _LARGE else None)
                seen = size
    finally:
        connection.close()
        queue.close()


def _grew(log: Path) -> bool:
    """The log's file keeps its size when it is used again from the start; its time of change tells."""
    return now().timestamp() - log.stat().st_mtime < 2 * _LOOK


def checkpoint(connection: sqlite3.Connection, cut_in: Turnstile | None = None) -> bool:
    """Copy the log into the database without stopping anyone; with ``cut_in`` also try to empty its file, in turn.

    Returns whether the whole log was copied. A reader or writer in the way is no error: the next look tries again.
    """
    busy, total, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    if cut_in is not None and copied == total:
        try:
            cut_in.take()
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError:
            logger.debug("The write-ahead log is in use; its file is cut another time.")
        finally:
            cut_in.leave()
    return not busy and total == copied
