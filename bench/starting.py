"""How long a start takes, and how much memory an idle desk holds."""

from dataclasses import dataclass

from bench.browser import Browser
from bench.figures import table
from bench.memory import of_desk
from otklik.testing.server import running_desk


@dataclass(frozen=True, slots=True)
class StartFigures:
    """Seconds and megabytes."""

    first: float
    later: float
    processes: list[tuple[str, float]]

    def report(self) -> str:
        """Word the figures for docs/benchmarks.md."""
        total = sum(size for _, size in self.processes)
        times = [
            ("first start: migrate, demo company, first page", f"{self.first:.1f} s", "part of 60 s"),
            ("later start, to the first page", f"{self.later:.1f} s", "under 4 s"),
            ("all processes idle, PSS", f"{total:.0f} MB", "under 200 MB"),
        ]
        sizes = [(name, f"{size:.1f}") for name, size in self.processes]
        return f"{table(('what', 'measured', 'asked'), times)}\n{table(('process', 'PSS MB'), sizes)}"


def measure() -> StartFigures:
    """Start a demo desk twice; the memory is that of the second after it has served a page."""
    with running_desk(demo=True) as desk:
        first = desk.started_in
        desk.stop()
        desk.start()
        browser = Browser(desk.port)
        browser.sign_in("agent@demo.otklik.test", "demo")
        browser.fetch("/tickets/")
        return StartFigures(first, desk.started_in, of_desk(desk))
