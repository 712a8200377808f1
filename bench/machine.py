"""What the figures were measured on: without it they say nothing."""

import os
import platform
import sqlite3
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

import otklik

_PACKAGES = ("django", "uvicorn", "uvloop", "httptools", "aiosmtpd", "nh3", "pysqlite3")


def describe() -> list[tuple[str, str]]:
    """Return machine and versions as pairs for a table."""
    return [
        ("Processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("Memory", f"{_memory_gb():.0f} GB"),
        ("System", f"{platform.system()} {platform.release()}"),
        ("Python", platform.python_version()),
        ("Otklik", otklik.__version__),
        ("SQLite", sqlite3.sqlite_version),
        ("Packages", ", ".join(f"{name} {version(name)}" for name in _PACKAGES)),
    ]


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3


def revision() -> str:
    """Return the commit of this checkout, marked when it was changed."""
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "no repository"


def load_average() -> float:
    """Return the load of the last minute: a figure taken beside other work says so."""
    return os.getloadavg()[0]


def loop_ms() -> float:
    """Return the milliseconds that one core takes for a fixed loop, the best of five: what the core is worth now."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for number in range(300_000):
            number * number % 7
        best = min(best, time.perf_counter() - began)
    return best * 1000
