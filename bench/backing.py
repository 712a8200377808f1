"""Backup: what a backup under way costs the people at the desk and the mail that comes in meanwhile."""

import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.browser import Browser
from bench.figures import shown_ms, table
from bench.mailset import mails
from bench.sender import send_at
from otklik.testing.server import Desk, running_desk, wait_until

AGENT, PASSWORD = "admin@demo.otklik.test", "demo"
MAILS_A_SECOND = 10.0
ASKED_EVERY = 0.03
_QUIET_SECONDS = 5.0
_PAGES = ("/tickets/?folder=all", "/tickets/?folder=mine", "/contacts/")


@dataclass(frozen=True, slots=True)
class BackupFigures:
    """Seconds of each request before and during the backup."""

    tickets: int
    took: float
    megabytes: float
    before: list[float]
    during: list[float]
    mails: int

    def report(self) -> str:
        """Word the figures for docs/benchmarks.md."""
        rows = [
            ("backup of everything", f"{self.took:.1f} s, {self.megabytes:.0f} MB", ""),
            ("requests before: p50 / p99", f"{shown_ms(self.before, 0.5)} / {shown_ms(self.before, 0.99)} ms", ""),
            ("requests meanwhile: p50 / p99", f"{shown_ms(self.during, 0.5)} / {shown_ms(self.during, 0.99)} ms", ""),
            (f"slowest of {len(self.during)} meanwhile", f"{max(self.during) * 1000:.0f} ms", "under 1,000 ms"),
            ("mails taken meanwhile", f"{self.mails}", f"{MAILS_A_SECOND:.0f} a second"),
        ]
        return f"{self.tickets} tickets, SQLite.\n\n{table(('what', 'measured', 'asked'), rows)}"


def measure(tickets: int) -> BackupFigures:
    """Run the measurement on a fresh desk with so many tickets."""
    with tempfile.TemporaryDirectory(prefix="otklik-backup-") as folder, running_desk(demo=True) as desk:
        desk.cli("seed", "--tickets", str(tickets))
        stop = threading.Event()
        postman = _Postman(desk, stop)
        postman.start()
        try:
            before = _ask(desk, lambda began: time.monotonic() - began < _QUIET_SECONDS)
            sent = postman.sent
            archive = Path(folder, "desk.tar.gz")
            began = time.monotonic()
            command = [sys.executable, "-m", "otklik.config.cli", "backup", str(archive)]
            process = subprocess.Popen(command, env=desk.env, stdout=subprocess.DEVNULL)
            during = _ask(desk, lambda _began: process.poll() is None)
            took = time.monotonic() - began
            if process.returncode:
                raise AssertionError(f"the backup ended with code {process.returncode}")
            return BackupFigures(tickets, took, archive.stat().st_size / 1024**2, before, during, postman.sent - sent)
        finally:
            stop.set()
            wait_until(lambda: not postman.is_alive(), what="the end of the sender")


class _Postman(threading.Thread):
    """Mail at a steady rate for as long as it takes."""

    def __init__(self, desk: Desk, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._desk, self._stop_it, self.sent = desk, stop, 0

    def run(self) -> None:
        """Send until told to stop."""
        while not self._stop_it.is_set():
            batch = mails(int(MAILS_A_SECOND), run=f"backup{time.time_ns()}")
            asyncio.run(send_at(self._desk.smtp_port, batch, MAILS_A_SECOND, sessions=2))
            self.sent += int(MAILS_A_SECOND)


def _ask(desk: Desk, going_on: Callable[[float], bool]) -> list[float]:
    """Ask for pages one after another while something goes on; the seconds of each answer."""
    browser = Browser(desk.port)
    browser.sign_in(AGENT, PASSWORD)
    taken: list[float] = []
    started = time.monotonic()
    while going_on(started):
        began = time.monotonic()
        browser.fetch(_PAGES[len(taken) % len(_PAGES)])
        taken.append(time.monotonic() - began)
        time.sleep(ASKED_EVERY)
    return taken
