"""What is loaded before a fork stays shared after it."""

import subprocess
import sys

import pytest

# Of a process of its own: nothing in it may end afterwards.
_FORKS = """
import gc, os, sys, weakref
from pathlib import Path
from otklik.config.serve.sharing import share_memory

class Thing:
    pass

loaded = [(number, str(number), Thing()) for number in range(100_000)]
if "share" in sys.argv:
    share_memory()
    assert gc.get_freeze_count() > 100_000
    assert sys.getrefcount(loaded[7][2]) == sys.getrefcount(loaded) == sys.getrefcount(Thing) == sys.getrefcount(None)
    after = Thing()
    end = weakref.ref(after)
    del after
    assert end() is None
    loaded[8] = None

def dirty():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:"))

if child := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
before = dirty()
for row in loaded:
    used = row and [row, *row]
gc.collect()
print(dirty() - before, flush=True)
os._exit(0)
"""


def _copied_kilobytes(*words: str) -> int:
    done = subprocess.run([sys.executable, "-c", _FORKS, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel for pages")
def test_a_child_copies_no_page_for_looking_at_what_was_loaded_before() -> None:
    assert _copied_kilobytes() > 15_000
    assert _copied_kilobytes("share") < 1_500
