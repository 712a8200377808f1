"""One desk a folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from otklik.config.serve import folder as folders
from otklik.config.serve.folder import FolderInUse, is_demo, lock_folder, mark_demo


def test_a_second_desk_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    held = lock_folder(tmp_path)
    try:
        with pytest.raises(FolderInUse, match=f"process {os.getpid()}"):
            lock_folder(tmp_path)
    finally:
        os.close(held)
    os.close(lock_folder(tmp_path))


def test_the_lock_of_a_killed_desk_falls_with_its_last_child(tmp_path: Path) -> None:
    # The holder ends at once; its child keeps the inherited lock until its input ends.
    code = (
        "import os, sys; from pathlib import Path; from otklik.config.serve.folder import lock_folder\n"
        "lock_folder(Path(sys.argv[1]))\n"
        "if os.fork(): os._exit(0)\n"
        "print('held', flush=True); sys.stdin.read(); os._exit(0)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == b"held\n"
    child.wait()
    child.stdin.close()
    os.close(lock_folder(tmp_path))
    child.stdout.close()


def test_patience_with_a_dead_holder_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_PATIENCE", 0.1)
    held = lock_folder(tmp_path)
    (tmp_path / "serve.lock").write_text("4194999\n", encoding="ascii")  # a number no process has
    try:
        with pytest.raises(FolderInUse):
            lock_folder(tmp_path)
    finally:
        os.close(held)


def test_a_demo_stays_a_demo(tmp_path: Path) -> None:
    assert not is_demo(tmp_path)
    mark_demo(tmp_path)
    assert is_demo(tmp_path)
