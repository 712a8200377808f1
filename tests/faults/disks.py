"""A disk that is really small, for the data folder of a desk."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

_PIECE = 64 * 1024


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a file system of this size at ``folder`` for the time of the block; skips where that is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Ballast:
    """Fills a disk to its last byte, and makes room again."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ballast"

    def fill(self) -> None:
        """Take all the room there is; what becomes free meanwhile is taken by the next call."""
        with self._path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            size = _PIECE
            while size:
                try:
                    file.write(bytes(size))
                except OSError:
                    size //= 2

    def remove(self) -> None:
        """Make room."""
        os.unlink(self._path)
