"""The data folder: one desk at a time works in it, and a demo company stays a demo company."""

import errno
import fcntl
import os
from pathlib import Path
from time import monotonic, sleep

_LOCK = "serve.lock"
_DEMO_MARK = "demo"
_PATIENCE = 10.0  # seconds for the children of a killed supervisor to end


class FolderInUse(Exception):
    """Another desk works in this data folder."""


def lock_folder(folder: Path) -> int:
    """Take the folder for this desk; answer the descriptor that holds it, which the children inherit.

    The lock falls when the last process of the desk is gone, so a new desk never writes beside an old engine. When the
    supervisor that took it is dead already, its children are given a few seconds. Raises ``FolderInUse``.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError as error:
            if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
                raise
            holder = _holder(descriptor)
            if _is_alive(holder) or monotonic() > deadline:
                os.close(descriptor)
                raise FolderInUse(
                    f"another otklik (process {holder or 'unknown'}) works in {folder}; stop it or choose --data"
                ) from None
            sleep(0.05)  # the holder was killed; nothing but its children's end can be waited for
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    os.set_inheritable(descriptor, True)
    return descriptor


def _holder(descriptor: int) -> int:
    text = os.pread(descriptor, 32, 0).strip()
    return int(text) if text.isdigit() else 0


def _is_alive(process: int) -> bool:
    if not process:
        return True  # it has the lock and has not yet written its number
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_demo(folder: Path) -> bool:
    """Tell whether this folder was started as a demo company: its passwords are public for ever."""
    return (folder / _DEMO_MARK).exists()


def mark_demo(folder: Path) -> None:
    """Remember that the folder holds a demo company."""
    (folder / _DEMO_MARK).write_text("This folder holds the demo company; its sign-ins are public.\n", encoding="ascii")
