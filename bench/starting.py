"""How long a start takes, the very first of a clone among them, and how much memory an idle desk holds."""

import contextlib
import http.client
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.browser import Browser
from bench.figures import table
from bench.memory import of_desk
from otklik.testing.server import (
    START_TIMEOUT,
    STOP_TIMEOUT,
    alive,
    clean_environment,
    descendants,
    free_port,
    running_desk,
    wait_until,
)

_HERE: Final = Path(__file__).resolve().parents[1]
_INSTALL_TIMEOUT: Final = 600.0  # seconds; a package cache that is cold is filled before the measurement
_LOAD: Final = """
import time
from otklik.demo import load_demo
began = time.perf_counter()
load_demo()
print(f"loaded in {time.perf_counter() - began}")
"""


@dataclass(frozen=True, slots=True)
class StartFigures:
    """Seconds and megabytes."""

    clone: float
    first: float
    demo: float
    later: float
    processes: list[tuple[str, float]]

    def report(self) -> str:
        """Word the figures for docs/benchmarks.md."""
        total = sum(size for _, size in self.processes)
        times = [
            (
                "`make run` in a bare clone, packages in the cache, to the first page",
                f"{self.clone:.1f} s",
                "under 60 s",
            ),
            ("first start: migrate, demo company, first page", f"{self.first:.1f} s", "part of 60 s"),
            ("the demo company alone", f"{self.demo:.1f} s", "under 5 s"),
            ("later start, to the first page", f"{self.later:.1f} s", "under 4 s"),
            ("all processes idle, PSS", f"{total:.0f} MB", "under 200 MB"),
        ]
        sizes = [(name, f"{size:.1f}") for name, size in self.processes]
        return f"{table(('what', 'measured', 'asked'), times)}\n{table(('process', 'PSS MB'), sizes)}"


def measure() -> StartFigures:
    """Start a clone and a demo desk twice; the memory is that of the second after it has served a page."""
    clone, demo = _of_clone(), _of_demo()
    with running_desk(demo=True) as desk:
        first = desk.started_in
        desk.stop()
        desk.start()
        browser = Browser(desk.port)
        browser.sign_in("agent@demo.otklik.test", "demo")
        browser.fetch("/tickets/")
        return StartFigures(clone, first, demo, desk.started_in, of_desk(desk))


def _of_demo() -> float:
    """Return the seconds that the demo company takes to be written into a database that was just made."""
    with running_desk(start=False) as desk:
        desk.cli("manage", "migrate")
        told = desk.cli("manage", "shell", "--no-imports", "-c", _LOAD).stdout.decode()
    return float(told.rpartition("loaded in ")[2])


def _of_clone() -> float:
    """Return the seconds from ``make run`` in a clone with nothing but what is committed to its first page.

    Everything is installed there once before and thrown away, so that packages come from the cache of this machine.
    """
    with tempfile.TemporaryDirectory(prefix="otklik-clone-") as folder:
        clone = Path(folder) / "otklik"
        _run("git", "clone", "--quiet", "--local", str(_HERE), str(clone))
        _run("make", "setup", at=clone)
        _run("git", "clean", "-ffdxq", at=clone)
        return _first_page(clone, Path(folder))


def _environment() -> dict[str, str]:
    kept = clean_environment({"OTKLIK_SMTP_LISTEN": f"127.0.0.1:{free_port()}"})
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL"):  # the clone stands for itself
        kept.pop(name, None)
    return kept


def _run(*words: str, at: Path = _HERE) -> None:
    done = subprocess.run(
        words, cwd=at, env=_environment(), capture_output=True, text=True, check=False, timeout=_INSTALL_TIMEOUT
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: code {done.returncode}\n{done.stdout}{done.stderr}")


def _first_page(clone: Path, folder: Path) -> float:
    port, log = free_port(), folder / "make.log"
    began = time.monotonic()
    with log.open("wb") as told:
        process = subprocess.Popen(
            ["make", "run", f"PORT={port}", f"DATA={folder / 'data'}"],
            cwd=clone, env=_environment(), stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        wait_until(lambda: _answers(process, port), timeout=START_TIMEOUT, what="the first page of a clone")
        return time.monotonic() - began
    except (TimeoutError, ChildProcessError) as error:
        raise RuntimeError(f"{error}\n{log.read_text(encoding='utf-8', errors='replace')}") from None
    finally:
        _end(process)


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Tell whether the first page is there; raises ``ChildProcessError`` when nothing will come any more."""
    if process.poll() is not None:
        raise ChildProcessError(f"make ended with code {process.returncode}")
    page = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(page):
        page.request("GET", "/accounts/login/")
        return page.getresponse().status == 200
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End make with all that it has started: first asked, then by force."""
    family = descendants(process.pid)
    process.terminate()  # make passes it on
    try:
        wait_until(lambda: process.poll() is not None and not any(map(alive, family)), timeout=STOP_TIMEOUT)
    except TimeoutError:
        for pid in (process.pid, *family):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
