"""Throw the data folder of a local demo away, so that the next ``make run`` makes a new demo company.

Refuses a folder that is not a demo's, or in which a desk is running.
"""

import os
import shutil
import sys
from pathlib import Path

from otklik.config.serve.folder import FolderInUse, is_demo, lock_folder


def main(arguments: list[str]) -> int:
    """Empty the folder; returns 1 with a sentence when it may not."""
    folder = Path(arguments[0] if arguments else "./data").expanduser().resolve()
    if not folder.exists():
        print(f"There is no data in {folder}; `make run` makes a new demo company.")
        return 0
    if not is_demo(folder):
        print(f"{folder} does not hold a demo company; nothing was removed.", file=sys.stderr)
        return 1
    try:
        lock = lock_folder(folder)
    except FolderInUse as error:
        print(f"{error}; nothing was removed.", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    os.close(lock)
    print(f"Removed {folder}; `make run` makes a new demo company.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
