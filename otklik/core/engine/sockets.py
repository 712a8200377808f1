"""Datagram sockets in the data folder: one per process, so that a wake takes a fraction of a millisecond.

The folder is the list of who listens. A socket whose process is gone refuses, and is removed by whoever notices.
"""

import contextlib
import os
import socket
import threading
from pathlib import Path

from django.conf import settings

from otklik.core.clock import now
from otklik.core.text import short_token

_LONGEST_PATH = 100
_RECEIVE = 256

_sender_lock = threading.Lock()
_sender: tuple[int, socket.socket] | None = None
_known: tuple[str, int, list[str]] = ("", -1, [])
_own: set[str] = set()


def run_folder() -> Path:
    """Return the folder of the sockets, made when it is absent."""
    folder = Path(settings.DATA_DIR) / "run"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


class _Reach:
    """A path short enough for a socket address: long folders are reached through an open descriptor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY) if len(str(folder)) > _LONGEST_PATH - 40 else None

    def path(self, name: str) -> str:
        return f"/proc/self/fd/{self.fd}/{name}" if self.fd is not None else str(self.folder / name)

    def close(self) -> None:
        if self.fd is not None:
            os.close(self.fd)


class WakeSocket:
    """The ear of this process."""

    def __init__(self) -> None:
        self.folder = run_folder()
        self.name = f"{os.getpid()}-{short_token()[:8]}.wake"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        reach = _Reach(self.folder)
        try:
            self.socket.bind(reach.path(self.name))
        finally:
            reach.close()
        _own.add(self.name)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self.socket.fileno()

    def receive(self) -> list[str]:
        """Return the names that came in, without waiting; each once."""
        names: dict[str, None] = {}
        with contextlib.suppress(BlockingIOError):
            while len(names) < 100:
                names[self.socket.recv(_RECEIVE).decode("utf-8", "replace")] = None
        return list(names)

    def close(self) -> None:
        """Stop listening and leave the folder as it was."""
        _own.discard(self.name)
        self.socket.close()
        with contextlib.suppress(OSError):
            (self.folder / self.name).unlink()


def send_to_others(name: str) -> int:
    """Send ``name`` to every listening process but this; return how many took it. Never blocks."""
    folder = run_folder()
    listeners = _listeners(folder)
    if not listeners:
        return 0
    reach = _Reach(folder)
    payload = name.encode()[:_RECEIVE]
    sent = 0
    try:
        for listener in listeners:
            sent += _send(reach.path(listener), payload, folder / listener)
    finally:
        reach.close()
    return sent


def _send(address: str, payload: bytes, path: Path) -> int:
    try:
        _sending_socket().sendto(payload, address)
    except ConnectionRefusedError:
        with contextlib.suppress(OSError):
            path.unlink()
        return 0
    except OSError:
        return 0  # gone, or its queue is full: then it has enough to wake up for
    return 1


def _listeners(folder: Path) -> list[str]:
    """Return the sockets of other processes; the folder is read again only when it has changed."""
    global _known
    changed = os.stat(folder).st_mtime_ns
    names = _known[2]
    if _known[:2] != (str(folder), changed):
        names = [name for name in os.listdir(folder) if name.endswith(".wake")]
        # the kernel stamps folders every few milliseconds only: what changed just now may change again under this stamp
        settled = now().timestamp() - changed / 1e9 > 0.1
        _known = (str(folder), changed if settled else -1, names)
    return [name for name in names if name not in _own]


def _sending_socket() -> socket.socket:
    """Return this process's sending socket; a forked child makes its own."""
    global _sender
    with _sender_lock:
        if _sender is None or _sender[0] != os.getpid():
            fresh = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            fresh.setblocking(False)
            _sender = (os.getpid(), fresh)
        return _sender[1]


def _forget_parent() -> None:
    """A forked child is nobody's ear yet: its parent's sockets are a neighbour's to it."""
    global _sender_lock, _known
    _sender_lock = threading.Lock()
    _own.clear()
    _known = ("", -1, [])


os.register_at_fork(after_in_child=_forget_parent)
