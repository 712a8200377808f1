"""How much memory a desk really takes: the proportional set size, in which shared pages count once (Linux)."""

from pathlib import Path

from otklik.testing.server import Desk


def pss_mb(pid: int) -> float:
    """Return the proportional set size of one process in megabytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no Pss of process {pid}")


def of_desk(desk: Desk) -> list[tuple[str, float]]:
    """Return the processes of a desk with their sizes, the supervisor first."""
    return [("otklik-serve", pss_mb(desk.pid)), *((name, pss_mb(pid)) for pid, name in sorted(desk.family().items()))]
